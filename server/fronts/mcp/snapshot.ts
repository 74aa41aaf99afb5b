import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';

/** A file as it was found: what is judged, and what it is compared with before it is replaced. */
export type Snapshot =
  | { readonly kind: 'absent' }
  | { readonly kind: 'file'; readonly bytes: Buffer; readonly text: string; readonly encoding: 'utf8' | 'utf16le'; readonly mode: number };

export type Found = { readonly ok: true; readonly snapshot: Snapshot } | { readonly ok: false; readonly problem: string };

/** Bytes. A larger file cannot be judged in time. */
export const LARGEST_FILE = 32 * 1024 * 1024;

/** The problem is a clause that follows the file's name. */
export function snapshotOf(file: string): Found {
  let handle: number;
  try {
    // A pipe of that name must not make the gate wait.
    handle = openSync(file, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  } catch (error) {
    const code = codeOf(error);
    if (code === 'ENOENT') return { ok: true, snapshot: { kind: 'absent' } };
    return { ok: false, problem: `cannot be read (${code}). Make it a readable file first.` };
  }
  try {
    const found = fstatSync(handle);
    if (found.isDirectory()) return { ok: false, problem: 'is a folder. Name a file.' };
    if (!found.isFile()) return { ok: false, problem: 'is not a plain file. Name a plain file.' };
    if (found.size > LARGEST_FILE)
      return { ok: false, problem: 'is larger than 32 MB and cannot be judged. A person edits it in the editor.' };
    const bytes = readFileSync(handle);
    const encoding = bytes[0] === 0xff && bytes[1] === 0xfe ? 'utf16le' : 'utf8';
    const text = bytes.toString(encoding);
    // Written back, it would be another file.
    if (!Buffer.from(text, encoding).equals(bytes)) return { ok: false, problem: 'is not UTF-8 text. A person edits it in the editor.' };
    return { ok: true, snapshot: { kind: 'file', bytes, text, encoding, mode: found.mode & 0o7777 } };
  } catch (error) {
    return { ok: false, problem: `cannot be read (${codeOf(error)}). Make it a readable file first.` };
  } finally {
    closeSync(handle);
  }
}

export function sameSnapshot(a: Snapshot, b: Snapshot): boolean {
  return a.kind === 'absent' || b.kind === 'absent' ? a.kind === b.kind : a.bytes.equals(b.bytes);
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error);
}
