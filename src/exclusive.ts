import { createHash } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const ASK_MS = 25;

/**
 * Runs `work` while nobody else on this host, in this process or another, runs work under the same name. The lock is a socket
 * address: the kernel takes it back the moment its process dies, so nothing is ever left locked. Without a signal it waits for as long as
 * it takes.
 */
export async function exclusive<T>(
  name: string,
  signal: AbortSignal | undefined,
  work: () => Promise<T>,
): Promise<T> {
  signal?.throwIfAborted();
  const address = addressOf(name);
  let held = await taken(address);
  while (held === undefined) {
    await sleep(ASK_MS, undefined, signal && { signal });
    held = await taken(address);
  }
  try {
    return await work();
  } finally {
    held.close();
  }
}

/**
 * Takes the lock of that name until the returned function is called or this process ends; `undefined` when another has it. It keeps no
 * process alive.
 */
export async function hold(name: string): Promise<(() => void) | undefined> {
  const address = addressOf(name);
  // Where the lock is a file, the first try only removes what a dead holder has left.
  const held = (await taken(address)) ?? (await taken(address));
  held?.unref();
  return held === undefined
    ? undefined
    : () => {
        held.close();
      };
}

/** In Linux's abstract namespace, where no file can be left behind. */
function addressOf(name: string): string {
  const hash = createHash('sha256').update(resolve(name)).digest('hex');
  return process.platform === 'linux' ? `\0shipway-${hash}` : join(tmpdir(), `shipway-${hash.slice(0, 32)}`);
}

async function taken(address: string): Promise<Server | undefined> {
  const server = createServer((socket) => socket.destroy());
  const listening = await new Promise<boolean>((resolved, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolved(false);
      else reject(error);
    });
    server.listen({ path: address }, () => {
      resolved(true);
    });
  });
  if (listening) return server;
  if (!address.startsWith('\0') && !(await answers(address))) await rm(address, { force: true });
  return undefined;
}

const answers = (address: string): Promise<boolean> =>
  new Promise((resolved) => {
    const socket = connect(address);
    socket.once('connect', () => {
      socket.destroy();
      resolved(true);
    });
    socket.once('error', () => {
      resolved(false);
    });
  });
