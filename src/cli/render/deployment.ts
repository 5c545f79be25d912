import type { DeploymentStatus } from '../../client.js';
import { percent } from '../../domain/details.js';
import type { DeploymentView } from '../../domain/view.js';
import { nextForDeployment } from '../../domain/next.js';
import type { Measure } from '../measuring.js';
import { oneLine } from '../output.js';
import { measureLines } from './measures.js';
import { endedInTemporal, openLines, outcomeOf, typeLines } from './open.js';
import { bar, clock, lengthOf } from './text.js';

const MOST_EVENTS = 8;

/** What `status` and `watch` show of a deployment by itself. */
export function renderDeployment(
  status: DeploymentStatus & { readonly measured?: readonly Measure[] },
  now: number,
): readonly string[] {
  const { deployment: d } = status;
  const open = d.outcome === undefined;
  const gone = open ? endedInTemporal(status) : undefined;
  return [
    `${d.service} ${d.version} → ${d.environment}${d.run === undefined ? '' : `   of run ${d.run}`}`,
    '',
    ...deploymentLines(d, now, status.measured),
    ...(open ? [] : ['', `${outcomeOf(d)}: ${oneLine(d.reason ?? '')}`]),
    ...(gone !== undefined
      ? ['', gone]
      : [
          ...(open || d.waitingFor !== undefined ? openLines(status, d.waitingFor, now) : []),
          ...typeLines(nextForDeployment(d)),
        ]),
  ];
}

/** A deployment: what it does, who gets which release, what the last look said and what of, and how it came there. */
export function deploymentLines(
  d: DeploymentView,
  now: number,
  measured: readonly Measure[] = [],
): readonly string[] {
  const open = d.outcome === undefined;
  const place = d.address === undefined ? '' : `   ${[d.address, ...(d.others ?? [])].join(', ')}`;
  return [
    `  ${d.id}`,
    `  ${d.kind} by ${d.strategy}, replaces ${d.replaces ?? 'nothing'}: ${phase(d)}${open ? untilNext(d, now) : ''}${place}`,
    ...Object.entries(d.shares).map(([slot, share]) => shareLine(d, slot, share)),
    ...(d.verdict === undefined || !open ? [] : [`    ${d.verdict.kind}: ${oneLine(d.verdict.reason)}`]),
    ...measureLines(measured),
    ...(open && d.verdict?.lacks !== undefined && isHeld(d, now) ? [FEW] : []),
    ...d.timeline.slice(-MOST_EVENTS).map((t) => `    ${clock(t.at)}  ${oneLine(t.what)}`),
  ];
}

const FEW = '    it goes on once there are enough requests; after step_timeout a person is asked';

/** When the step under way ends if nothing is wrong; one that is over is held while its verdict is in doubt. */
const stepEnd = ({ phase: at, nextAt }: DeploymentView): number | undefined =>
  at === 'shift' || at === 'bake' ? nextAt : undefined;

const isHeld = (d: DeploymentView, now: number): boolean =>
  (stepEnd(d) ?? Infinity) <= now && d.verdict !== undefined && d.verdict.kind !== 'pass';

function untilNext(d: DeploymentView, now: number): string {
  const end = stepEnd(d);
  if (end === undefined) return '';
  if (end > now) return `, next step in ${lengthOf(end - now)}`;
  return isHeld(d, now) ? `, held in doubt for ${lengthOf(now - end)}` : '';
}

const phase = (d: DeploymentView): string => (d.outcome ?? d.phase).replaceAll('_', ' ');

function shareLine(d: DeploymentView, slot: string, share: number): string {
  const version = slot === d.candidate ? d.version : slot === d.stable ? (d.replaces ?? '') : '';
  return `    ${slot.padEnd(6)} ${bar(share)} ${percent(share).padStart(7)}  ${oneLine(version)}`.trimEnd();
}
