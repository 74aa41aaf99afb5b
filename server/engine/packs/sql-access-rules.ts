import type { Rule } from '../rules/rule.ts';

const UNCHECKED = ['what other migrations and the live database hold'];
const AGENCY = 'OWASP LLM06:2025 Excessive Agency';
const ABUSE = 'OWASP ASI03 Identity and Privilege Abuse';
const RMF = 'NIST AI RMF MANAGE 2.4';

/** One entry for each rule of PostgreSQL's rights; the texts that do not depend on the edit. */
export const SQL_ACCESS_RULES = {
  'sql-grant-to-everyone': {
    id: 'sql-grant-to-everyone',
    gain: 'a right for everyone',
    base: 'high',
    fix: 'Grant it to the one role that needs it; for an API, enable row-level security and write a policy.',
    failureMode: 'Every login, and with an open API everyone on the internet, reads or changes the data.',
    unchecked: ['row-level security set elsewhere', ...UNCHECKED],
    references: ['CWE-284', 'CWE-732', 'ATT&CK T1213.006', AGENCY, RMF],
  },
  'sql-grant-option': {
    id: 'sql-grant-option',
    gain: 'pass a right on',
    base: 'high',
    fix: 'Grant without GRANT OPTION; let the owner of the table grant.',
    failureMode: 'Rights spread from role to role, and revoking one does not find the others.',
    unchecked: UNCHECKED,
    references: ['CWE-269', 'ATT&CK T1098', AGENCY],
  },
  'sql-privilege': {
    id: 'sql-privilege',
    gain: 'a right on data',
    base: 'low',
    fix: 'Name the privileges and the tables that are needed instead of ALL.',
    failureMode: 'An application that is broken into, or an agent that errs, can do all that its role may.',
    unchecked: UNCHECKED,
    references: ['CWE-732', 'ATT&CK T1213.006', AGENCY],
  },
  'sql-role-attribute': {
    id: 'sql-role-attribute',
    gain: 'a right over the whole server',
    base: 'high',
    fix: 'Take the attribute away and grant the rights that are needed.',
    failureMode: 'The role passes every check, or makes itself one that does.',
    unchecked: UNCHECKED,
    references: ['CWE-269', 'CWE-250', 'ATT&CK T1098', ABUSE, RMF],
  },
  'sql-role-membership': {
    id: 'sql-role-membership',
    gain: 'everything another role may do',
    base: 'low',
    fix: 'Grant the rights that are needed instead of the whole role.',
    failureMode: 'The member gets whatever the role is given later, too.',
    unchecked: ['what the role may do', ...UNCHECKED],
    references: ['CWE-269', 'ATT&CK T1098', AGENCY],
  },
  'sql-row-security-off': {
    id: 'sql-row-security-off',
    gain: 'see rows of others',
    base: 'high',
    fix: 'Keep row-level security enabled, and write a policy for what is needed.',
    failureMode: 'Every customer sees the rows of every other; policies that stay in place give a false sense of safety.',
    unchecked: UNCHECKED,
    references: ['CWE-639', 'CWE-284', 'ATT&CK T1213.006', AGENCY, RMF],
  },
  'sql-row-policy-open': {
    id: 'sql-row-policy-open',
    gain: 'see or change every row',
    base: 'high',
    fix: 'Compare a column with who is asking, such as `user_id = auth.uid()`.',
    failureMode: 'The policy is there and lets everything through.',
    unchecked: UNCHECKED,
    references: ['CWE-639', 'CWE-284', 'ATT&CK T1213.006', AGENCY, RMF],
  },
  'sql-row-policy-changed': {
    id: 'sql-row-policy-changed',
    gain: 'see or change other rows',
    base: 'low',
    fix: 'Read the expression once more with a user in mind who should see nothing.',
    failureMode: 'An expression that reads well can let more rows through than before.',
    unchecked: ['which rows the expression lets through', ...UNCHECKED],
    references: ['CWE-639', AGENCY],
  },
} satisfies Record<string, Rule>;

export type SqlAccessRuleId = keyof typeof SQL_ACCESS_RULES;
