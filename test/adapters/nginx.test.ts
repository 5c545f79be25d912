import { describe } from 'vitest';
import { perInstanceRouterChecks, routerChecks } from '../../src/testing/router.js';
import { contract } from '../contracts/contract.js';
import { folderContract } from '../contracts/folder-router.js';
import { trafficContract } from '../contracts/traffic.js';
import { nginx, without } from '../e2e/system.js';
import { nginxProcess } from '../support/nginx-process.js';

describe.skipIf(without(nginx))('on a real nginx (left out where there is none outside CI)', () => {
  contract('nginx: router', [...routerChecks, ...perInstanceRouterChecks], () => nginxProcess());
  trafficContract('nginx', () => nginxProcess());
  folderContract('nginx', 'nginx.conf', () => nginxProcess());
});
