import { describe } from 'vitest';
import { perInstanceRouterChecks, routerChecks } from '../../src/testing/router.js';
import { contract } from '../contracts/contract.js';
import { folderContract } from '../contracts/folder-router.js';
import { trafficContract } from '../contracts/traffic.js';
import { haproxy, without } from '../e2e/system.js';
import { haproxyProcess } from '../support/haproxy-process.js';

describe.skipIf(without(haproxy))('on a real HAProxy (left out where there is none outside CI)', () => {
  contract('haproxy: router', [...routerChecks, ...perInstanceRouterChecks], haproxyProcess);
  trafficContract('haproxy', haproxyProcess);
  folderContract('haproxy', 'haproxy -c', haproxyProcess);
});
