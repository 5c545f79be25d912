import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Finding, Scanner } from '../../src/domain/ports.js';

const LINE = 'MIIEpAIBAAKCAQEA0Z3VS5JJcds3xfn/ygWyF8PbnGy0AHB7MhgwMbRvI0MBZhpI\n';
/** Put together here, so that nobody takes this file for one with secrets. */
export const PLANTED: Readonly<Record<string, string>> = {
  'AWS access key id': ['AKIA', 'Q3EGRZ5TXWCDVBNM'].join(''),
  'AWS secret access key': `AWS_SECRET_ACCESS_KEY=${['wJalrXUtnFEMI/K7MDENG/', 'bPxRfiCYzzzzzzKEYa'].join('')}`,
  'private key': `-----BEGIN RSA ${'PRIVATE'} KEY-----\n${LINE.repeat(12)}-----END RSA PRIVATE KEY-----`,
  'GitHub token': ['ghp_', 'wWPw5k4aXcaT4fNP0UcnZwJUVFk6LO0pINUx'].join(''),
  'Slack token': ['xoxb-', '123456789012-1234567890123-abcdefghijABCDEFGHIJklmn'].join(''),
  'npm token': `//registry.example.invalid/:_authToken=${['npm_', 'abcdefghijklmnopqrstuvwxyz0123456789'].join('')}`,
  'password in an address': `https://user:${'hunter2pass'}@example.com/x`,
  'database address': `postgres://admin:${'s3cr3tPassw0rd'}@db.example.com:5432/shop`,
};
const TOKEN = PLANTED['GitHub token'] ?? '';
const minified = (secret: string): string =>
  `${'function a(b){return b+1}'.repeat(4_000)};k="${secret}";${'c=a(2);'.repeat(4_000)}`;

