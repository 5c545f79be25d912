import { CommandError } from '../client/failure.js';
import type { ShipwayClient } from '../client.js';
import type { Evidence } from '../domain/release.js';
import type { TargetView, WaitingFor } from '../domain/view.js';
import { REFUSED } from '../domain/outcome.js';
import { UsageError } from '../errors.js';
import { accepted } from './accepted.js';
import { state, withClient } from './context.js';
import { progress, result, string } from './output.js';
import { deploymentNamed, isTarget, runOf } from './reference.js';
import { waitingOf } from '../domain/next.js';
import { evidenceLines } from './render/evidence.js';
import { changeLines } from './render/open.js';
import type { Command, Values } from './table.js';

/** `shipway approve RUN` and `reject`: a statement about exactly what is asked now. Exit code 3 when it does not count. */
const answer =
  (verb: 'approve' | 'reject'): Command =>
  (values: Values, [text = '']) =>
    withClient(values, async (client) => {
      const { waiting, look, evidence = [] } = await questionOf(client, text, values);
      if (waiting?.decision === undefined) throw new CommandError(`${text} asks nothing now`, look);
      const { decision, workflow, title } = waiting;
      sameAsSeen(values, decision, look);
      progress(`${verb} ${title} (decision ${decision.slice(0, SHORT)})`, values);
      for (const line of evidenceLines(evidence)) progress(line, values);
      for (const line of changeLines(waiting)) progress(line, values);
      const message = await accepted(client.answer(workflow, state(values, verb, decision)), look);
      result(values, { workflow, decision, status: 'accepted', message, evidence }, [
        `${verb === 'approve' ? 'approved' : 'rejected'} ${title}: ${message}`,
      ]);
      return 0;
    });

const SHORT = 12;
const LEAST = 6;

/** Who looked before has the decision's hash: an answer must not count for what it has become since. */
function sameAsSeen(values: Values, decision: string, look: string): void {
  const seen = string(values, 'decision');
  if (seen === undefined) return;
  if (!/^[0-9a-f]+$/.test(seen) || seen.length < LEAST)
    throw new UsageError(
      `${JSON.stringify(seen)} is no decision`,
      `its first ${String(SHORT)} characters as \`shipway status\` shows them`,
    );
  if (!decision.startsWith(seen))
    throw new CommandError(
      `what is asked has changed: it is now decision ${decision.slice(0, SHORT)}, not ${seen}`,
      look,
      REFUSED,
    );
}

interface Question {
  readonly waiting: WaitingFor | undefined;
  readonly look: string;
  /** What is known of the release that is asked about. */
  readonly evidence?: readonly Evidence[];
}

async function questionOf(client: ShipwayClient, text: string, values: Values): Promise<Question> {
  if (isTarget(text)) {
    const found = await client.view<TargetView>(text);
    return {
      waiting: found?.view?.waitingFor,
      look: 'look at it in Temporal’s UI',
    };
  }
  const deployment = deploymentNamed(text);
  if (deployment !== undefined) {
    const found = await client.deployment(deployment);
    return {
      waiting: found.deployment.waitingFor,
      look: `look at it with: shipway status ${deployment}`,
    };
  }
  const { service, run } = await runOf(client, text, values);
  const status = await client.status(service, run);
  return {
    waiting: waitingOf(status),
    evidence: status.run.evidence ?? [],
    look: `look at it with: shipway status ${run}`,
  };
}

export const approve = answer('approve');
export const reject = answer('reject');
