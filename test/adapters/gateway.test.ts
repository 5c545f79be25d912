import { metricsContract } from '../contracts/metrics.js';
import { routerContract } from '../contracts/router.js';
import { trafficContract } from '../contracts/traffic.js';
import { gatewayProcess } from '../support/gateway-process.js';

routerContract('gateway', gatewayProcess);
trafficContract('gateway', gatewayProcess);
metricsContract('gateway', gatewayProcess);
