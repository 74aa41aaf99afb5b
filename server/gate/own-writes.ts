/** What commands of Countersign itself wrote, as the log's records say: the watch over the disk and the check of what is staged ask it. */
import { isAbsolute, join } from 'node:path';
import type { LedgerEvent } from '../ledger/types.ts';
import { OWN_COMMAND } from './recorded.ts';

/** Of one file: digests of the texts before and after, '' for none. */
type OwnWrite = { readonly file: string; readonly before: string; readonly after: string };

/** At most this many of one file are remembered. */
const MOST = 50;

/** Files are absolute paths. Filled record by record, in order. */
export class OwnWrites {
  readonly #byFile = new Map<string, OwnWrite[]>();

  /** `event`: with its digests opened (digest-key.ts). */
  take(event: LedgerEvent): void {
    for (const write of ownWritesOf(event)) {
      this.#byFile.set(write.file, [...(this.#byFile.get(write.file) ?? []), write].slice(-MOST));
    }
  }

  /** Did these commands, one after the other, make the text of this digest of the other? Only all of the change is theirs. */
  explains(file: string, from: string, to: string): boolean {
    const last = (this.#byFile.get(file) ?? []).reduce((digest, { before, after }) => (digest === before ? after : digest), from);
    return last === to && from !== to;
  }
}

function ownWritesOf({ kind, verdict, workspace = '', files = [] }: LedgerEvent): readonly OwnWrite[] {
  if (kind !== 'written' || verdict !== OWN_COMMAND) return [];
  return files.map(({ path, before = '', after = '' }) => ({ file: isAbsolute(path) ? path : join(workspace, path), before, after }));
}
