import { expect, test } from 'vitest';
import { explainPlan } from '../../src/config/explain-plan.js';
import { resolvePlan } from '../../src/config/index.js';
import { changesOf } from '../../src/domain/changes.js';
import { deploymentIn } from '../../src/domain/environments.js';
import { facts, problemsOf, service, valid } from './texts.js';

const withFlags = (text: string): string => service('stages:\n', `flags:\n${text}stages:\n`);
const FLAGS = `  checkout: { description: on one page }
  search:
  button: { variants: { plain: Buy, urgent: Buy now }, default: plain }
  rate: { variants: { low: 1, high: 2.5 }, default: low }
  page: { variants: { old: { columns: 1 }, new: { columns: [2, 3] } }, default: old }
`;
const planned = (text: string) => resolvePlan(valid(text), ['production'], facts());

test('every default is filled in, in the order of the names, for every environment', () => {
  const variants = { on: true, off: false };
  const expected = [
    { name: 'button', variants: { plain: 'Buy', urgent: 'Buy now' }, off: 'plain' },
    { name: 'checkout', description: 'on one page', variants, off: 'off' },
    { name: 'page', variants: { old: { columns: 1 }, new: { columns: [2, 3] } }, off: 'old' },
    { name: 'rate', variants: { low: 1, high: 2.5 }, off: 'low' },
    { name: 'search', variants, off: 'off' },
  ];
  const { production, staging } = valid(withFlags(FLAGS)).environments;
  expect([production?.flags, staging?.flags]).toEqual([expected, expected]);
  expect(valid(withFlags('  x: { default: "on" }\n')).environments['production']?.flags).toMatchObject([
    { variants, off: 'on' },
  ]);
  expect(valid(service()).environments['production']).not.toHaveProperty('flags');
});

test('the plan shows them, and an approver what is new', () => {
  const plan = planned(withFlags('  search:\n  checkout:\n'));
  expect(plan.schema).toBe(3);
  expect(explainPlan(plan)).toContain(
    '  flags, off until they are set: checkout (off false, on true); search (off false, on true)',
  );
  const [before, after] = [planned(service()), plan].map((p) => deploymentIn(p, 'production'));
  expect(before && after && changesOf(before, after)).toEqual([
    'flags.checkout: none → off false, on true',
    'flags.search: none → off false, on true',
  ]);
});

const ramping = (more: string, flags = '  checkout:\n') =>
  withFlags(flags).replace('  strategy: canary\n', `  strategy: feature_flag\n${more}`);

test('a deployment turns on the only variant, or the one that is named, by the steps of a canary', () => {
  const strategy = { kind: 'feature_flag', flag: 'checkout', variant: 'on' };
  expect(valid(ramping('  feature_flag: { flag: checkout }\n')).environments['production']?.strategy).toEqual(
    {
      ...strategy,
      ...{ steps: [500, 2_500, 5_000, 10_000], stepDurationMs: 300_000 },
    },
  );
  const text = ramping(
    '  feature_flag: { flag: button, variant: b, steps: [10%, 100%], step_duration: 1m }\n',
    '  button: { variants: { a: 1, b: 2, c: 3 }, default: a }\n',
  );
  const plan = planned(text);
  expect(deploymentIn(plan, 'production')?.strategy).toEqual({
    ...{ kind: 'feature_flag', flag: 'button', variant: 'b', steps: [1_000, 10_000], stepDurationMs: 60_000 },
  });
  expect(explainPlan(plan).join('\n')).toContain(
    'all users at once with button off, watched for 1m; then button is b for 10 % for 1m, 100 % of the users',
  );
});

test('the plan says from which share on a bad flag is seen', () => {
  const text = ramping('  feature_flag: { flag: checkout }\n');
  expect(explainPlan(planned(text)).join('\n')).toContain(
    'error_rate (5 % of all requests of the release) sees it at 25 % of the users at the soonest, and not at 5 %',
  );
});

const BUTTON = '  button: { variants: { a: 1, b: 2, c: 3 }, default: a }\n';
test.each([
  ['', '', 'it turns a flag on, and which one is not said; try feature_flag: { flag: NAME }'],
  [
    '  feature_flag: { flag: chekcout }\n',
    '',
    'feature_flag.flag: flags has no flag "chekcout"; try checkout',
  ],
  ['  feature_flag: { flag: button }\n', BUTTON, 'button has several variants to turn on; try variant: b'],
  ['  feature_flag: { flag: button, variant: a }\n', BUTTON, 'button has no such variant to turn on; try b'],
  ['  feature_flag: { flag: checkout, steps: [50%, 5%, 100%] }\n', '', 'the shares do not rise'],
  ['  feature_flag: { flag: checkout, steps: [50%] }\n', '', 'the last share is not 100%'],
  ['  feature_flag: { flag: checkout, step_duration: 1s }\n', '', 'it ends before the first look'],
  [
    '  feature_flag: { flag: checkout }\n  canary: { steps: [100%] }\n',
    '',
    'no environment has the strategy canary',
  ],
])('a deployment by a flag with %j is refused', (more, flags, said) => {
  expect(problemsOf(ramping(more, flags === '' ? undefined : flags))).toContain(said);
});

test.each([
  [
    '  1st: {}\n',
    'f:3:3 flags.1st: "1st" is no name of a flag or a variant; try letters, digits, dots, dashes',
  ],
  ['  a: { variant: {} }\n', 'f:3:8 flags.a.variant: there is no key "variant"; try variants'],
  [
    '  a: { variants: { x: 1 }, default: x }\n',
    'f:3:18 flags.a.variants: one variant leaves nothing to choose; try at least two',
  ],
  [
    '  a: { variants: { x: 1, y: "2" }, default: x }\n',
    'f:3:18 flags.a.variants: the values are of several types (number, string), and a service reads one',
  ],
  ['  a: { variants: { x: 1, y: 2 } }\n', 'f:3:3 flags.a: default is missing; try default: x'],
  ['  a: { variants: { x: 1, y: 2 }, default: z }\n', 'flags.a.default: a has no variant "z"; try x'],
  ['  a: { default: plain }\n', 'f:3:17 flags.a.default: a has no variant "plain"; try "on" or "off"'],
  ['  a: { description: "" }\n', 'flags.a.description'],
  ['  a: { variants: [a, b] }\n', 'flags.a.variants'],
  ['  a: yes please\n', 'f:3:6 flags.a'],
])('%j is refused', (text, said) => {
  const problems = problemsOf(withFlags(text));
  expect(problems).toContain(said);
  expect(problems.trimEnd().split('\n'), problems).toHaveLength(1);
});
