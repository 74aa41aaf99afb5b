import { assertNever } from '../../engine/assert-never.ts';
import { encodingOf, readPlainFile } from '../plain-file.ts';

/** A file as it was found: what is judged, and what it is compared with before it is replaced. */
export type Snapshot =
  | { readonly kind: 'absent' }
  | { readonly kind: 'file'; readonly bytes: Buffer; readonly text: string; readonly encoding: 'utf8' | 'utf16le'; readonly mode: number };

export type Found = { readonly ok: true; readonly snapshot: Snapshot } | { readonly ok: false; readonly problem: string };

/** Bytes. A larger file cannot be judged in time. */
export const LARGEST_FILE = 32 * 1024 * 1024;

/** The problem is a clause that follows the file's name. */
export function snapshotOf(file: string): Found {
  const found = readPlainFile(file, LARGEST_FILE);
  switch (found.kind) {
    case 'absent':
      return { ok: true, snapshot: { kind: 'absent' } };
    case 'folder':
      return { ok: false, problem: 'is a folder. Name a file.' };
    case 'special':
      return { ok: false, problem: 'is not a plain file. Name a plain file.' };
    case 'large':
      return { ok: false, problem: 'is larger than 32 MB and cannot be judged. A person edits it in the editor.' };
    case 'unreadable':
      return { ok: false, problem: `cannot be read (${found.code}). Make it a readable file first.` };
    case 'file': {
      const { bytes, mode } = found;
      const encoding = encodingOf(bytes);
      const text = bytes.toString(encoding);
      // Written back, it would be another file.
      if (!Buffer.from(text, encoding).equals(bytes)) return { ok: false, problem: 'is not UTF-8 text. A person edits it in the editor.' };
      return { ok: true, snapshot: { kind: 'file', bytes, text, encoding, mode } };
    }
    default:
      return assertNever(found);
  }
}

export function sameSnapshot(a: Snapshot, b: Snapshot): boolean {
  return a.kind === 'absent' || b.kind === 'absent' ? a.kind === b.kind : a.bytes.equals(b.bytes);
}
