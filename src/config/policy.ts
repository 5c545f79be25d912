import type { Policy } from '../domain/policy.js';
import { NAME } from '../domain/ids.js';
import { parseDocument, readText } from './document.js';
import { parseAt, problemAt, type Source } from './issues.js';
import type { Loaded, Problem } from './problem.js';
import { policySchema, type PolicyInput } from './policy-schema.js';

const DAY_MS = 86_400_000;

/** Reads and checks `shipway.policy.yaml`. Fails with `UsageError` only when it cannot be read at all. */
export async function loadPolicy(file: string): Promise<Loaded<Policy>> {
  const text = await readText(file);
  return typeof text === 'string' ? parsePolicy(file, text) : { ok: false, problems: [text] };
}

export function parsePolicy(file: string, text: string): Loaded<Policy> {
  const parsed = parseDocument(file, text);
  if (!parsed.ok) return parsed;
  const source: Source = { file, document: parsed.document };
  const problems: Problem[] = [];
  const input = parseAt(policySchema, parsed.document.value, [], source, problems);
  if (input === undefined) return { ok: false, problems };
  problems.push(...rules(input, source));
  return problems.length > 0 ? { ok: false, problems } : { ok: true, value: policyOf(input) };
}

function rules({ environments }: PolicyInput, source: Source): Problem[] {
  const problems = Object.entries(environments).flatMap(([name, rules]) => {
    const path = ['environments', name];
    const found: Problem[] = [];
    if (!NAME.test(name))
      found.push(
        problemAt(
          source,
          path,
          `${JSON.stringify(name)} is no name`,
          'lower-case letters, digits and dashes',
          'key',
        ),
      );
    if (rules.identity === undefined)
      found.push(
        problemAt(
          source,
          path,
          'identity is signed unless it is set, and signed statements are not available yet',
          'identity: asserted',
          'key',
        ),
      );
    if (rules.identity === 'signed')
      found.push(
        problemAt(
          source,
          [...path, 'identity'],
          'signed statements are not available yet',
          'identity: asserted',
        ),
      );
    return found;
  });
  if (Object.keys(environments).length === 0)
    problems.push(
      problemAt(source, ['environments'], 'there is no environment', 'production: { identity: asserted }'),
    );
  return problems;
}

const policyOf = ({ environments }: PolicyInput): Policy => ({
  environments: Object.fromEntries(
    Object.entries(environments).map(([name, { approvals }]) => [
      name,
      {
        identity: 'asserted' as const,
        approvals: {
          requiredApprovals: approvals?.required_approvals ?? 0,
          expiresAfterMs: approvals?.expires_after ?? DAY_MS,
          selfApproval: approvals?.self_approval ?? false,
        },
      },
    ]),
  ),
});
