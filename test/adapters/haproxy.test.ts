import { describe } from 'vitest';
import { routerContract } from '../contracts/router.js';
import { trafficContract } from '../contracts/traffic.js';
import { haproxy, without } from '../e2e/system.js';
import { haproxyProcess } from '../support/haproxy-process.js';

describe.skipIf(without(haproxy))('on a real HAProxy (left out where there is none outside CI)', () => {
  routerContract('haproxy', haproxyProcess);
  trafficContract('haproxy', haproxyProcess);
});
