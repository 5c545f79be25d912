import type { Slot } from '../../domain/target.js';
import { unavailable } from './failures.js';
import { firstLine, hungUp, type Ask } from './haproxy-cli.js';
import { REVISION, backendOf, mapFile } from './haproxy-config.js';
import { SLOTS, type ServedTarget } from './served.js';
import { entryOf, hostPort, serversOf, type Server } from './servers.js';

/** A server as HAProxy has it now. */
export interface SeenServer extends Server {
  readonly admitted: boolean;
}
/** What a worker process of HAProxy does for a target now, whatever the files say. */
export interface Seen {
  /** Of the configuration it was loaded with; absent: none of shipway's. */
  readonly revision?: string;
  /** Absent: it has no place for the target. */
  readonly servers?: Readonly<Record<Slot, readonly SeenServer[]>>;
  readonly entry?: string;
}

/** Fails with `router.unavailable` when it answers anything else than HAProxy does. */
export async function look(ask: Ask, key: string, folder: string): Promise<Seen> {
  const [revision, entry, blue, green] = await Promise.all([
    revisionIn(ask),
    entryIn(ask, key, folder),
    serversIn(ask, backendOf(key, 'blue')),
    serversIn(ask, backendOf(key, 'green')),
  ]);
  return {
    ...(revision === undefined ? {} : { revision }),
    ...(entry === undefined ? {} : { entry }),
    ...(blue === undefined || green === undefined ? {} : { servers: { blue, green } }),
  };
}

export async function revisionIn(ask: Ask): Promise<string | undefined> {
  const text = await ask(`show env ${REVISION}`);
  if (text === 'Variable not found') return undefined;
  const found = new RegExp(`^${REVISION}=(\\w+)$`).exec(text);
  if (found === null) throw nonsense('show env', text);
  return found[1];
}

async function entryIn(ask: Ask, key: string, folder: string): Promise<string | undefined> {
  const text = await ask(`show map ${mapFile(folder)}`);
  if (text.startsWith('Unknown map identifier')) return undefined;
  const rows = text === '' ? [] : text.split('\n').map((line) => line.split(' '));
  for (const row of rows)
    if (row.length < 3 || !/^0x[0-9a-f]+$/.test(row[0] ?? '')) throw nonsense('show map', text);
  return rows
    .find((row) => row[1] === key)
    ?.slice(2)
    .join(' ');
}

const MAINTENANCE_OR_DRAIN = 0x01 | 0x08;

