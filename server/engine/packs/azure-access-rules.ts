import type { Rule } from '../rules/rule.ts';

const UNCHECKED = ['roles given elsewhere', 'who the principal is'];
const AGENCY = 'OWASP LLM06:2025 Excessive Agency';
const ABUSE = 'OWASP ASI03 Identity and Privilege Abuse';
const RMF = 'NIST AI RMF MANAGE 2.4';

/** One entry for each rule of Azure roles; the texts that do not depend on the edit. */
export const AZURE_ACCESS_RULES = {
  'azure-privileged-assignment': {
    id: 'azure-privileged-assignment',
    gain: 'administer a scope or who may use it',
    base: 'high',
    fix: 'Give the role of the one service that is needed, on one resource group or resource; have people ask for more through PIM.',
    failureMode: 'One leaked credential, or one wrong step of an agent, then costs the whole scope.',
    unchecked: UNCHECKED,
    references: ['CWE-269', 'CWE-250', 'ATT&CK T1098.003', 'ATT&CK T1078.004', AGENCY, RMF],
  },
  'azure-data-assignment': {
    id: 'azure-data-assignment',
    gain: 'read or change data and secrets',
    base: 'medium',
    fix: 'Give it on the one account, container or vault that is needed, and the reading role where reading is enough.',
    failureMode: 'What was read cannot be called back.',
    unchecked: [...UNCHECKED, 'what is stored there'],
    references: ['CWE-732', 'ATT&CK T1530', 'ATT&CK T1555.006', AGENCY],
  },
  'azure-role-assigned': {
    id: 'azure-role-assigned',
    gain: 'one more role',
    base: 'low',
    fix: 'Nothing, if this one needs it.',
    failureMode: 'Access grows one role at a time and nobody takes roles away.',
    unchecked: [...UNCHECKED, 'what a custom role allows'],
    references: ['CWE-732', AGENCY],
  },
  'azure-role-everything': {
    id: 'azure-role-everything',
    gain: 'do anything',
    base: 'critical',
    fix: 'Write out the actions that the job needs.',
    failureMode: 'A wildcard also covers what Azure adds next year, and giving oneself more rights.',
    unchecked: UNCHECKED,
    references: ['CWE-250', 'CWE-269', 'ATT&CK T1098.003', AGENCY, RMF],
  },
  'azure-role-self-grant': {
    id: 'azure-role-self-grant',
    gain: 'give itself more rights',
    base: 'critical',
    fix: 'Take `Microsoft.Authorization` writes out of the role; leave them to a role that people hold for a limited time.',
    failureMode: 'The holder gives itself Owner, and the log shows it only afterwards.',
    unchecked: UNCHECKED,
    references: ['CWE-269', 'ATT&CK T1098.003', ABUSE, RMF],
  },
  'azure-role-credentials': {
    id: 'azure-role-credentials',
    gain: 'get keys and secrets',
    base: 'high',
    fix: 'Use identities instead of keys, and name the one vault that is needed.',
    failureMode: 'A key works from anywhere, by anyone, until it is changed.',
    unchecked: [...UNCHECKED, 'what the keys open'],
    references: ['CWE-522', 'ATT&CK T1552.001', 'ATT&CK T1555.006', ABUSE],
  },
  'azure-role-run-code': {
    id: 'azure-role-run-code',
    gain: 'run code on machines',
    base: 'high',
    fix: 'Leave run commands and extensions to the deployment’s own identity.',
    failureMode: 'Code on a machine has every right of the machine’s identity.',
    unchecked: [...UNCHECKED, 'what the machines may reach'],
    references: ['CWE-269', 'ATT&CK T1651', AGENCY],
  },
  'azure-role-action': {
    id: 'azure-role-action',
    gain: 'use more actions',
    base: 'low',
    fix: 'Nothing, if the job needs it.',
    failureMode: 'Whoever has the role anywhere has the action from now on.',
    unchecked: ['who has the role', ...UNCHECKED],
    references: ['CWE-732', AGENCY],
  },
} satisfies Record<string, Rule>;

export type AzureAccessRuleId = keyof typeof AZURE_ACCESS_RULES;
