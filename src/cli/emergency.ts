import { setTimeout as sleep } from 'node:timers/promises';
import { apiClient, type ApiClient } from '../client/api.js';
import { CommandError } from '../client/failure.js';
import type { ChainedEntry } from '../domain/audit.js';
import {
  INCIDENT_SEVERITIES,
  INCIDENT_VERIFIED,
  type IncidentSeverity,
  type Verified,
} from '../domain/incident.js';
import { targetId, type TargetRef } from '../domain/ids.js';
import { UsageError } from '../errors.js';
import { settings } from './context.js';
import { string } from './output.js';
import { goneBack, type Afterwards } from './rollback.js';
import type { Command, Values } from './table.js';

/**
 * `shipway emergency`: takes the last change of a target back at once, whatever it is doing, has what serves then looked at from all sides,
 * and says what was found. Declared again it takes nothing more back.
 */
export const emergency: Command = async (values) =>
  goneBack(values, { emergency: { severity: severityOf(values) } }, async (target) => {
    const api = apiClient(await settings(values));
    const before = await newest(api, target).then((last) => last?.seq ?? 0, unanswered);
    // What was found another time is not told as what was found now.
    return () => (before === undefined ? Promise.resolve(unsaid(target)) : found(api, target, before));
  });

function severityOf(values: Values): IncidentSeverity {
  const said = string(values, 'severity') ?? 'critical';
  const severity = INCIDENT_SEVERITIES.find((one) => one === said);
  if (severity !== undefined) return severity;
  throw new UsageError(
    `--severity is no ${JSON.stringify(said)}`,
    `one of ${INCIDENT_SEVERITIES.join(', ')}`,
  );
}

/** What was found last time. */
async function newest(api: ApiClient, target: TargetRef): Promise<ChainedEntry | undefined> {
  const all = await api.audit({ ...target, days: 1, workflow: targetId(target) });
  return all.findLast(({ entry }) => entry.event_type === INCIDENT_VERIFIED);
}

const LOOK_MS = 1_000;
const PATIENCE_MS = 60_000;

/** What was found this time: it is looked for while the target looks. An API that does not answer leaves it to the audit. */
async function found(api: ApiClient, target: TargetRef, before: number): Promise<Afterwards> {
  for (const until = Date.now() + PATIENCE_MS; Date.now() < until; await sleep(LOOK_MS)) {
    const last = await newest(api, target).catch(unanswered);
    if (last === undefined || last.seq <= before) continue;
    const { ok, serves, unwell } = last.entry.details as unknown as Verified;
    const lines = ok
      ? [`✓ ${serves} serves, and is well`]
      : [`! ${serves} serves`, ...unwell.map((why) => `! ${why}`)];
    return { json: { found: { ok, serves, unwell } }, lines, ok };
  }
  return unsaid(target);
}

const unsaid = ({ environment }: TargetRef): Afterwards => ({
  ...{ json: { found: null }, ok: false },
  lines: [`! nobody has said what serves now: shipway audit --environment ${environment}`],
});

function unanswered(error: unknown): undefined {
  if (!(error instanceof CommandError)) throw error;
  return undefined;
}
