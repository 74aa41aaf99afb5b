import type { System } from './declaration.ts';
import { wholeFile } from './whole-file.ts';

/** A file of nginx configuration; see read/nginx.ts. */
export const nginx: System = wholeFile('nginx', 'nginx');
