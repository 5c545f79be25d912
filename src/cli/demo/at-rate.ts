const TICK_MS = 5;

export interface AtRate {
  readonly sent: () => number;
  /** Begins no more, and waits for what is under way. */
  readonly stop: () => Promise<void>;
}

/** Begins `one`, which never fails, so many times a second, whether those before have ended or not (open model). */
export function atRate(perSecond: number, one: (n: number) => Promise<void>): AtRate {
  const open = new Set<Promise<void>>();
  const begun = performance.now();
  let sent = 0;
  const ticking = setInterval(() => {
    const due = Math.floor(((performance.now() - begun) / 1_000) * perSecond);
    for (; sent < due; sent++) {
      const asking = one(sent).finally(() => open.delete(asking));
      open.add(asking);
    }
  }, TICK_MS);
  return {
    sent: () => sent,
    stop: async () => {
      clearInterval(ticking);
      await Promise.all(open);
    },
  };
}
