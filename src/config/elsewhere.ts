import { meantKey } from './alternative.js';
import { deploySchema } from './deploy-schema.js';
import { flowText } from './flow-text.js';
import type { Said } from './issue-words.js';
import { exampleAt, keysAt } from './known-keys.js';
import { policySchema } from './policy-schema.js';

/** What to say of a key that belongs to another place than the one where it is; `undefined` when it has none. */
export type Elsewhere = (key: string) => Said | undefined;

/** In a stage that runs commands. */
export const besideScript: Elsewhere = (key) =>
  key === 'security_scan'
    ? [
        'a stage runs commands or scans, not both',
        'a stage of its own: { name: scan, security_scan: { secret_detection: true } }',
      ]
    : key === 'uses'
      ? ['a stage runs commands or what it uses, not both', 'a stage of its own: { name: …, uses: own:NAME }']
      : undefined;

/** In the gate, or in the stage of the deployment. */
export const besideFixed = (name: 'approve' | 'deploy'): Elsewhere =>
  name === 'approve' ? inGate : inDeployment;

const APPROVALS = ['environments', 'production', 'approvals'];
function inGate(key: string): Said | undefined {
  if (key === 'environments')
    return ['where a run leads is said of its deployment', '{ name: deploy, environments: [ … ] }'];
  const meant = meantKey(key, keysAt(policySchema, APPROVALS));
  if (meant === undefined && key !== 'approvals') return undefined;
  const such =
    meant === undefined
      ? exampleAt(policySchema, APPROVALS)
      : { [meant]: exampleAt(policySchema, [...APPROVALS, meant]) };
  return [
    'what an approval needs is not said in its stage',
    `approvals: ${flowText(such)} for an environment in shipway.policy.yaml`,
  ];
}

// An `environment` in a stage is rather the one to deploy to.
const DEPLOYED = keysAt(deploySchema, []).filter((key) => key !== 'environment');
const inDeployment: Elsewhere = (key) =>
  DEPLOYED.includes(key)
    ? ['how it is deployed is not said in its stage', `${key} in deploy, or in an environment`]
    : undefined;
