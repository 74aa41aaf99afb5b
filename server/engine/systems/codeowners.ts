import type { System } from './declaration.ts';
import { wholeFile } from './whole-file.ts';

/** Who reviews which files; see read/codeowners.ts. */
export const codeowners: System = wholeFile('codeowners', 'codeowners');
