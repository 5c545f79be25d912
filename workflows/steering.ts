import {
  ApplicationFailure,
  CancellationScope,
  CancelledFailure,
  condition,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import { percent } from '../src/domain/details.js';
import { refuserOf } from '../src/domain/gate.js';
import type { Accepted } from '../src/domain/messages.js';
import { FULL, type Share } from '../src/domain/plan.js';
import { malformed, misdirected, type Statement } from '../src/domain/statement.js';
import {
  STEERING,
  overtaken,
  unsteerable,
  wrongShare,
  type Steerable,
  type Steering,
} from '../src/domain/steering.js';
import { wayOf } from '../src/domain/strategy.js';
import { meanwhile } from './meanwhile.js';
import * as messages from './messages.js';
import { about, type Field } from './field.js';
import { control } from './profiles.js';
import { shielded } from './shielded.js';
import { verified } from './verified.js';

/** Takes what people want of a deployment on its way forward: verified like every statement, and judged again after that. */
export function takeSteering(field: Field): void {
  const workflow = workflowInfo().workflowId;
  for (const verb of STEERING)
    setHandler(messages.steering[verb], (statement) => steer(field, verb, statement), {
      description: `${DOES[verb]} Takes a statement with verb ${verb} on this workflow.`,
      validator: (statement: Statement) => {
        const why =
          malformed(statement) ??
          wrongShare(statement) ??
          misdirected(statement, verb, workflow) ??
          unsteerable(steerable(field), verb, statement.to);
        if (why !== undefined) throw ApplicationFailure.nonRetryable(why, 'statement.refused');
      },
    });
}
const DOES: Readonly<Record<Steering, string>> = {
  pause: 'No step forward until somebody says so; what has users is watched.',
  promote: 'To this share of the users now, a greater or a smaller one.',
  skip: 'On to what comes after the present wait.',
};

/** The flag that is turned on by steps. */
function flagIn({ input }: Field): string | undefined {
  const way = wayOf(input);
  return way.kind === 'feature_flag' ? way.flag : undefined;
}
function raised({ input }: Field): Steerable['raises'] {
  switch (wayOf(input).kind) {
    case 'feature_flag':
      return 'flag';
    case 'blue_green':
    case 'in_place':
      return 'nothing';
    case 'rolling':
      return 'instances';
    case 'canary':
    case 'own':
      return 'users';
  }
}

/** Of the users, that it has or is being given. */
const shareNow = (field: Field): Share => (raised(field) === 'flag' ? field.lit : field.heading);

/** A person wants fewer users to have it than have it now. */
export const isLowered = (field: Field): boolean =>
  field.wanted !== undefined && field.wanted < shareNow(field);

function steerable(field: Field): Steerable {
  const { input, phase, forward, knownGood, parked, pausing, wait } = field;
  return {
    kind: input.kind,
    raises: raised(field),
    share: shareNow(field),
    forward: !forward.consideredCancelled && !knownGood && !['going_back', 'done'].includes(phase()),
    asking: parked,
    paused: pausing !== undefined,
    ...(wait === undefined ? {} : { wait }),
  };
}

async function steer(field: Field, verb: Steering, statement: Statement): Promise<Accepted> {
  const subject = about(field);
  const seen = shareNow(field);
  // Standing still is safe: it does not wait for the store.
  const result = await verified({ statement, ...subject }, verb === 'pause' ? field.later : undefined);
  if (result.status === 'refused') return result;
  const why =
    unsteerable(steerable(field), verb, statement.to) ??
    (verb === 'promote' ? overtaken(seen, shareNow(field), statement.to ?? FULL) : undefined);
  if (why !== undefined) {
    const said = `${verb} by ${statement.person}`;
    field.later.add(shielded(() => control.recordRefusal({ statement: said, why, ...subject })));
    return { status: 'refused', message: why };
  }
  return { status: 'accepted', message: taken(field, verb, statement) };
}

function taken(field: Field, verb: Steering, { person, reason, to = FULL }: Statement): string {
  const by = `${person}${reason === undefined ? '' : `: ${reason}`}`;
  const when = field.pausing === undefined ? 'now' : 'when it is resumed';
  switch (verb) {
    case 'pause':
      pause(field, by);
      return `paused; ${field.input.release.version} makes no step forward`;
    case 'promote':
      field.wanted = to;
      // A step that waits is over; one that is being made, or is held up, leads on to this share by itself.
      if (field.wait !== undefined) field.skipped = person;
      if (isLowered(field)) return lowered(field, to, by);
      field.show({}, `promoted to ${percent(to)} by ${person}, ${when}`);
      return `${flagIn(field) ?? 'it'} goes to ${percent(to)} ${when}`;
    case 'skip':
      field.skipped = person;
      field.show({}, `${field.wait ?? 'the wait'} ended by ${person}`);
      return `${field.wait ?? 'its wait'} is over; it goes on ${when}`;
  }
}

/** That is no step forward: a pause does not hold it up, and goes on after it. */
function lowered(field: Field, to: Share, by: string): string {
  field.show({}, `lowered to ${percent(to)} by ${by}`);
  return `${flagIn(field) ?? 'it'} goes down to ${percent(to)} now${field.pausing === undefined ? '' : ', and stays paused'}`;
}

/** Asks at once who says that it goes on; what is under way is not stopped, and its next step waits for the answer. */
function pause(field: Field, by: string): void {
  const { forward, input } = field;
  field.show({}, `paused by ${by}`);
  const title = `${input.service} ${input.release.version} → ${input.environment} is paused by ${by}. approve: go on; reject: go back`;
  field.pausing = forward
    .run(() => field.gates.ask(() => control.openQuestion({ ...about(field), question: 'paused', title })))
    .then((closed) => {
      delete field.pausing;
      const answer = closed.verdict === 'rejected' ? refuserOf(closed) : closed.answers.at(-1);
      const person = answer?.person ?? 'nobody';
      if (closed.verdict === 'rejected')
        field.sendBack({ why: 'rollback', by: person, reason: answer?.reason ?? 'no reason given' });
      else field.show({}, `resumed by ${person}`);
    });
  // Going back withdraws the question, and nobody waits for it then.
  field.pausing.catch(() => undefined);
}

/** Waits for as long as it is paused, and is not to have fewer users. What has users is watched meanwhile. */
export async function whilePaused(field: Field): Promise<void> {
  while (field.pausing !== undefined && !isLowered(field)) {
    const asked = field.pausing;
    // Nobody's answer is waited for when what has users turns bad.
    const answered = () =>
      Promise.race([asked, condition(() => isLowered(field)), CancellationScope.current().cancelRequested]);
    await (field.moved ? meanwhile(field, 'paused', 0, answered) : answered());
  }
  if (CancellationScope.current().consideredCancelled) throw new CancelledFailure('it was sent back');
}
