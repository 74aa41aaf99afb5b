import type { Rule } from '../rules/rule.ts';

const AGENCY = 'OWASP LLM02:2025 Sensitive Information Disclosure';

/** Secrets written into a file; what is said does not depend on the edit. */
export const SECRET_RULES = {
  'credential-written': {
    id: 'credential-written',
    gain: 'use a credential',
    base: 'high',
    fix: 'Take it out, revoke it, and read it from a secret store or the environment. If it was ever committed, it is known.',
    failureMode: 'A key in a repository is found within minutes of a push, and stays in its history.',
    unchecked: ['whether the credential is still valid', 'whether git ignores this file'],
    references: ['CWE-798', 'CWE-312', 'ATT&CK T1552.001', AGENCY],
  },
  'secret-literal': {
    id: 'secret-literal',
    gain: 'use a credential',
    base: 'high',
    fix: 'Put a reference to a secret store, a variable or a mounted secret in its place.',
    failureMode: 'Everyone who can read the repository, its history or the built state has the secret.',
    unchecked: ['whether this is a real secret', 'whether git ignores this file'],
    references: ['CWE-798', 'CWE-259', 'CWE-312', 'ATT&CK T1552.001', AGENCY],
  },
} satisfies Record<string, Rule>;
