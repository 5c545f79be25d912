import { afterAll, expect, vi } from 'vitest';

// Set up for each file that shares its process with others: it leaves that as it found it, or fails. Spies end with their file by themselves.
const found = ofProcess();
afterAll(() => {
  expect(ofProcess()).toEqual(found);
});

/** What every file in a process meets that came before. */
function ofProcess() {
  const signals = process.eventNames().filter((name) => String(name).startsWith('SIG'));
  return {
    environment: { ...process.env },
    folder: process.cwd(),
    umask: process.umask(),
    fakedTime: vi.getMockedSystemTime(),
    handled: signals.map((name) => [name, process.listenerCount(name)]),
  };
}
