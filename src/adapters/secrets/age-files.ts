import { randomUUID } from 'node:crypto';
import { link, mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ShipwayError } from '../../errors.js';
import { entriesOf } from '../../folders.js';
import { ifGone } from '../../if-gone.js';

/** One version. What was taken away stays as a number, so that it is never given again, and has nothing sealed. */
interface VersionNote {
  readonly at: string;
  readonly by: string;
  readonly sealed?: string;
}

const fileOf = (folder: string, version: number): string => join(folder, `${String(version)}.json`);

/** The numbers that were ever given, ascending. */
export async function numbersIn(folder: string): Promise<readonly number[]> {
  const names = (await entriesOf(folder)).flatMap(
    ({ name }) => /^([1-9]\d{0,8})\.json$/.exec(name)?.[1] ?? [],
  );
  return names.map(Number).sort((a, b) => a - b);
}

export async function readVersion(folder: string, version: number): Promise<VersionNote | undefined> {
  const text = await readFile(fileOf(folder, version), 'utf8').catch(ifGone);
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text) as VersionNote;
  } catch {
    throw new ShipwayError('secret.unreadable', `${fileOf(folder, version)} is damaged`);
  }
}

/** Keeps it under the next number, which a link gives to one writer only. */
export async function keepNext(folder: string, note: VersionNote): Promise<number> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const written = await writeBeside(folder, JSON.stringify(note));
  try {
    for (let next = ((await numbersIn(folder)).at(-1) ?? 0) + 1; ; next++)
      if (await linked(written, fileOf(folder, next))) return next;
  } finally {
    await rm(written, { force: true });
  }
}

/** Takes away what is sealed in a version. Answers whether there was something. */
export async function withdraw(folder: string, version: number): Promise<boolean> {
  const note = await readVersion(folder, version);
  if (note?.sealed === undefined) return false;
  const { at, by } = note;
  await rename(await writeBeside(folder, JSON.stringify({ at, by })), fileOf(folder, version));
  return true;
}

/** A file with exactly this text, or no file: whoever finds `to` finds all of it. Answers false when it is there already. */
export async function createWhole(to: string, folder: string, text: string): Promise<boolean> {
  const written = await writeBeside(folder, text);
  try {
    return await linked(written, to);
  } finally {
    await rm(written, { force: true });
  }
}

async function writeBeside(folder: string, text: string): Promise<string> {
  const name = join(folder, `.${randomUUID()}`);
  const file = await open(name, 'wx', 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  return name;
}

async function linked(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}
