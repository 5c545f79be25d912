import type { StrategyKind } from './plan.js';
import { replacesInstances } from './strategy.js';

/** What decides how a service is to be deployed: each factor with its question and what can be answered. */
export const FACTORS = {
  'zero-downtime': {
    question: 'Must the service answer at every moment of a deployment?',
    answers: { yes: 'always', no: 'a short downtime is accepted' },
  },
  traffic: {
    question: 'How much traffic does it have?',
    answers: {
      high: 'much, at all times',
      medium: 'some, at all times',
      low: 'little, or only at times',
    },
  },
  complexity: {
    question: 'How complex is it to deploy?',
    answers: { simple: 'one part, by itself', complex: 'many parts, or others depend on it' },
  },
  focus: {
    question: 'What is to be found out before all users have it?',
    answers: {
      none: 'nothing in particular',
      users: 'whether users fare well with it',
      features: 'whether a feature is wanted, or which variant of it',
      performance: 'how it performs under load',
    },
  },
  spare: {
    question: 'Is there room for twice its instances while a deployment lasts?',
    answers: { yes: 'for both releases at once', no: 'only for what runs now' },
  },
  'way-back': {
    question: 'How soon must users be back on the old release when the new one is bad?',
    answers: { seconds: 'at once', minutes: 'as long as the old one takes to start' },
  },
} as const;

type Answers = { readonly [F in Factor]: keyof (typeof FACTORS)[F]['answers'] };
export type Factor = keyof typeof FACTORS;
/** What is known of a service. */
export type Known = { readonly [F in Factor]?: Answers[F] };

export type Advised = Exclude<StrategyKind, 'own'>;
export interface Choice {
  readonly strategy: Advised;
  /** The row of the matrix, in words. */
  readonly because: string;
  /** What speaks against it here, and what to take where that weighs more. */
  readonly mind: readonly string[];
}

/** The decision matrix: the first row that fits. What is looked for before all users have it comes before how they are moved. */
const MATRIX = [
  {
    when: { focus: 'users' },
    strategy: 'canary',
    because: 'a share of the users finds out for all, and metrics judge each step',
  },
  {
    when: { focus: 'features' },
    strategy: 'feature_flag',
    because:
      'the release ships dark, and its feature is turned on for some users, and off again without a deployment',
  },
  {
    when: { focus: 'performance' },
    strategy: 'blue_green',
    because: 'the idle slot has the release whole and without users: it can be loaded there before they come',
  },
  {
    when: { 'zero-downtime': 'yes', traffic: 'high' },
    strategy: 'blue_green',
    because:
      'the new release stands with its whole capacity before any user comes, and the old one stays for the way back',
  },
  {
    when: { 'zero-downtime': 'yes', traffic: 'medium' },
    strategy: 'rolling',
    because:
      'instances are replaced batch by batch while the others serve, without machines beyond those that run',
  },
  {
    when: { 'zero-downtime': 'yes', traffic: 'low' },
    strategy: 'canary',
    because: 'with few requests a bad release shows late: only a share of the users meets it until then',
  },
  {
    when: { 'zero-downtime': 'no', complexity: 'simple' },
    strategy: 'in_place',
    because:
      'stopping the old one and starting the new one is all there is to do, and nothing is needed beside it',
  },
  {
    when: { 'zero-downtime': 'no', complexity: 'complex' },
    strategy: 'blue_green',
    because: 'what has many parts is tried as a whole before users come, and left as a whole when it is bad',
  },
] as const satisfies readonly Row[];
interface Row {
  readonly when: Known;
  readonly strategy: Advised;
  readonly because: string;
}

/** The factor that is to be asked next before the matrix answers; `undefined` when it does. */
export function nextToAsk(known: Known): Factor | undefined {
  if (known.focus !== undefined && known.focus !== 'none') return undefined;
  if (known['zero-downtime'] === undefined) return 'zero-downtime';
  const next = known['zero-downtime'] === 'yes' ? 'traffic' : 'complexity';
  return known[next] === undefined ? next : undefined;
}

/** What the matrix says, and what the factors beside it say to that; `undefined` while too little is known. */
export function choose(known: Known): Choice | undefined {
  const row = MATRIX.find(({ when }) =>
    Object.entries(when).every(([factor, answer]) => known[factor as Factor] === answer),
  );
  if (row === undefined) return undefined;
  const { strategy, because } = row;
  return { strategy, because, mind: [...roomFor(strategy, known), ...wayBackOf(strategy, known)] };
}

function roomFor(strategy: Advised, known: Known): readonly string[] {
  if (known.spare !== 'no' || replacesInstances(strategy)) return [];
  return known['zero-downtime'] === 'no'
    ? [`${strategy} has both releases run at once, for which there is no room: in_place needs none`]
    : [
        `${strategy} has both releases run at once, for which there is no room: rolling needs none beyond what runs now`,
      ];
}

function wayBackOf(strategy: Advised, known: Known): readonly string[] {
  if (known['way-back'] !== 'seconds' || !replacesInstances(strategy)) return [];
  return [
    `on the way back of ${strategy} old instances are started again, which takes as long as they do: with blue_green users are back at once`,
  ];
}

/** What to write below `deploy`. */
export const WRITTEN: Readonly<Record<Advised, readonly string[]>> = {
  blue_green: ['strategy: blue_green'],
  rolling: ['strategy: rolling', 'replicas: 4', 'rolling: { batch_size: 2, pause: 30s }'],
  canary: ['strategy: canary', 'canary: { steps: [5%, 25%, 50%, 100%], step_duration: 5m }'],
  in_place: ['strategy: in_place'],
  feature_flag: [
    'strategy: feature_flag',
    'feature_flag: { flag: NAME, steps: [5%, 25%, 50%, 100%], step_duration: 5m }',
  ],
};
