import { afterAll, beforeAll, describe } from 'vitest';
import { devLab, type DevLab } from '../support/dev-lab.js';
import { deciding } from './lab/deciding.js';
import { ending } from './lab/ending.js';
import { goingBack } from './lab/going-back.js';
import { shipping } from './lab/shipping.js';
import { temporalsOwn } from './lab/temporals-own.js';

/** Everything that needs `shipway dev` shares one, in the order of these stories. */
let here: DevLab | undefined;
beforeAll(async () => {
  here = await devLab();
});
afterAll(() => here?.end());
const lab = (): DevLab => {
  if (here === undefined) throw new Error('the lab did not start');
  return here;
};

describe('a release that needs no approval', () => {
  shipping(lab);
});
describe('a release that needs an approval', () => {
  deciding(lab);
});
describe('going back', () => {
  goingBack(lab);
});
describe('how commands end', () => {
  ending(lab);
});
describe('Temporal’s own command line', () => {
  temporalsOwn(lab);
});
