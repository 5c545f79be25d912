import type { MessageRow, Outbox } from '../../src/domain/outbox.js';

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** The outbox's contract in memory, without its clock: what waits is always due. */
export function memoryOutbox(): Outbox {
  const rows: Writable<MessageRow>[] = [];
  const done = Promise.resolve();
  return {
    put(messages, over) {
      const closed = (about: string) =>
        rows.findLast((r) => r.about === about && !r.repeats)?.notice.closes === true;
      const fresh = messages.filter(
        (m) => !rows.some(({ id }) => id === m.id) && !(m.repeats && closed(m.about)),
      );
      for (const row of rows)
        if (
          row.state === 'waiting' &&
          !messages.some(({ id }) => id === row.id) &&
          (row.about === over || fresh.some((m) => m.about === row.about && m.channel === row.channel))
        )
          row.state = 'withdrawn';
      const now = new Date().toISOString();
      for (const { unsent, ...message } of fresh) {
        const state = unsent === true ? 'withdrawn' : 'waiting';
        rows.push({ ...message, state, attempts: 0, createdAt: now, changedAt: now });
      }
      return done;
    },
    claim(each) {
      const waiting = rows.filter(({ state }) => state === 'waiting');
      const due = waiting.filter(
        (row, i) => waiting.slice(0, i).filter(({ channel }) => channel === row.channel).length < each,
      );
      for (const row of due) Object.assign(row, { state: 'sending', attempts: row.attempts + 1 });
      return Promise.resolve(due.map((row) => ({ ...row })));
    },
    end({ id, attempts }, end) {
      const row = rows.find((r) => r.id === id && r.attempts === attempts && r.state === 'sending');
      if (row !== undefined) Object.assign(row, { state: end.state, ...('why' in end && { why: end.why }) });
      return done;
    },
    lost: () => Promise.resolve([]),
    list: ({ states }) =>
      Promise.resolve(rows.filter(({ state }) => states?.includes(state) ?? true).reverse()),
  };
}
