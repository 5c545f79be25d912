import { expect, test } from 'vitest';
import { chainHash, verifyChain } from '../../src/audit-chain.js';
import { GENESIS, type ChainedEntry } from '../../src/domain/audit.js';
import { auditEntry } from '../contracts/audit.js';

function chainOf(length: number): ChainedEntry[] {
  const chain: ChainedEntry[] = [];
  for (let seq = 1; seq <= length; seq += 1) {
    const previous = chain.at(-1)?.hash ?? GENESIS;
    const entry = auditEntry();
    chain.push({ seq, previous, hash: chainHash(previous, entry), entry });
  }
  return chain;
}
const chain = chainOf(5);
const at = (i: number): ChainedEntry => chain[i] ?? expect.fail('no such entry');
const edited = { ...at(2), entry: { ...at(2).entry, user: 'eve' } };

test('a whole chain is confirmed with its length and head', async () => {
  expect(await verifyChain(chain)).toEqual({ ok: true, count: 5, head: at(4).hash });
});

test.each([
  ['an edit', chain.with(2, edited), 3, 'changed'],
  [
    'an edit with a new hash',
    chain.with(2, { ...edited, hash: chainHash(edited.previous, edited.entry) }),
    4,
    'does not follow',
  ],
  ['a deletion in the middle', chain.toSpliced(2, 1), 4, 'entry 3 is missing'],
  [
    'a deletion with the rest renumbered',
    chain.toSpliced(2, 1).map((c, i) => ({ ...c, seq: i + 1 })),
    3,
    'does not follow',
  ],
  ['a deletion at the begin', chain.slice(1), 2, 'entry 1 is missing'],
  ['two entries swapped', [at(0), at(2), at(1), at(3), at(4)], 3, 'entry 2 is missing'],
  ['an entry repeated', [at(0), at(1), at(1), at(2)], 2, 'moved or repeated'],
  ['a hash made up', chain.with(4, { ...at(4), hash: 'f'.repeat(64) }), 5, 'changed'],
])('%s is found', async (_name, tampered, seq, reason) => {
  expect(await verifyChain(tampered)).toEqual({
    ok: false,
    seq,
    reason: expect.stringContaining(reason) as string,
  });
});

test('a cut tail is not seen, only that the head is another', async () => {
  expect(await verifyChain(chain.slice(0, 3))).toEqual({ ok: true, count: 3, head: at(2).hash });
});
