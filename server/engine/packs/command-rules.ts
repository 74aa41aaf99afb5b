import type { Rule } from '../rules/rule.ts';
import type { DirectChangeRule } from '../types.ts';

const AGENCY = 'OWASP LLM06 Excessive Agency';
const MISUSE = 'OWASP ASI02 Tool Misuse and Exploitation';
const unchecked = ['what is there already', 'what the account that runs it may do'];

/** What is the same for every finding about a command. */
export const COMMAND_RULES: Readonly<Record<DirectChangeRule | 'command-writes-unread-text', Rule>> = {
  'command-changes-access': {
    id: 'command-changes-access',
    gain: 'access that is live at once',
    base: 'high',
    fix: 'Make the change in a file that is reviewed and rolled out, or run the command yourself.',
    failureMode: 'Access changes outside of any file: no diff, no review, and nothing to roll back to.',
    unchecked,
    references: [AGENCY, MISUSE, 'CWE-284', 'ATT&CK T1098'],
  },
  'command-destroys-data': {
    id: 'command-destroys-data',
    gain: 'destroy data or stop a service',
    base: 'high',
    fix: 'Make sure that a backup is there, and run the command yourself.',
    failureMode: 'What is deleted is gone before anybody sees that it was the wrong one.',
    unchecked: ['whether there is a backup', ...unchecked],
    references: [AGENCY, MISUSE, 'ATT&CK T1485'],
  },
  'command-weakens-safeguard': {
    id: 'command-weakens-safeguard',
    gain: 'work with a safeguard off',
    base: 'high',
    fix: 'Leave the safeguard on. Where it is wrong, change it in a reviewed file.',
    failureMode: 'The next mistake or attack is neither stopped nor seen.',
    unchecked,
    references: [AGENCY, 'ATT&CK T1562'],
  },
  'command-runs-unread-code': {
    id: 'command-runs-unread-code',
    gain: 'run code that nobody has read',
    base: 'high',
    fix: 'Save it to a file, read it, then run the file.',
    failureMode: 'Whoever controls the source of that code controls this machine.',
    unchecked: ['the code that runs'],
    references: [AGENCY, 'CWE-494', 'ATT&CK T1059'],
  },
  'command-reads-secret': {
    id: 'command-reads-secret',
    gain: 'see a secret',
    base: 'medium',
    fix: 'Let the program that needs the secret read it; keep it out of the conversation.',
    failureMode: 'The secret stays in the transcript and goes to the model provider.',
    unchecked,
    references: [AGENCY, 'CWE-522', 'ATT&CK T1552'],
  },
  'command-writes-unread-text': {
    id: 'command-writes-unread-text',
    gain: 'change a watched file without showing the text',
    base: 'medium',
    fix: "Use the agent's own edit tool for this file, so that the change can be read.",
    failureMode: 'A watched file changes in a way that nobody saw.',
    unchecked: ['the text that is written'],
    references: [AGENCY, MISUSE, 'CWE-284'],
  },
};
