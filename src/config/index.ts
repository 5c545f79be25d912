export { branchesOf, resolvePlan } from './plan.js';
export { explainPlan } from './explain-plan.js';
export { changes, commitOf, factsOf, fileAt, repositoryOf, type GitFacts } from './git.js';
export { formatProblems, type Loaded, type Problem } from './problem.js';
export { loadPolicy, parsePolicy } from './policy.js';
export { loadService, parseService, type ServiceConfig } from './service.js';
export { bundleOf, dirtyCommit, type SourceBundle } from './source.js';
export { STARTER_POLICY, STARTER_SERVICE } from './starter.js';