/** What every scanner promises. */
export function scannerContract(name: string, make: () => Promise<Scanner>): void {
  describe(`${name}: scanner`, () => {
    let scanner: Scanner;
    let folder: string;
    beforeEach(async () => {
      scanner = await make();
      folder = await mkdtemp(join(tmpdir(), 'scan-'));
    });
    afterEach(() => rm(folder, { recursive: true, force: true }));
    const put = async (path: string, content: string | Uint8Array): Promise<void> => {
      await mkdir(dirname(join(folder, path)), { recursive: true });
      await writeFile(join(folder, path), content);
    };
    const scan = (): Promise<readonly Finding[]> => scanner.scan(folder, new AbortController().signal);

    test.each(Object.keys(PLANTED))(
      'finds a planted %s, where it is, and does not repeat it',
      async (what) => {
        const secret = PLANTED[what] ?? '';
        await put('src/deep/config.js', `// one\n// two\nconst k = '${secret}';\n`);
        const found = await scan();
        expect(found.map(({ file, line }) => ({ file, line }))).toContainEqual({
          file: 'src/deep/config.js',
          line: 3,
        });
        const said = JSON.stringify(found);
        for (const part of secret
          .split(/[\n=:@/]+/)
          .filter((p) => p.length > 10 && !/registry|example|KEY/.test(p)))
          expect(said).not.toContain(part);
        expect(said).not.toMatch(/\*{4}/);
      },
    );

    test('nothing in a clean tree, in examples that vendors publish, and in what only looks random', async () => {
      await put(
        'README.md',
        '# shop\n\nSet AWS_ACCESS_KEY_ID to your key, for example AKIAIOSFODNN7EXAMPLE.\n',
      );
      await put('package-lock.json', `{"integrity":"sha512-${'aB3/'.repeat(22)}=="}`);
      await put('id.txt', 'd9b2d63d-a233-4123-847a-7090e6a2d9f1\n');
      await put('address.txt', 'postgres://localhost:5432/shop and https://example.com/user:pass\n');
      expect(await scan()).toEqual([]);
    });

    test('a file of one long line', async () => {
      await put('dist/app.min.js', minified(TOKEN));
      expect(await scan()).toMatchObject([{ file: 'dist/app.min.js', line: 1 }]);
    });

    test('two in one line are two', async () => {
      await put('a', `${TOKEN} ${TOKEN.slice(0, -1)}y\n`);
      expect(await scan()).toHaveLength(2);
    });

    test('binary files: between other bytes, and in UTF-16', async () => {
      const junk = Buffer.from(Array.from({ length: 50_000 }, (_, i) => (i * 37) % 256));
      await put(
        'dist/app.wasm',
        Buffer.concat([junk, Buffer.from([0, 1]), Buffer.from(TOKEN), Buffer.from([0]), junk]),
      );
      await put(
        'dist/settings.reg',
        Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(`x=${TOKEN}\r\n`, 'utf16le')]),
      );
      expect((await scan()).map((f) => f.file)).toEqual(['dist/app.wasm', 'dist/settings.reg']);
    });

    test('huge files: at the begin, at the end, and across every megabyte, each once and on its line', async () => {
      const size = 12 * 1024 ** 2;
      const text = Buffer.from('some words in a line of text ééé\n'.repeat(Math.ceil(size / 36)));
      const edges = Array.from({ length: 11 }, (_, i) => (i + 1) * 1024 ** 2);
      // Across every edge that a reader by megabytes may have, whether or not its pieces overlap.
      const places = [
        1,
        ...edges.map((edge, i) => edge - i * 32 * 1024 - 20),
        1024 ** 2 - 200,
        text.length - 60,
      ];
      const planted = places.sort((x, y) => x - y);
      for (const at of planted) Buffer.from(`\n${TOKEN}\n`).copy(text, at - 1);
      await put('dist/app.js.map', text);
      const expected = planted.map((at) => text.subarray(0, at).reduce((n, b) => (b === 10 ? n + 1 : n), 1));
      expect((await scan()).map((f) => f.line)).toEqual(expected);
    });

    test('what version control ignores is looked at all the same; hidden folders too', async () => {
      await put('.gitignore', 'dist/\n.env\n');
      for (const path of [
        'dist/index.js',
        '.env',
        '.cache/a',
        'node_modules/b/.git/config',
        '.git/config',
        '.gitlab',
      ])
        await put(path, `token: ${TOKEN}\n`);
      const files = (await scan()).map((f) => f.file);
      expect(files).toEqual([
        '.cache/a',
        '.env',
        '.git/config',
        '.gitlab',
        'dist/index.js',
        'node_modules/b/.git/config',
      ]);
    });

    test('git’s own storage, links, empty files and odd names', async () => {
      await put('.git/objects/pack/a.pack', `${TOKEN}\n`);
      await put('empty', '');
      await put('one', 'x');
      await put('two words\n and a break.txt', `${TOKEN}\n`);
      await symlink('/etc/passwd', join(folder, 'link'));
      await symlink('.', join(folder, 'round'));
      expect((await scan()).map((f) => f.file)).toEqual(['two words\n and a break.txt']);
    });

    test('files of a kind that is known are read, also when they are broken or empty', async () => {
      const key = JSON.stringify({ type: 'service_account', private_key: PLANTED['private key'] });
      await put('key.json', key);
      await put('broken.json', key.slice(0, -2));
      for (const path of ['store.p12', 'store.json', 'package.json', '.npmrc', 'a.pem']) await put(path, '');
      await put('other.p12', Buffer.from([0x30, 0x82, 0, 1, 2, 3]));
      expect(new Set((await scan()).map((f) => f.file))).toEqual(new Set(['broken.json', 'key.json']));
    });

    test('stops when it is told to', async () => {
      await put('a.txt', Buffer.alloc(8 * 1024 ** 2, 'a b\n'));
      const stop = new AbortController();
      const scanning = scanner.scan(folder, stop.signal);
      stop.abort(new Error('enough'));
      await expect(scanning).rejects.toThrow('enough');
    });

    test('what cannot be looked at is no pass', async () => {
      await expect(scanner.scan(join(folder, 'nowhere'), new AbortController().signal)).rejects.toThrow();
    });
  });
}
