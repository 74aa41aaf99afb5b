import type { Rule } from '../rules/rule.ts';

const UNCHECKED = ['roles given elsewhere', 'organization policies and deny policies'];
const AGENCY = 'OWASP LLM06:2025 Excessive Agency';
const ABUSE = 'OWASP ASI03 Identity and Privilege Abuse';
const RMF = 'NIST AI RMF MANAGE 2.4';

/** One entry for each rule of Google Cloud access; the texts that do not depend on the edit. */
export const GCP_ACCESS_RULES = {
  'gcp-public-access': {
    id: 'gcp-public-access',
    gain: 'access without an account of yours',
    base: 'critical',
    fix: 'Name the users, groups or service accounts that need it. For public files, serve them through a CDN and keep the store closed.',
    failureMode: 'Scanners find open stores and services within hours; what was read cannot be called back.',
    unchecked: ['public access prevention', ...UNCHECKED],
    references: ['CWE-284', 'CWE-732', 'ATT&CK T1530', AGENCY, RMF],
  },
  'gcp-basic-role': {
    id: 'gcp-basic-role',
    gain: 'a role over everything',
    base: 'high',
    fix: 'Give a predefined role of the one service that is needed, on the one thing it is needed for.',
    failureMode: 'Basic roles reach every service of the project, those of next year too.',
    unchecked: UNCHECKED,
    references: ['CWE-250', 'CWE-269', 'ATT&CK T1078.004', AGENCY, RMF],
  },
  'gcp-admin-role': {
    id: 'gcp-admin-role',
    gain: 'administer a service or who may use it',
    base: 'high',
    fix: 'Give the role below it that does the job, on one resource; leave administration to people.',
    failureMode: 'Who administers access gives itself the rest.',
    unchecked: UNCHECKED,
    references: ['CWE-269', 'ATT&CK T1098.003', AGENCY, RMF],
  },
  'gcp-impersonation': {
    id: 'gcp-impersonation',
    gain: 'act as a service account',
    base: 'high',
    fix: 'Give it on the one service account that is meant, to the one workload that needs it, with a condition.',
    failureMode: 'The holder borrows every right of the account; the log shows the account, not the person.',
    unchecked: ['what the service accounts may do', ...UNCHECKED],
    references: ['CWE-269', 'ATT&CK T1548.005', 'ATT&CK T1134', ABUSE, RMF],
  },
  'gcp-secrets': {
    id: 'gcp-secrets',
    gain: 'read secrets or use keys',
    base: 'high',
    fix: 'Give it on the one secret or key that is needed.',
    failureMode: 'What was read cannot be called back; every secret must then be changed.',
    unchecked: ['what the secrets hold', ...UNCHECKED],
    references: ['CWE-522', 'CWE-732', 'ATT&CK T1555.006', ABUSE],
  },
  'gcp-destroy': {
    id: 'gcp-destroy',
    gain: 'delete data or logs',
    base: 'medium',
    fix: 'Take the permission away, or keep deletion to a role for people.',
    failureMode: 'What is deleted with its backups is gone.',
    unchecked: ['retention and backups', ...UNCHECKED],
    references: ['CWE-732', 'ATT&CK T1485', AGENCY],
  },
  'gcp-default-account': {
    id: 'gcp-default-account',
    gain: 'a right for every machine that has no account of its own',
    base: 'medium',
    fix: 'Make a service account for this job and give the role to it.',
    failureMode: 'Every machine and app that nobody gave an account has this right too.',
    unchecked: UNCHECKED,
    references: ['CWE-250', 'ATT&CK T1078.001', AGENCY],
  },
  'gcp-role-given': {
    id: 'gcp-role-given',
    gain: 'one more role',
    base: 'low',
    fix: 'Nothing, if this one needs it.',
    failureMode: 'Access grows one role at a time and nobody takes roles away.',
    unchecked: UNCHECKED,
    references: ['CWE-732', AGENCY],
  },
  'gcp-custom-role': {
    id: 'gcp-custom-role',
    gain: 'one more permission of a role',
    base: 'low',
    fix: 'Nothing, if the job needs it.',
    failureMode: 'Whoever has the role anywhere has the permission from now on.',
    unchecked: ['who has the role', ...UNCHECKED],
    references: ['CWE-732', AGENCY],
  },
  'gcp-authoritative': {
    id: 'gcp-authoritative',
    gain: 'take access away from others',
    base: 'medium',
    fix: 'Add single members (`_iam_member`) unless this file is meant to hold the whole list.',
    failureMode: 'The next apply silently removes everyone who was given access elsewhere, service agents included.',
    unchecked: ['who has access now'],
    references: ['CWE-284', 'ATT&CK T1531', AGENCY],
  },
} satisfies Record<string, Rule>;

export type GcpAccessRuleId = keyof typeof GCP_ACCESS_RULES;
