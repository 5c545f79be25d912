import { readdir } from 'node:fs/promises';
import { extname, join, relative } from 'node:path';
import type { Finding, Scanner } from '../../domain/ports.js';
import { ShipwayError } from '../../errors.js';
import { unprofiled } from './unprofiled.js';
import { windowsOf } from './windows.js';

const PRESET = '@secretlint/secretlint-rule-preset-recommend';
/** Key ids are public by themselves, but one in a source has its secret near it. */
const OPTIONS = [{ id: '@secretlint/secretlint-rule-aws', options: { enableIDScanRule: true } }];
/** git's own storage of the source: compressed, and never part of what is deployed unless as objects. */
const STORAGE = join('.git', 'objects');

/**
 * Secrets in plain sight, by secretlint's recommended rules, with what was found masked: in every file, whatever its size, also in the
 * readable parts of binary ones. What is packed or encrypted it cannot see.
 */
export function secretlintScanner(): Scanner {
  return { name: 'secretlint', scan };
}

async function scan(directory: string, signal: AbortSignal): Promise<readonly Finding[]> {
  const lint = await linter();
  const findings: Finding[] = [];
  for (const file of await filesOf(directory)) {
    for await (const { text, line, known } of windowsOf(join(directory, file))) {
      signal.throwIfAborted();
      const found = (await lint(file, text)).filter(({ end }) => end > known);
      findings.push(...found.map((f) => ({ ...f.finding, line: line + f.finding.line })));
    }
  }
  return findings;
}

/** `end`: the index in the text after what was found. */
interface Found {
  readonly finding: Finding;
  readonly end: number;
}
type Lint = (path: string, content: string) => Promise<readonly Found[]>;

/** Loaded when it is first needed: it is heavy. Fails with `scan.unavailable`. */
async function linter(): Promise<Lint> {
  try {
    const [{ lintSource }, { creator }] = await Promise.all([
      import('@secretlint/core'),
      import('@secretlint/secretlint-rule-preset-recommend'),
      unprofiled(),
    ]);
    const config = { rules: [{ id: PRESET, rule: creator, rules: OPTIONS }] };
    return async (path, content) => {
      const { messages } = await lintSource({
        source: { filePath: path, ext: extensionOf(path), content, contentType: 'text' },
        options: { config, maskSecrets: true, noPhysicFilePath: true },
      });
      return messages.map(({ ruleId, loc, message, range }) => ({
        finding: { rule: ruleId, file: path, line: loc.start.line, message: shortened(message) },
        end: range[1],
      }));
    };
  } catch (error) {
    throw new ShipwayError('scan.unavailable', 'secretlint cannot be loaded', { cause: error });
  }
}

/** A key store is looked at like any binary file: the rule for it would open a file of that name wherever the worker stands. */
const extensionOf = (path: string): string => extname(path).replace(/^\.p12$/, '');

/** The length of a secret is nobody's business either. */
const shortened = (message: string): string => message.replaceAll(/\*{3,}/g, '***');

async function filesOf(directory: string): Promise<readonly string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  return entries
    .filter((e) => e.isFile())
    .map((e) => relative(directory, join(e.parentPath, e.name)))
    .filter((path) => !path.startsWith(STORAGE))
    .sort();
}
