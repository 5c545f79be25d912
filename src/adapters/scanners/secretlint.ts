import { open, readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { Finding, Scanner } from '../../domain/ports.js';
import { ShipwayError } from '../../errors.js';

const MOST_BYTES = 4 * 1024 ** 2;
const SNIFF_BYTES = 8_000;

/** Secrets in plain sight, by secretlint's recommended rules, with what was found masked. */
export function secretlintScanner(): Scanner {
  return { name: 'secretlint', scan };
}

async function scan(directory: string, signal: AbortSignal): Promise<readonly Finding[]> {
  const lint = await linter();
  const findings: Finding[] = [];
  for (const file of await filesOf(directory)) {
    signal.throwIfAborted();
    const content = await textOf(file);
    if (content !== undefined) findings.push(...(await lint(relative(directory, file), content)));
  }
  return findings;
}

type Lint = (path: string, content: string) => Promise<readonly Finding[]>;

/** Loaded when it is first needed: it is heavy. Fails with `scan.unavailable`. */
async function linter(): Promise<Lint> {
  try {
    const [{ lintSource }, { creator }] = await Promise.all([
      import('@secretlint/core'),
      import('@secretlint/secretlint-rule-preset-recommend'),
    ]);
    const config = { rules: [{ id: '@secretlint/secretlint-rule-preset-recommend', rule: creator }] };
    return async (path, content) => {
      const { messages } = await lintSource({
        source: { filePath: path, content, contentType: 'text' },
        options: { config, maskSecrets: true },
      });
      return messages.map((m) => ({
        rule: m.ruleId,
        file: path,
        line: m.loc.start.line,
        message: m.message,
      }));
    };
  } catch (error) {
    throw new ShipwayError('scan.unavailable', 'secretlint cannot be loaded', { cause: error });
  }
}

async function filesOf(directory: string): Promise<readonly string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  return entries
    .filter((e) => e.isFile())
    .map((e) => join(e.parentPath, e.name))
    .filter((path) => !relative(directory, path).split('/').includes('.git'))
    .sort();
}

/** Text, or nothing for what is binary; a text that is too large to be looked through is a finding of its own kind: a failure. */
async function textOf(path: string): Promise<string | undefined> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    const { buffer, bytesRead } = await file.read(
      Buffer.alloc(Math.min(size, SNIFF_BYTES)),
      0,
      Math.min(size, SNIFF_BYTES),
      0,
    );
    if (buffer.subarray(0, bytesRead).includes(0)) return undefined;
    if (size > MOST_BYTES)
      throw new ShipwayError(
        'scan.unavailable',
        `${path} is a text of ${String(size)} bytes, more than is looked through`,
      );
  } finally {
    await file.close();
  }
  return readFile(path, 'utf8');
}
