import { execFile } from 'node:child_process';
import { chmod, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, expect, test } from 'vitest';
import { temporalBinary } from '../../../src/dev/temporal-binary.js';
import { packageRoot } from '../../../src/paths.js';
import type { DevLab } from '../../support/dev-lab.js';
import { eventually } from '../../support/eventually.js';

const run = promisify(execFile);

/** What people do with Temporal's own command line, as docs/operations.md shows it. */
export function temporalsOwn(lab: () => DevLab): void {
  let bin = '';
  let address = '';
  const shell = async (script: string, env: Readonly<Record<string, string>> = {}): Promise<string> => {
    const { PATH = '', HOME = '' } = process.env;
    const options = { cwd: lab().directory, env: { HOME, ...env, PATH: `${bin}:${PATH}` } };
    return (await run('sh', ['-ec', script], options)).stdout;
  };
  const temporal = (args: string): Promise<string> => shell(`temporal ${args} --address ${address}`);

  beforeAll(async () => {
    bin = join(lab().directory, '../bin');
    await mkdir(bin);
    const program = join(bin, 'shipway');
    await writeFile(program, `#!/bin/sh\nexec ${process.execPath} ${packageRoot()}/bin/shipway.js "$@"\n`);
    await chmod(program, 0o755);
    const found = await temporalBinary(() => undefined);
    if (found !== 'temporal') await symlink(found, join(bin, 'temporal'));
    const dev = await readFile(join(lab().directory, '.shipway/dev.json'), 'utf8');
    address = (JSON.parse(dev) as { temporalAddress: string }).temporalAddress;
  });

  test('it lists pipeline, target and deployment', async () => {
    const listed = async () => JSON.parse(await temporal('workflow list -o json')) as Listed[];
    const ids = await eventually(async () => {
      const found = (await listed()).map((w) => `${w.type.name} ${w.execution.workflowId}`);
      return found.some((id) => id.startsWith('target')) ? found : undefined;
    });
    expect(ids).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^pipeline pipeline\/lamp\/v1-[a-z2-9]{6}$/),
        'target target/lamp/staging',
        'deployment deployment/lamp/staging/1',
      ]),
    );
    const query = `"WorkflowType='deployment' AND ShipwayEnvironment='staging' AND ShipwayOutcome='shipped'"`;
    const shipped = JSON.parse(await temporal(`workflow list -o json --query ${query}`)) as Listed[];
    expect(shipped.map((w) => w.execution.workflowId)).toContain('deployment/lamp/staging/1');
  });

  test('the signal as documented approves; one of who asked does not, and the run says so', async () => {
    const [signal = ''] = await documented('temporal workflow signal');
    const id = await lab().run('v2', 'production');
    await lab().until(id, (s) => s.run.waitingFor?.decision !== undefined);
    const env = { ADDRESS: address, SERVICE: 'lamp', RUN: id };
    await shell(signal, { ...env, PERSON: 'alice' });
    const refused = await lab().until(id, (s) => JSON.stringify(s.run.stages).includes('refused'));
    expect(refused.run).toMatchObject({
      stages: [
        {},
        {},
        {
          name: 'approve',
          state: 'waiting',
          note: expect.stringMatching(/^signal approve by alice: refused, .*may not approve/) as string,
        },
        {},
      ],
    });
    await shell(signal, { ...env, PERSON: 'bob' });
    expect(await lab().type(`watch ${id}`)).toMatchObject({ code: 0 });
    const { stdout } = await lab().ask('audit --environment production');
    expect(stdout).toMatch(/alice +statement\.refused .*may not approve/);
    expect(stdout).toMatch(/bob +statement\.accepted/);
  });

  test('a deployment that is started by hand moves nothing', async () => {
    const { deployments: before } = await lab().askJson('history');
    const input = await temporal('workflow show --workflow-id deployment/lamp/staging/1 -o json').then(
      inputOf,
    );
    await writeFile(
      join(lab().directory, '../forged.json'),
      JSON.stringify({ ...input, id: 'deployment/lamp/staging/99' }),
    );
    const start =
      'workflow execute --type deployment --task-queue control --workflow-id deployment/lamp/staging/99';
    const failed = await temporal(`${start} --input-file ../forged.json -o json`).catch((error: unknown) =>
      String((error as { stdout?: string }).stdout),
    );
    expect(failed).toContain('permit.missing');
    expect((await lab().askJson('history'))['deployments']).toEqual(before);
    expect(await temporal('workflow show --workflow-id deployment/lamp/staging/99')).not.toContain(
      'shiftTraffic',
    );
    expect((await lab().type('status deployment/lamp/staging/99')).stdout).toContain(
      'before it could write an outcome: deployment/lamp/staging/99 has no permit (permit.missing)',
    );
    await temporal(`${start.replace('/99', '/98')} --input {}`).catch(() => undefined);
    expect(await lab().askJson('status deployment/lamp/staging/98', 1)).toMatchObject({
      error: {
        message: expect.stringMatching(
          /^deployment\/lamp\/staging\/98 is no deployment of shipway: its input is none of shipway’s: .* \(permit\.missing\)$/,
        ) as string,
      },
    });
  });
}

interface Listed {
  readonly execution: { readonly workflowId: string };
  readonly type: { readonly name: string };
}

/** The shell blocks of docs/operations.md that contain `what`. */
async function documented(what: string): Promise<readonly string[]> {
  const text = await readFile(join(packageRoot(), 'docs/operations.md'), 'utf8');
  return [...text.matchAll(/```sh\n([\s\S]*?)```/g)]
    .map(([, block = '']) => block)
    .filter((b) => b.includes(what));
}

function inputOf(history: string): Record<string, unknown> {
  const { events } = JSON.parse(history) as {
    events: { workflowExecutionStartedEventAttributes?: { input: { payloads: unknown[] } } }[];
  };
  const [payload] = events[0]?.workflowExecutionStartedEventAttributes?.input.payloads ?? [];
  const { data } = payload as { data?: string };
  return (data === undefined ? payload : JSON.parse(Buffer.from(data, 'base64').toString())) as Record<
    string,
    unknown
  >;
}
