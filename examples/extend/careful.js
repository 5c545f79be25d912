// A strategy of one's own: each share is watched for as long as `seconds` says, and before so many users as `ask_from` says a person is
// asked. It shows what `strategy: own:` takes: a pure function from facts to steps, which shipway carries out.

/** @type {import('shipway').StrategyFunction} */
export const careful = ({ version, stable, with: { percents, seconds, ask_from: askFrom } }) => [
  ...percents.flatMap((percent) => [
    ...(percent >= askFrom ? [ask(`does support agree to ${version} instead of ${stable.version}?`)] : []),
    { kind: 'shift', share: percent * 100 },
    { kind: 'watch', ms: seconds * 1_000 },
  ]),
  { kind: 'shift', share: 10_000 },
];

const ask = (question) => ({ kind: 'ask', question });
