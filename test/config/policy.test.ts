import { describe, expect, test } from 'vitest';
import { parseDocument } from '../../src/config/document.js';
import { isPolicy } from '../../src/config/index.js';
import { policy, policyProblems } from './texts.js';

describe('a policy', () => {
  test('has its defaults', () => {
    expect(policy('environments: { production: { identity: asserted } }')).toEqual({
      ok: true,
      value: {
        environments: {
          production: {
            identity: 'asserted',
            approvals: {
              requiredApprovals: 0,
              expiresAfterMs: 86_400_000,
              selfApproval: false,
              onBaseChanged: 'ask_again',
            },
          },
        },
      },
    });
  });

  test('is what it says', () => {
    const approvals = '{ required_approvals: 2, expires_after: 8h, self_approval: true }';
    const rules = `identity: asserted, approvals: ${approvals}, gone_routers: [nginx]`;
    expect(policy(`environments: { p: { ${rules} } }`)).toMatchObject({
      value: {
        environments: {
          p: {
            goneRouters: ['nginx'],
            approvals: {
              requiredApprovals: 2,
              expiresAfterMs: 28_800_000,
              selfApproval: true,
              onBaseChanged: 'ask_again',
            },
          },
        },
      },
    });
  });

  test.each([
    [
      'signed',
      '{ p: { identity: signed } }',
      '1:32 environments.p.identity: signed statements are not available yet',
    ],
    ['nothing, which is signed', '{ p: {} }', '1:17 environments.p: identity is signed when it is not there'],
    ['something unknown', '{ p: { identity: assertd } }', '"assertd" is not known here; try asserted'],
  ])('is refused when its identity is %s', (_, environments, problem) => {
    expect(policyProblems(`environments: ${environments}`)).toContain(problem);
  });

  test.each([
    ['no environment', 'environments: {}', 'there is no environment'],
    ['no environments', '{}', 'environments: it is missing'],
    ['an unknown key', 'environments: { p: { identity: asserted, aprovals: {} } }', 'try approvals'],
    [
      'a key that is to come',
      'environments: { p: { identity: asserted, deploy: [ops] } }',
      'deploy is not available yet',
    ],
    [
      'an environment that is no name',
      'environments: { P: { identity: asserted } }',
      '"P" is no name; try p',
    ],
    [
      'too many approvals',
      'environments: { p: { identity: asserted, approvals: { required_approvals: 21 } } }',
      '21 is more than 20',
    ],
    [
      'a gate that expires at once',
      'environments: { p: { identity: asserted, approvals: { expires_after: 0s } } }',
      '0s is too little',
    ],
  ])('is refused with %s', (_, text, problem) => {
    expect(policyProblems(text)).toContain(problem);
  });
});

test.each([
  ['shipway.policy.yaml', 'service: shop', true],
  ['acme-policy.yml', '', true],
  ['shipway.yaml', 'environments: {}', false],
  ['shipway.yml', 'environments: {}', false],
  ['rules.yaml', 'environments: { p: { identity: asserted } }', true],
  ['rules.yaml', '{ "environments": [], "freezes": [] }', true],
  ['rules.yaml', 'environments: {}\nservice: shop', false],
  ['rules.yaml', 'environments: {}\nservce: shop', false],
  ['rules.yaml', 'environments: {}\njobs: {}', false],
  ['rules.yaml', 'enviroments: {}', false],
  ['rules.yaml', '- environments', false],
  ['rules.yaml', 'environments: [', false],
])('by its name, else by what it holds: %s with %j is a policy: %s', (name, text, is) => {
  expect(isPolicy(`/policy.yaml/${name}`, parseDocument(name, text))).toBe(is);
});
