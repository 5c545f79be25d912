import './stack-depth.js';

export { deployment } from './deployment.js';
export { housekeeping } from './housekeeping.js';
export { pipeline } from './pipeline.js';
export { target } from './target.js';
export { trigger } from './trigger.js';
