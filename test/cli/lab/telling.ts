import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { DevLab } from '../../support/dev-lab.js';
import { eventually } from '../../support/eventually.js';
import { SLACK, httpChannel, type HttpChannel } from '../../support/http-channel.js';
import type { Channels } from '../../support/lamp.js';
import { smtpChannel, type SmtpChannel } from '../../support/smtp-channel.js';

/** People are told elsewhere: by a server that holds requests against Slack's contract, and by a real mail server. */
export function telling(lab: () => DevLab): void {
  let slack: HttpChannel;
  let mail: SmtpChannel;
  beforeAll(async () => {
    const file = join(dirname(lab().directory), 'channels.json');
    const ports = JSON.parse(await readFile(file, 'utf8')) as Channels;
    [slack, mail] = await Promise.all([httpChannel(SLACK, ports.slack), smtpChannel('', ports.mail)]);
  });
  afterAll(() => Promise.all([slack.end(), mail.end()]));
  const posted = (part: string) =>
    eventually(
      () =>
        Promise.resolve(slack.requests.map(({ body }) => String(body['text'])).find((t) => t.includes(part))),
      30_000,
    );
  const mailed = (part: string) =>
    eventually(
      () => Promise.resolve(mail.mails.find(({ raw }) => raw.replace(/=\r\n/g, '').includes(part))),
      30_000,
    );

  test('an approval is asked for in Slack and by mail, and the command that stands there answers it', async () => {
    const run = await lab().run('v1', 'told');
    const text = await posted('approval asked: lamp v1 → told');
    expect(text).toContain('lamp v1 → told, replaces nothing');
    await mailed(`shipway approve lamp/${run} --decision`);
    const [, command = ''] = /`shipway (approve [^`]+)`/.exec(text) ?? [];
    expect(await lab().type(`${command} --as bob`)).toMatchObject({ code: 0 });
    expect(await lab().type(`watch ${run}`)).toMatchObject({ code: 0 });
    await posted('shipped: lamp v1 → told');
  });

  test('so is what went back, by whom and why; nothing that they were told is a secret', async () => {
    const run = await lab().run('baking', 'told');
    await lab().until(run, (s) => s.run.waitingFor?.decision !== undefined);
    await lab().ask(`approve ${run} --as bob`);
    await lab().until(run, (s) => s.deployment?.verdict !== undefined);
    await lab().type('rollback --environment told --as bob --reason "too dark"');
    const text = await posted('rolled back: lamp baking → told');
    expect(text).toContain('rollback by bob: too dark');
    await mailed('rollback by bob: too dark');
    expect(JSON.stringify([slack.requests.map(({ body }) => body), mail.mails])).not.toContain('the-secret');
    const checks = (await lab().askJson('doctor'))['checks'];
    expect(checks).toContainEqual(expect.objectContaining({ name: 'channels to people', state: 'ok' }));
    expect(await lab().askJson('history --environment told')).toMatchObject({ unknown_messages: [] });
  });

  test('a message that may not have arrived is shown by history and doctor, and never sent again', async () => {
    slack.take('take it and cut the line');
    const before = slack.requests.length;
    const run = await lab().run('v2', 'told');
    const shown = await eventually(async () => {
      const { stdout } = await lab().ask('history --environment told');
      return /^! may not have reached ops at .*: approval asked: lamp v2 → told .*$/m.exec(stdout)?.[0];
    }, 30_000);
    expect(shown).not.toContain('the-secret');
    expect((await lab().ask('audit --environment told')).stdout).toMatch(
      /shipway +notification\.unknown .*channel=ops/,
    );
    expect((await lab().ask('doctor')).stdout).toMatch(/! short +messages .*may not have reached ops/);
    await lab().ask(`abort ${run} --as alice --reason enough`);
    await lab().ask(`watch ${run}`);
    expect(slack.requests).toHaveLength(before + 1);
  });
}
