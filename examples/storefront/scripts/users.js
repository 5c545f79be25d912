// 500 users who look around the shop at ADDRESS until Ctrl-C, 200 requests a second whether the answers come or not. A release is judged by
// what its users get: without them there is nothing to judge.
const RATE = 200;
const USERS = 500;
const PATHS = ['/', '/api/products', '/api/products/1', '/api/products/3', '/api/products/5'];

const address = process.argv[2] ?? '';
if (!URL.canParse(address) || !/^https?:$/.test(new URL(address).protocol)) {
  process.stderr.write(
    'usage: npm run users ADDRESS, such as http://127.0.0.1:3000; `shipway status` shows it\n',
  );
  process.exit(2);
}

const served = new Map();
let sent = 0;

async function ask() {
  const n = sent++;
  const version = await versionThatServed(n).catch(() => 'nobody');
  served.set(version, (served.get(version) ?? 0) + 1);
}

async function versionThatServed(n) {
  const answer = await fetch(new URL(PATHS[(n + Math.floor(n / USERS)) % PATHS.length], address), {
    headers: { 'x-user-id': `user-${(n * 7919) % USERS}` },
    signal: AbortSignal.timeout(10_000),
  });
  await answer.arrayBuffer();
  const version = answer.headers.get('x-version') ?? 'nobody';
  return answer.ok ? version : `${version} failed`;
}

const begun = Date.now();
setInterval(() => {
  while (sent < ((Date.now() - begun) / 1_000) * RATE) ask();
}, 10);
setInterval(() => {
  const line = [...served].sort().map(([version, count]) => `${version}: ${count}`);
  process.stdout.write(`${line.join(', ')}\n`);
  served.clear();
}, 1_000);
