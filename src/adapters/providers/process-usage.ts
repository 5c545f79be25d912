import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { InstanceUsage, SlotUsage } from '../../domain/usage.js';
import { ShipwayError, whyOf } from '../../errors.js';
import { isAlive, type ProcessIdentity } from '../../processes.js';
import { readInstances, type InstanceNote } from './process-files.js';
import { ownPart } from './process-find.js';
import type { Pass, Passed } from './process-pass.js';
import { processOf } from './process-start.js';

type Sum = Pick<InstanceUsage, 'cpuMs' | 'memoryBytes'>;
interface Running {
  readonly note: InstanceNote;
  readonly leader: ProcessIdentity;
}
const sumOf = (before: Sum | undefined, one: Sum): Sum => ({
  cpuMs: (before?.cpuMs ?? 0) + one.cpuMs,
  memoryBytes: (before?.memoryBytes ?? 0) + one.memoryBytes,
});

/**
 * What the living instances of a slot use, each with all that it has started. A page of memory that several of its processes share counts
 * for each; the time of a process that ended counts when its parent asked how, or is lost. `passing` is shared with whoever asks as well.
 */
export async function slotUsage(
  directory: string,
  passing: () => Promise<Pass>,
  signal: AbortSignal,
): Promise<SlotUsage> {
  signal.throwIfAborted();
  const running = await living(directory, await readInstances(directory));
  const { at, used } =
    process.platform === 'linux' ? await fromProc(running, await passing()) : await fromPs(running);
  // Whose leader lives before and after: nobody else can have had its pid, or the session that is named by it.
  const still = await Promise.all(running.map(({ leader }) => isAlive(leader)));
  signal.throwIfAborted();
  const instances = running.flatMap(({ note: { id, startedAt } }, i) => {
    const sum = still[i] === true ? used[i] : undefined;
    return sum === undefined ? [] : [{ id, startedAt, ...sum }];
  });
  return { at, instances };
}

async function living(directory: string, notes: readonly InstanceNote[]): Promise<readonly Running[]> {
  const leaders = await Promise.all(notes.map((note) => processOf(directory, note)));
  return notes.flatMap((note, i) => {
    const leader = leaders[i];
    return leader === undefined ? [] : [{ note, leader }];
  });
}

interface Used {
  readonly at: number;
  /** In the order of those that were asked for. */
  readonly used: readonly (Sum | undefined)[];
}

async function fromProc(running: readonly Running[], { at, processes }: Pass): Promise<Used> {
  const parts = new Map<Running, Sum>();
  const owner = ownersOf(running);
  for (const found of processes) {
    const owned = owner(found);
    if (owned === undefined) continue;
    const one = { cpuMs: found.cpuMs, memoryBytes: residentBytes(found.pid) };
    // One that ended meanwhile may have left its pid to another, whose memory was read.
    if (found.ended || (await isAlive(found))) parts.set(owned, sumOf(parts.get(owned), one));
  }
  return { at, used: running.map((one) => parts.get(one)) };
}

/** Whose a process is: by its leader's session, or by the id that it carries. */
function ownersOf(running: readonly Running[]): (of: Passed) => Running | undefined {
  const bySession = new Map(running.map((one) => [one.leader.pid, one]));
  const byId = new Map(running.map((one) => [one.note.id, one]));
  return ({ session, instance = '' }) => bySession.get(session) ?? byId.get(instance);
}

/** None of one that has ended. */
const residentBytes = (pid: number): number =>
  1024 * Number(/^VmRSS:\s+(\d+) kB$/m.exec(ownPart(pid, 'status') ?? '')?.[1] ?? 0);

/** Without /proc: the process group that each of them leads. */
async function fromPs(running: readonly Running[]): Promise<Used> {
  const at = Date.now();
  const columns = ['pgid=', 'rss=', 'time='].flatMap((column) => ['-o', column]);
  try {
    const { stdout } = await promisify(execFile)('ps', ['-A', ...columns]);
    const groups = groupsIn(stdout);
    return { at, used: running.map(({ leader }) => groups.get(leader.pid)) };
  } catch (cause) {
    const why = whyOf(cause);
    throw new ShipwayError('provider.unavailable', `ps does not say what instances use: ${why}`, { cause });
  }
}

/** Lines of `ps`: process group, resident KiB, and time as [[days-]hours:]minutes:seconds. */
export function groupsIn(text: string): ReadonlyMap<number, Sum> {
  const groups = new Map<number, Sum>();
  for (const [, group = '', kib = '', days = '0', clock = ''] of text.matchAll(
    /^\s*(\d+)\s+(\d+)\s+(?:(\d+)-)?([\d:.]+)\s*$/gm,
  )) {
    const seconds = clock.split(':').reduce((sum, part) => sum * 60 + Number(part), 0);
    const one = {
      cpuMs: Math.round((Number(days) * 86_400 + seconds) * 1_000),
      memoryBytes: Number(kib) * 1024,
    };
    groups.set(Number(group), sumOf(groups.get(Number(group)), one));
  }
  return groups;
}
