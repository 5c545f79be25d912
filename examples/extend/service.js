import { createServer } from 'node:http';

createServer((_, response) => response.end('well\n')).listen(Number(process.env.PORT), process.env.HOST);
