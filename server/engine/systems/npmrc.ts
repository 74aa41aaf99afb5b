import type { System } from './declaration.ts';
import { wholeFile } from './whole-file.ts';

/** The settings of npm; see read/npmrc.ts. */
export const npmrc: System = wholeFile('npmrc', 'npmrc');
