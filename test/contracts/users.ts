import { request } from 'node:http';

/** A request's headers as they stand on the wire, name and value in turn; a character is a byte. */
type Raw = readonly string[];
export interface User {
  readonly what: string;
  readonly headers: Raw;
  /** What says who it is. */
  readonly key: string;
}

/** What a user's key may come as, where it is the header `x-user`, else the cookie `session`, else the routers' own. */
export const usersOf = (n: number): readonly User[] => {
  const user = `u${String(n)}`;
  const id = (length: number): string => `${user}-`.padEnd(length, 'Z_y');
  const of = (what: string, headers: Raw, key = user): User => ({ what, headers, key });
  const cookie = (what: string, text: string, key = user): User =>
    of(`cookie, ${what}`, ['cookie', text], key);
  return [
    of('header', ['X-User', user]),
    of('header, twice', ['x-user', 'other', 'x-user', user]),
    of('header, white around it', ['x-user', `\t ${user} \t`]),
    of('header, two words', ['x-user', `a ${user}`], `a ${user}`),
    of('header, a comma', ['x-user', `x,${user}`], `x,${user}`),
    of('header, UTF-8', ['x-user', bytes(`ünï ${user}à`)], bytes(`ünï ${user}à`)),
    of('header, no UTF-8', ['x-user', `\xff\xa0${user}\xfe`], `\xff\xa0${user}\xfe`),
    of('header, very long', ['x-user', user.padEnd(7_000, 'z')], user.padEnd(7_000, 'z')),
    of('header, empty', ['x-user', '', 'cookie', `session=${user}`]),
    of('header, empty the second time', ['x-user', 'other', 'x-user', ' ', 'cookie', `session=${user}`]),
    of('header of another name', ['x_user', 'other', 'cookie', `session=${user}`]),
    cookie('among others', `a=b; session=${user}; c`),
    cookie('without a space', `session2=a;session=${user};sess=b`),
    cookie('twice', `session=other; session=${user}`),
    of('cookie, two lines', ['cookie', 'session=other', 'cookie', `session=${user}`]),
    cookie('white around it', `a=b ; \tsession =\t ${user} ; c=d`),
    cookie('behind a comma', `a=b, session=${user}`),
    cookie('to a comma', `session=${user},y`),
    cookie('an equals sign', `session=${user}=; a=b`, `${user}=`),
    cookie('quoted', `session="a;b,${user}"; c=d`, `"a;b,${user}"`),
    cookie('quoted, a quote in it', `session="a\\";${user}"; c=d`, `"a\\";${user}"`),
    cookie('a quote that is not closed', `session=${user}"; session=other`, `${user}"; session=other`),
    cookie('UTF-8', `session=${bytes(`ünï${user}à`)}`, bytes(`ünï${user}à`)),
    cookie('empty', `session=; shipway_id=${id(22)}`, id(22)),
    ...[22, 32, 36].map((length) => cookie(`own, ${String(length)}`, `shipway_id=${id(length)}`, id(length))),
    cookie('own, twice', `shipway_id=${id(23)}; shipway_id=${id(24)}`, id(24)),
  ];
};
const bytes = (text: string): string => Buffer.from(text).toString('latin1');

/** Where a request lands, and the cookie that it is given. */
export const landed = (
  address: string,
  headers: Raw = [],
): Promise<{ readonly body: string; readonly cookie?: string }> =>
  new Promise((resolve, reject) => {
    const all = ['host', new URL(address).host, ...headers];
    const asked = request(address, { agent: false, headers: all }, (response) => {
      let body = '';
      response.on('data', (piece: Buffer) => (body += piece.toString()));
      response.on('error', reject);
      response.on('end', () => {
        const [cookie] = response.headers['set-cookie'] ?? [];
        resolve({ body, ...(cookie === undefined ? {} : { cookie: cookie.split(';')[0] ?? '' }) });
      });
    });
    asked.on('error', reject);
    asked.end();
  });
