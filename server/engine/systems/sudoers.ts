import type { System } from './declaration.ts';
import { wholeFile } from './whole-file.ts';

/** Who may run what as whom; see read/sudoers.ts. */
export const sudoers: System = wholeFile('sudoers', 'sudoers');
