import type { DeploymentView, RunView } from '../../src/domain/view.js';

export const DECISION = 'd'.repeat(64);
export const run: RunView = {
  run: 'v2-abc',
  service: 'shop',
  environment: 'production',
  version: 'v2',
  commit: 'c'.repeat(40),
  planHash: 'a'.repeat(64),
  requestedBy: 'alice',
  stages: [
    { name: 'test', kind: 'command', state: 'passed', startedAt: 1_000, endedAt: 3_500 },
    { name: 'approve', kind: 'approve', state: 'waiting', startedAt: 3_500 },
  ],
};
export const deployment: DeploymentView = {
  id: 'deployment/shop/production/2',
  service: 'shop',
  environment: 'production',
  version: 'v2',
  replaces: 'v1',
  kind: 'deploy',
  strategy: 'canary',
  run: 'v2-abc',
  phase: 'shift',
  shares: { blue: 7_500, green: 2_500 },
  stable: 'blue',
  candidate: 'green',
  nextAt: 60_000,
  timeline: [
    { at: 0, what: 'shift 5 % → 25 %' },
    { at: 1_000, what: 'watching canary 25 % for 59s' },
  ],
};
export const waitingFor = (workflow: string) => ({
  question: 'approval' as const,
  title: 'shop v2 → production',
  decision: DECISION,
  have: 0,
  required: 2,
  expiresAt: Date.UTC(2026, 0, 2, 3, 4),
  workflow,
});
