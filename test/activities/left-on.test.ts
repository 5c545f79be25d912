import { beforeEach, expect, test } from 'vitest';
import { messageOf } from '../../activities/statements.js';
import { targetId } from '../../src/domain/ids.js';
import { admissionLab, live, REF, request } from '../support/admission.js';
import { admitRow, rowOf } from '../support/admitted.js';
import { DARK } from '../support/dark.js';
import { requestFor, statement } from '../support/plans.js';

let lab: ReturnType<typeof admissionLab>;
beforeEach(() => {
  lab = admissionLab();
});

test('a rollback is admitted with the flags that it turns off, named in the audit, and has them when that is repeated', async () => {
  const shipped = { plan: DARK, outcome: 'shipped', endedAt: '', reason: '' } as const;
  for (const [i, version] of ['v1', 'v2'].entries()) {
    const { release } = requestFor('shop', 'production', version, 'r');
    await admitRow(lab.store, rowOf(REF, i + 1, { release, ...shipped }));
  }
  const { configuration } = DARK;
  await lab.state({ live: { ...live('v2', 'green', 2), configuration }, nextN: 3 });
  const said = statement('carol', 'rollback', targetId(REF));
  await lab.store.nonces.claim(said.nonce, targetId(REF), messageOf(said));
  const asked = { ...REF, requestId: 'back', statement: said, reason: 'bad' };
  const back = () =>
    lab.admit(request, { n: 3, requestId: 'back', cause: { kind: 'rollback', request: asked } });
  const leftOn = [{ flag: 'checkout', by: 'deployment/shop/production/2' }];
  const first = await back();
  expect(first).toMatchObject({ release: { version: 'v1' }, leftOn });
  expect(await back()).toEqual(first);
  expect(lab.store.entries().at(-1)?.details).toMatchObject({ turns_off: ['checkout'] });
});