async function serversIn(ask: Ask, backend: string): Promise<readonly SeenServer[] | undefined> {
  const text = await ask(`show servers state ${backend}`);
  if (text === "Can't find backend.") return undefined;
  const [version, header = '', ...rows] = text.split('\n');
  const names = header.replace(/^# /, '').split(' ');
  const [name, host, port, admin] = ['srv_name', 'srv_addr', 'srv_port', 'srv_admin_state'].map((column) =>
    names.indexOf(column),
  ) as [number, number, number, number];
  if (version !== '1' || [name, host, port, admin].includes(-1)) throw nonsense('show servers state', text);
  return rows.map((row) => {
    const cells = row.split(' ');
    const state = Number(cells[admin]);
    if (cells.length !== names.length || !Number.isInteger(state)) throw nonsense('show servers state', row);
    return {
      name: cells[name] ?? '',
      host: cells[host] ?? '',
      port: Number(cells[port]),
      admitted: (state & MAINTENANCE_OR_DRAIN) === 0,
    };
  });
}

const nonsense = (command: string, text: string): Error =>
  text === ''
    ? hungUp(command)
    : unavailable(`what answers is no HAProxy: ${firstLine(text)} to \`${command}\``);

/** A command, and what HAProxy says when it has done it. */
export interface Command {
  readonly text: string;
  readonly done: RegExp;
}
const QUIET = /^$/;

/** What brings a worker to where the target is to be; nothing when it is there. Members come before anybody is sent to them. */
export function differences(
  key: string,
  target: ServedTarget,
  seen: Seen,
  folder: string,
): readonly Command[] {
  const coming = SLOTS.flatMap((slot) =>
    arrivals(key, slot, serversOf(target, slot), seen.servers?.[slot] ?? []),
  );
  const going = SLOTS.flatMap((slot) =>
    departures(key, slot, serversOf(target, slot), seen.servers?.[slot] ?? []),
  );
  return [...coming, ...entryChange(key, target, seen, folder), ...going];
}

/** The one change that moves users. */
export function entryChange(
  key: string,
  target: ServedTarget,
  { entry }: Seen,
  folder: string,
): readonly Command[] {
  const wanted = entryOf(target);
  if (wanted === entry) return [];
  const map = mapFile(folder);
  if (wanted === undefined) return [{ text: `del map ${map} ${key}`, done: QUIET }];
  return [{ text: `${entry === undefined ? 'add' : 'set'} map ${map} ${key} ${wanted}`, done: QUIET }];
}

function arrivals(
  key: string,
  slot: Slot,
  wanted: readonly Server[],
  seen: readonly SeenServer[],
): Command[] {
  return wanted.flatMap(({ name, host, port }) => {
    const server = `${backendOf(key, slot)}/${name}`;
    const there = seen.find((s) => s.name === name);
    const commands: Command[] = [];
    if (there === undefined)
      commands.push({
        text: `add server ${server} ${hostPort({ host, port })}`,
        done: /^New server registered/,
      });
    else if (there.host !== host || there.port !== port)
      commands.push({
        text: `set server ${server} addr ${host} port ${String(port)}`,
        done: /^IP changed|^port changed/,
      });
    if (there?.admitted !== true) commands.push({ text: `set server ${server} state ready`, done: QUIET });
    return commands;
  });
}

const departures = (
  key: string,
  slot: Slot,
  wanted: readonly Server[],
  seen: readonly SeenServer[],
): Command[] =>
  seen
    .filter(({ name, admitted }) => admitted && !wanted.some((w) => w.name === name))
    .map(({ name }) => ({ text: `set server ${backendOf(key, slot)}/${name} state maint`, done: QUIET }));

/** Servers that get nothing any more. One that still has requests in flight stays until it is looked at again. */
export const leftovers = (key: string, target: ServedTarget, { servers }: Seen): readonly string[] =>
  SLOTS.flatMap((slot) =>
    (servers?.[slot] ?? [])
      .filter(({ name, admitted }) => !admitted && !serversOf(target, slot).some((w) => w.name === name))
      .map(({ name }) => `del server ${backendOf(key, slot)}/${name}`),
  );

/** Whether every slot that has a share finds servers there, and none of another release. */
export const canServe = (target: ServedTarget, { servers }: Seen): boolean =>
  SLOTS.filter((slot) => (target.shares[slot] ?? 0) > 0).every((slot) => {
    const there = (servers?.[slot] ?? []).filter((s) => s.admitted);
    const ofRelease = `${target.slots[slot]?.release ?? ''}-`;
    return (
      there.every(({ name }) => name.startsWith(ofRelease)) &&
      serversOf(target, slot).some(({ name }) => there.some((s) => s.name === name))
    );
  });

/** What the master says of a worker that has ended. */
export const GONE = /Can't find the target PID/;

/** Whether a worker that was sent away has ended, or is about to and answers no more. */
export async function hasEnded(ask: Ask): Promise<boolean> {
  const said = await ask(`show env ${REVISION}`);
  return said === '' || GONE.test(said);
}

const [BACKEND, SERVERS] = ['2', '4'];

/**
 * Requests that a worker has in flight to a slot, or to those of its servers that `staying` does not name; `undefined`: it is about to end
 * and answers no more.
 */
export async function inFlight(
  ask: Ask,
  key: string,
  slot: Slot,
  staying?: ReadonlySet<string>,
): Promise<number | undefined> {
  const text = await ask(`show stat ${backendOf(key, slot)} ${staying === undefined ? BACKEND : SERVERS} -1`);
  if (text === '') return undefined;
  if (text === 'No such proxy.' || GONE.test(text)) return 0;
  const [header = '', ...rows] = text.split('\n');
  const names = header.replace(/^# /, '').split(',');
  const [name, current] = [names.indexOf('svname'), names.indexOf('scur')];
  // A backend has its row always, servers come and go.
  if (name < 0 || current < 0 || (staying === undefined && rows.length !== 1))
    throw nonsense('show stat', text);
  return rows.reduce((sum, row) => {
    const cells = row.split(',');
    const count = Number(cells[current]);
    if (cells.length < names.length - 1 || !Number.isInteger(count)) throw nonsense('show stat', row);
    return staying?.has(cells[name] ?? '') === true ? sum : sum + count;
  }, 0);
}
