import { metricsChecks } from '../../src/testing/metrics.js';
import { perInstanceRouterChecks, routerChecks } from '../../src/testing/router.js';
import { contract } from '../contracts/contract.js';
import { trafficContract } from '../contracts/traffic.js';
import { gatewayProcess } from '../support/gateway-process.js';

contract('gateway: router', [...routerChecks, ...perInstanceRouterChecks], gatewayProcess);
trafficContract('gateway', gatewayProcess);
contract('gateway: metric source', metricsChecks, gatewayProcess);
