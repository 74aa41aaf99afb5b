import type { System } from './declaration.ts';
import { wholeFile } from './whole-file.ts';

/** A Dockerfile; see read/dockerfile.ts for its `stage` and `instruction`. */
export const dockerfile: System = wholeFile('dockerfile', 'dockerfile');
