import type { System } from './declaration.ts';
import { wholeFile } from './whole-file.ts';

/** Who may connect to PostgreSQL from where, and how they prove it; see read/pg-hba.ts. */
export const pgHba: System = wholeFile('pg-hba', 'pg-hba');
