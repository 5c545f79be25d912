import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { verifyChain } from '../../src/audit-chain.js';
import { GENESIS, type AuditEntry } from '../../src/domain/audit.js';
import type { Store } from '../../src/domain/store.js';

let made = 0;
export const auditEntry = (more: Partial<AuditEntry> = {}): AuditEntry => ({
  key: `key-${String((made += 1))}`,
  timestamp: '2026-11-24T10:00:00.000Z',
  event_type: 'effect.intent',
  user: 'shipway',
  service: 'shop',
  environment: 'production',
  version: 'v1',
  workflow: 'deployment/shop/production/1',
  details: { from: 5, to: 25 },
  ...more,
});

/** What every audit promises, whatever keeps it. `open` gives an empty one. */
export function auditContract(name: string, open: () => Promise<Pick<Store, 'audit' | 'close'>>): void {
  describe(`audit contract: ${name}`, () => {
    let store: Pick<Store, 'audit' | 'close'>;
    beforeAll(async () => {
      store = await open();
    });
    afterAll(() => store.close());
    const all = () => store.audit.list({ limit: 1_000 });

    test('an empty chain is whole', async () => {
      expect(await verifyChain(await all())).toEqual({ ok: true, count: 0, head: GENESIS });
    });

    test('entries follow each other without a gap and come back as they went in', async () => {
      const entries = [auditEntry(), auditEntry({ late: true, ip_address: '192.0.2.1' }), auditEntry()];
      await store.audit.append(entries.slice(0, 2));
      await store.audit.append(entries.slice(2));
      const chain = await all();
      expect(chain.map((c) => c.seq)).toEqual([1, 2, 3]);
      expect(chain.map((c) => c.entry)).toEqual(entries);
      expect(chain[0]?.previous).toBe(GENESIS);
      expect(chain[2]?.previous).toBe(chain[1]?.hash);
      expect(await verifyChain(chain)).toEqual({ ok: true, count: 3, head: chain[2]?.hash });
    });

    test('the same key twice is one entry, the first one, within and between appends', async () => {
      const before = (await all()).length;
      const entry = auditEntry({ key: 'same' });
      await store.audit.append([entry, { ...entry, user: 'eve' }]);
      await store.audit.append([{ ...entry, user: 'mallory' }]);
      const added = (await all()).slice(before);
      expect(added.map((c) => c.entry)).toEqual([entry]);
    });

    test('appends at the same moment all find their place', async () => {
      const before = (await all()).length;
      await Promise.all(Array.from({ length: 50 }, () => store.audit.append([auditEntry(), auditEntry()])));
      const chain = await all();
      expect(chain).toHaveLength(before + 100);
      expect(await verifyChain(chain)).toMatchObject({ ok: true, count: before + 100 });
    });

    test('no entries are no change', async () => {
      const before = await all();
      await store.audit.append([]);
      expect(await all()).toEqual(before);
    });

    test('whatever a stranger sends can be kept: NUL, half a surrogate pair, quotes, any script', async () => {
      const strange = ['a\u0000b', '\ud800', '"\\\n\t', '{"a":1}', 'ключ 🚢', "'; DROP TABLE audit; --"];
      const before = (await all()).length;
      const entries = strange.map((text) =>
        auditEntry({ key: text, user: text, details: { [text]: text, list: [text, null, 1.5] } }),
      );
      await store.audit.append(entries);
      const chain = await all();
      expect(chain.slice(before).map((c) => c.entry)).toEqual(entries);
      expect(await verifyChain(chain)).toMatchObject({ ok: true, count: before + strange.length });
    });
  });
}
