import type { System } from './declaration.ts';
import { wholeFile } from './whole-file.ts';

/** The statements of an SQL file; see read/sql-statements.ts. */
export const sql: System = wholeFile('sql', 'sql');
