/** The names of the files in a log's folder, and of the one beside it. */
const RECORD_FILE = /^(\d{16})\.json$/;

/** "0000000000000042.json": sorts by number, and never collides. */
export function recordFile(seq: number): string {
  return `${String(seq).padStart(16, '0')}.json`;
}

/** The number in a record file's name; undefined for any other name. */
export function sequenceOf(file: string): number | undefined {
  const digits = RECORD_FILE.exec(file)?.[1];
  const seq = Number(digits);
  return digits !== undefined && Number.isSafeInteger(seq) && seq >= 1 ? seq : undefined;
}

/** What a killed process may leave behind: never a record, always harmless. */
export function isTemporary(file: string): boolean {
  return file.startsWith('.tmp-');
}

/** The remembered head lies beside the log's folder, so that emptying the folder does not take it along. */
export function headFile(folder: string): string {
  return `${folder.replace(/[\\/]+$/, '')}.head.json`;
}

/** The record of the last pruning, byte for byte, beside the log's folder: without it a gap is a gap. */
export function prunedFile(folder: string): string {
  return `${folder.replace(/[\\/]+$/, '')}.pruned.json`;
}

/** What no pruning deletes: which keys might sign, and what was pruned. */
export function isKept(kind: string): boolean {
  return KEPT.has(kind);
}

const KEPT: ReadonlySet<string> = new Set(['opened', 'key-trusted', 'key-rotated', 'key-revoked', 'pruned']);
