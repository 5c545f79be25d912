import { z } from 'zod';
import type { FindingFigures } from '../../domain/evidence.js';
import { Malformed } from './malformed.js';

const level = z.enum(['none', 'note', 'warning', 'error']);
const rule = z.object({
  id: z.string().optional(),
  defaultConfiguration: z.object({ level: level.optional() }).optional(),
});
/** The part of SARIF 2.1.0 that says how many findings of which level there are. */
const sarif = z.object({
  version: z.literal('2.1.0'),
  runs: z.array(
    z.object({
      tool: z.object({ driver: z.object({ name: z.string(), rules: z.array(rule).optional() }) }),
      results: z
        .array(
          z.object({
            ruleId: z.string().optional(),
            ruleIndex: z.int().optional(),
            level: level.optional(),
            kind: z.string().optional(),
            suppressions: z.array(z.object({ status: z.string().optional() })).optional(),
          }),
        )
        .nullish(),
    }),
  ),
});
type Run = z.output<typeof sarif>['runs'][number];
type Result = NonNullable<Run['results']>[number];

/** Counts the findings by level, as the standard has it: a level that is not said is that of its rule, else `warning`. Fails with `Malformed`. */
export function readSarif(content: Buffer): FindingFigures {
  const figures = { error: 0, warning: 0, note: 0, suppressed: 0 };
  for (const run of runsOf(content)) {
    const levels = levelsOf(run);
    for (const result of run.results ?? []) {
      const of = levels(result);
      if (of === 'none') continue;
      figures[isSuppressed(result) ? 'suppressed' : of] += 1;
    }
  }
  return figures;
}

function runsOf(content: Buffer): readonly Run[] {
  const read = sarif.safeParse(jsonOf(content));
  if (read.success) {
    // Without a run nothing was looked for, which is not the same as nothing found.
    if (read.data.runs.length === 0) throw new Malformed('holds no run of a tool');
    return read.data.runs;
  }
  const [issue] = read.error.issues;
  throw new Malformed(
    `is no SARIF 2.1.0: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`.slice(0, 200),
  );
}

function jsonOf(content: Buffer): unknown {
  try {
    return JSON.parse(content.toString('utf8').replace(/^\uFEFF/, ''));
  } catch {
    throw new Malformed('is no JSON');
  }
}

function levelsOf({ tool }: Run): (result: Result) => z.output<typeof level> {
  const rules = tool.driver.rules ?? [];
  const byId = new Map(rules.map((r) => [r.id, r]));
  return ({ level: said, kind = 'fail', ruleId, ruleIndex = -1 }) => {
    if (kind !== 'fail') return 'none';
    const of = rules[ruleIndex] ?? (ruleId === undefined ? undefined : byId.get(ruleId));
    return said ?? of?.defaultConfiguration?.level ?? 'warning';
  };
}

const isSuppressed = ({ suppressions = [] }: Result): boolean =>
  suppressions.some(({ status = 'accepted' }) => status === 'accepted');
