import { metricsContract } from '../contracts/metrics.js';
import { routerContract } from '../contracts/router.js';
import { gatewayProcess } from '../support/gateway-process.js';

routerContract('gateway', gatewayProcess);
metricsContract('gateway', gatewayProcess);
