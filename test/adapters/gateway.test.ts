import { metricsChecks } from '../../src/testing/metrics.js';
import { perInstanceRouterChecks, routerChecks } from '../../src/testing/router.js';
import { contract } from '../contracts/contract.js';
import { trafficContract } from '../contracts/traffic.js';
import { gatewayOfFile } from '../support/gateway-process.js';

const gateway = gatewayOfFile();

contract('gateway: router', [...routerChecks, ...perInstanceRouterChecks], gateway);
trafficContract('gateway', gateway);
contract('gateway: metric source', metricsChecks, gateway);
