import type { Rule } from '../rules/rule.ts';

const UNCHECKED = [
  'the permissions that the repository and organization give by default',
  'what the actions that are used do with the token',
];
const AGENCY = 'OWASP LLM06:2025 Excessive Agency';
const RMF = 'NIST AI RMF MANAGE 2.4';

/** One entry for each rule of what a workflow's token may do; the texts that do not depend on the edit. */
export const WORKFLOW_ACCESS_RULES = {
  'workflow-token-write': {
    id: 'workflow-token-write',
    gain: 'change the repository with its token',
    base: 'high',
    fix: 'Set `permissions: {}` on the workflow and give each job only the scope it needs.',
    failureMode: 'An action or dependency that is taken over pushes code, releases or packages in your name.',
    unchecked: UNCHECKED,
    references: ['CWE-250', 'CWE-269', 'ATT&CK T1195.002', 'ATT&CK T1552', AGENCY, RMF],
  },
  'workflow-token-default': {
    id: 'workflow-token-default',
    gain: 'whatever the repository gives by default',
    base: 'high',
    fix: 'Write the permissions out; `permissions: {}` is the safe beginning.',
    failureMode: 'Where the default is to write, every step of the workflow can push.',
    unchecked: UNCHECKED,
    references: ['CWE-250', 'CWE-276', 'ATT&CK T1195.002', AGENCY],
  },
  'workflow-token-identity': {
    id: 'workflow-token-identity',
    gain: 'sign in elsewhere as this workflow',
    base: 'high',
    fix: 'Give `id-token: write` to the one job that signs in, and pin the subject on the other side.',
    failureMode: 'Any step of the job gets a token that clouds and registries trust.',
    unchecked: ['who trusts the token'],
    references: ['CWE-269', 'ATT&CK T1528', 'ATT&CK T1078.004', AGENCY],
  },
  'workflow-token-read': {
    id: 'workflow-token-read',
    gain: 'read with its token',
    base: 'info',
    fix: 'Nothing, if the job needs it.',
    failureMode: 'What a step can read, it can send away.',
    unchecked: UNCHECKED,
    references: ['CWE-250'],
  },
  'workflow-runs-foreign-code': {
    id: 'workflow-runs-foreign-code',
    gain: 'run code of a stranger with your secrets',
    base: 'critical',
    fix: 'Use `pull_request`, which has no secrets; or do not check out, build or run anything of the pull request here.',
    failureMode: 'Anyone opens a pull request, and its code runs with the token and the secrets of your repository.',
    unchecked: ['whether runs wait for approval', ...UNCHECKED],
    references: ['CWE-829', 'CWE-94', 'ATT&CK T1195.002', 'ATT&CK T1199', AGENCY, RMF],
  },
  'workflow-started-by-strangers': {
    id: 'workflow-started-by-strangers',
    gain: 'start this workflow with its secrets',
    base: 'medium',
    fix: 'Use `pull_request` where secrets are not needed, and check who started it where they are.',
    failureMode: 'A later step that reads the title, branch or code of a pull request runs it with your secrets.',
    unchecked: ['what the steps do with the text of the event'],
    references: ['CWE-829', 'ATT&CK T1195.002', AGENCY],
  },
} satisfies Record<string, Rule>;

export type WorkflowAccessRuleId = keyof typeof WORKFLOW_ACCESS_RULES;
