import type { System } from './declaration.ts';
import { wholeFile } from './whole-file.ts';

/** The configuration of the SSH server; see read/sshd.ts. */
export const sshd: System = wholeFile('sshd', 'sshd');
