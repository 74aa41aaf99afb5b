import { readdirSync } from 'node:fs';
import { sequenceOf } from '../../ledger/record-file.ts';

/** The highest record number in a log's folder; 0 where there is none. */
export function lastRecord(folder: string): number {
  try {
    return readdirSync(folder).reduce((last, name) => Math.max(last, sequenceOf(name) ?? 0), 0);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return 0;
    throw error;
  }
}
