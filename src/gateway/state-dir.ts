import { randomBytes } from 'node:crypto';
import { chmod, mkdir, readFile, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { hold } from '../exclusive.js';
import { writeDurably } from '../write-durably.js';
import { NOTHING, type GatewayState } from './state.js';

const VERSION = 1;
const stateFile = (dir: string): string => join(dir, 'state.json');

/** The state as it was last acknowledged. Fails when the file is not one that this version wrote: an empty gateway would drop traffic. */
export async function loadState(dir: string): Promise<GatewayState> {
  const text = await readIfThere(stateFile(dir));
  if (text === undefined) return NOTHING;
  const stored = parsed(text, stateFile(dir)) as { version?: unknown } & GatewayState;
  if (stored.version !== VERSION || !Array.isArray(stored.targets)) {
    throw new Error(
      `${stateFile(dir)}: expected a state of version ${String(VERSION)}; move the file away to start empty`,
    );
  }
  return { targets: stored.targets };
}

export function saveState(dir: string, state: GatewayState): Promise<void> {
  return writeDurably(stateFile(dir), JSON.stringify({ version: VERSION, ...state }));
}

/** The bearer token of the admin API, made at the first start; readable by the owner alone, also when it was not before. */
export async function tokenOf(dir: string): Promise<string> {
  const file = join(dir, 'token');
  const token = (await readIfThere(file))?.trim();
  if (token !== undefined && token.length >= 32) {
    await chmod(file, 0o600);
    return token;
  }
  const fresh = randomBytes(32).toString('base64url');
  await writeDurably(file, fresh);
  return fresh;
}

/** Where the running gateway is found: `gateway.json`. */
export interface Note {
  readonly pid: number;
  /** ISO instant. */
  readonly startedAt: string;
  readonly adminUrl: string;
}
const noteFile = (dir: string): string => join(dir, 'gateway.json');

export function writeNote(dir: string, note: Note): Promise<void> {
  return writeDurably(noteFile(dir), JSON.stringify(note));
}

async function readNote(dir: string): Promise<Note | undefined> {
  const text = await readIfThere(noteFile(dir));
  return text === undefined ? undefined : (parsed(text, noteFile(dir)) as Note);
}

/**
 * Takes the directory for as long as this process lives, or until the returned function is called. Fails while another gateway has it:
 * two would write over each other's state.
 */
export async function claimStateDir(dir: string): Promise<() => void> {
  const release = await hold(await realpath(dir));
  if (release !== undefined) return release;
  const note = await readNote(dir);
  const who = note === undefined ? '' : `: pid ${String(note.pid)}, ${note.adminUrl}`;
  throw new Error(`a gateway runs on ${dir} already${who}`);
}

/** Whether the gateway that noted itself here last answers. */
export async function serves(dir: string): Promise<boolean> {
  const note = await readNote(dir);
  if (note === undefined) return false;
  const answer = await health(note.adminUrl);
  return answer?.pid === note.pid && answer.startedAt === note.startedAt;
}

const ANSWER_MS = 1_000;

/** `undefined`: nobody answers there, or something that is no gateway. */
async function health(adminUrl: string): Promise<Partial<Note> | undefined> {
  try {
    const response = await fetch(`${adminUrl}/health`, { signal: AbortSignal.timeout(ANSWER_MS) });
    return (await response.json()) as Partial<Note>;
  } catch {
    return undefined;
  }
}

export async function makeStateDir(dir: string): Promise<void> {
  await mkdir(dir, { recursive: true, mode: 0o700 });
}

async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function parsed(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`${file} is not JSON; move it away to start without it`, { cause: error });
  }
}
