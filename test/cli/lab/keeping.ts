import { readdir, readFile, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { Client } from 'pg';
import { expect, test } from 'vitest';
import { passwordFile } from '../../../src/dev/postgres-files.js';
import type { DevLab, Json } from '../../support/dev-lab.js';
import { eventually } from '../../support/eventually.js';

const LONG_AGO = '2020-01-01T00:00:00.000Z';
/** What the store remembers, as old as that; what Temporal knows stays as it is. */
const AGED = [
  `UPDATE shipway.log_chunks SET created_at = '${LONG_AGO}'`,
  `UPDATE shipway.releases SET created_at = '${LONG_AGO}'`,
  `UPDATE shipway.samples SET at = at - interval '2000 days'`,
  `UPDATE shipway.runs SET admitted_at = '${LONG_AGO}'`,
  `UPDATE shipway.deployments SET ending = jsonb_set(ending::jsonb, '{endedAt}', '"${LONG_AGO}"')::json WHERE ending IS NOT NULL`,
];

/** The house keeps itself: what is old goes, what is live can still be gone back from, and what differs is told. */
export function keeping(lab: () => DevLab): void {
  const stateDir = (): string => join(lab().directory, '.shipway');
  const keep = async (args = ''): Promise<Json> =>
    (await lab().json(`housekeeping ${args}`))['housekeeping'] as Json;
  const keptAgain = async (): Promise<Json> => (await lab().askJson('housekeeping'))['housekeeping'] as Json;
  const staging = async (): Promise<{ run?: string; release: { version: string } }[]> =>
    (await lab().askJson('history --environment staging'))['deployments'] as never;
  let old = '';

  test('what would go is said, and nothing is removed', async () => {
    old = (await staging()).findLast(({ run }) => run !== undefined)?.run ?? '';
    expect((await lab().ask(`logs ${old}`)).stdout).not.toBe('');
    await age(stateDir());
    const { removed } = await keep('--dry-run');
    expect(removed).toMatchObject({ logs: { count: expect.any(Number) as number } });
    expect((await lab().type('housekeeping --dry-run')).stdout).toMatch(/^logs +[1-9]\d* /m);
    expect((await lab().ask(`logs ${old}`)).stdout).not.toBe('');
  });

  test('what is old goes; the live release is gone back from all the same', async () => {
    const count = async () => ((await lab().askJson('releases'))['releases'] as unknown[]).length;
    const before = await count();
    const { removed, kept } = (await keep()) as Record<string, Record<string, Record<string, number>>>;
    expect(removed?.['logs']?.['count']).toBeGreaterThan(0);
    expect(removed?.['artifacts']?.['bytes']).toBeGreaterThan(0);
    expect(kept?.['releases']).toMatchObject({ live: expect.any(Number) as number });
    expect(await count()).toBe(before - (removed?.['releases']?.['count'] ?? 0));
    expect((await lab().ask(`logs ${old}`)).stdout).toBe('');
    const { entries } = await lab().askJson('audit');
    expect(JSON.stringify(entries)).toContain('housekeeping.done');
    const back = await lab().json('rollback --environment staging --as bob --reason "still there"');
    expect(back).toMatchObject({ outcome: 'shipped' });
  });

  test('an instance that is gone is told by housekeeping and doctor, and that it is there again', async () => {
    expect(await keptAgain()).toMatchObject({ drift: [] });
    await killOneIn(join(stateDir(), 'instances/lamp/staging'));
    const { drift } = await keptAgain();
    expect(drift).toMatchObject([
      {
        target: 'target/lamp/staging',
        what: [expect.stringMatching(/is live in .*, and nothing runs there$/)],
      },
    ]);
    const drifted = () => lab().ask(`status ${old}`);
    const shown = await eventually(async () => {
      const said = (await drifted()).stdout;
      return said.includes('staging is not as recorded') ? said : undefined;
    });
    expect(shown).toMatch(
      /^staging is not as recorded: (\S+) is live in .*, and nothing runs there$[^]*^next:\n {2}shipway rollback --service lamp --environment staging --reason "…" --to \1\n {2}shipway adopt /m,
    );
    const { stdout, code } = await lab().type('doctor');
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /^! short {2}lamp in staging +\S+ is live in .* \(since .*\)\n +next: .*shipway adopt/m,
    );
    expect(stdout).toMatch(/^✓ ok {5}housekeeping +\S+: \d+ removed$/m);
    await lab().json('rollback --environment staging --to flaky --as bob --reason "it is down"');
    expect(await keptAgain()).toMatchObject({ drift: [] });
    await eventually(async () => !(await drifted()).stdout.includes('not as recorded') || undefined);
  });
}

async function age(stateDir: string): Promise<void> {
  const data = join(stateDir, 'postgres');
  const [, , , port = ''] = (await readFile(join(data, 'postmaster.pid'), 'utf8')).split('\n');
  const password = (await readFile(passwordFile(data), 'utf8')).trim();
  const client = new Client({
    ...{ host: '127.0.0.1', port: Number(port), user: 'shipway', database: 'shipway', password },
  });
  await client.connect();
  for (const sql of AGED) await client.query(sql);
  await client.end();
  const store = join(stateDir, 'artifacts/sha256');
  for (const entry of await readdir(store, { recursive: true, withFileTypes: true }))
    if (entry.isFile())
      await utimes(join(entry.parentPath, entry.name), new Date(LONG_AGO), new Date(LONG_AGO));
}

/** Whatever slot it is in: there is one, because what is not live has been taken away. */
async function killOneIn(target: string): Promise<void> {
  for (const name of await readdir(target, { recursive: true })) {
    if (!name.endsWith('instance.json')) continue;
    const note = JSON.parse(await readFile(join(target, name), 'utf8')) as { process?: { pid: number } };
    process.kill(-(note.process?.pid ?? expect.fail('no process is noted')), 'SIGKILL');
  }
}
