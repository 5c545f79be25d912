const underWay = new Set<Promise<void>>();

/** Goes on behind an activity that has ended: what spares the next stage time, and whose failure is no stage's. */
export function behind(work: () => Promise<void>, failed: (error: unknown) => void): void {
  const going = work()
    .catch(failed)
    .finally(() => underWay.delete(going));
  underWay.add(going);
}

/** Resolves when nothing goes on behind any more. */
export async function settled(): Promise<void> {
  while (underWay.size > 0) await Promise.all(underWay);
}
