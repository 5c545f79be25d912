import { onTestFinished } from 'vitest';
import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseDocument } from '../../src/config/document.js';
import { policyIn } from '../../src/config/policy.js';
import {
  formatProblems,
  parseService,
  type GitFacts,
  type Loaded,
  type ServiceConfig,
} from '../../src/config/index.js';
import type { Policy } from '../../src/domain/policy.js';

/** A valid file; tests replace one part of it. */
export const SERVICE = `service: shop
stages:
  - name: test
    script: [npm test]
  - name: build
    script: [npm run build]
    artifacts: [dist/]
    only: [main]
  - approve
  - deploy
deploy:
  provider: process
  command: [node, server.js]
  router: gateway
  strategy: canary
environments:
  staging: { strategy: blue_green }
  production: {}
`;
export function service(from = '', to = ''): string {
  if (!SERVICE.includes(from)) throw new Error(`${from} is not in the text`);
  return SERVICE.replace(from, to);
}

export const problemsOf = (text: string): string => lines(parseService('f', text));
export const policy = (text: string): Loaded<Policy> => policyIn('f', parseDocument('f', text));
export const policyProblems = (text: string): string => lines(policy(text));
const lines = (loaded: Loaded<unknown>): string => (loaded.ok ? '' : formatProblems(loaded.problems));

export function valid(text: string): ServiceConfig {
  const loaded = parseService('f', text);
  if (!loaded.ok) throw new Error(formatProblems(loaded.problems));
  return loaded.value;
}

/** A folder for this test alone. */
export async function folder(): Promise<string> {
  const path = await realpath(await mkdtemp(join(tmpdir(), 'shipway-config-')));
  onTestFinished(() => rm(path, { recursive: true, force: true }));
  return path;
}

/** What git says of a commit of main. */
export const facts = (more: Partial<GitFacts> = {}): GitFacts => ({
  root: '/repository',
  version: 'v1',
  commit: 'a'.repeat(40),
  committedAt: '2026-01-01T00:00:00Z',
  author: 'dev@example.invalid',
  dirty: false,
  branches: ['main'],
  ...more,
});
