export { branchesOf, resolvePlan, type Environments } from './plan.js';
export { changes, commitOf, factsOf, fileAt, repositoryOf, type GitFacts } from './git.js';
export { ConfigurationError, formatProblems, type Loaded, type Problem } from './problem.js';
export { readDocument } from './document.js';
export { isPolicy } from './kind.js';
export { loadPolicy, policyIn } from './policy.js';
export { loadService, parseService, serviceIn, unnamedIn, type ServiceConfig } from './service.js';
export { wayOf } from './way.js';
export { bundleOf, dirtyCommit, type SourceBundle } from './source.js';
