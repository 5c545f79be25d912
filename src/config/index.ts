export { branchesOf, resolvePlan } from './plan.js';
export { changes, commitOf, factsOf, fileAt, repositoryOf, type GitFacts } from './git.js';
export { ConfigurationError, formatProblems, type Loaded, type Problem } from './problem.js';
export { loadPolicy } from './policy.js';
export { loadService, parseService, type ServiceConfig } from './service.js';
export { bundleOf, dirtyCommit, type SourceBundle } from './source.js';
