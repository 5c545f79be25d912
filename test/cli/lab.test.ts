import { afterAll, beforeAll, describe } from 'vitest';
import { devLab, type DevLab } from '../support/dev-lab.js';
import { builtOnce } from './lab/built-once.js';
import { deciding } from './lab/deciding.js';
import { ending } from './lab/ending.js';
import { goingBack } from './lab/going-back.js';
import { keeping } from './lab/keeping.js';
import { abandonedRun, noWorker, type Abandoned } from './lab/no-worker.js';
import { secrets } from './lab/secrets.js';
import { retrying } from './lab/retrying.js';
import { steering } from './lab/steering.js';
import { shipping } from './lab/shipping.js';
import { telling } from './lab/telling.js';
import { triggering } from './lab/triggering.js';
import { temporalsOwn } from './lab/temporals-own.js';

/** Everything that needs `shipway dev` shares one, in the order of these stories. */
let here: DevLab | undefined;
let abandoned: Abandoned | undefined;
beforeAll(async () => {
  here = await devLab();
});
afterAll(() => here?.end());
function made<T>(what: T | undefined): T {
  if (what === undefined) throw new Error('the lab did not start');
  return what;
}
const lab = (): DevLab => made(here);

describe('a release that needs no approval', () => {
  shipping(lab);
});
describe('a commit that was built before', () => {
  builtOnce(lab);
});
describe('a release that needs an approval', () => {
  deciding(lab);
});
describe('going back', () => {
  goingBack(lab);
});
describe('a deployment that is steered', () => {
  steering(lab);
});
describe('a secret', () => {
  secrets(lab);
});
describe('how commands end', () => {
  // Temporal forgets within five minutes who has polled, and takes nobody for gone within the first.
  beforeAll(async () => {
    abandoned = await abandonedRun();
  });
  ending(lab);
});
describe('Temporal’s own command line', () => {
  temporalsOwn(lab);
});
describe('people elsewhere', () => {
  telling(lab);
});
describe('a run that is tried again', () => {
  retrying(lab);
});
describe('the house', () => {
  keeping(lab);
});
describe('a push, and the clock', () => {
  triggering(lab);
});
describe('without a worker', () => {
  noWorker(lab, () => made(abandoned));
});
