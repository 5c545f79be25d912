import { LAUNCHER_CALLS, type Answered, type Asked } from './launcher-calls.js';

/** The launcher itself: it answers until its worker is gone, however that went. What it has started stays. */
process.on('message', (asked: Asked) => {
  void answer(asked).then((answered) => process.send?.(answered));
});
process.on('disconnect', () => {
  process.exit(0);
});

async function answer({ id, call, args }: Asked): Promise<Answered> {
  try {
    const work = LAUNCHER_CALLS[call] as (...all: readonly unknown[]) => Promise<unknown>;
    return { id, value: await work(...args) };
  } catch (error) {
    const { message, code } = error as NodeJS.ErrnoException;
    return { id, error: { message, ...(code === undefined ? {} : { code }) } };
  }
}
