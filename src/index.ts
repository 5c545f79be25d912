/** What `import { … } from 'shipway'` gives. */
export { connect, type ShipwayClient } from './client.js';
export { defineService, type DefinedService, type ServiceDefinition } from './config/define-service.js';
