import { processWorld } from '../support/process-world.js';
import { providerContract } from '../contracts/provider.js';

providerContract('processes', processWorld);
