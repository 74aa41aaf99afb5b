import { lstatSync, statSync } from 'node:fs';
import { assertNever } from '../../../engine/assert-never.ts';
import { digestOfBytes, LARGEST_TEXT } from '../../../gate/baselines.ts';
import { readPlainFile, textOf } from '../../plain-file.ts';

/** Larger files are known by size and time alone, in bytes. */
const LARGEST_HASHED = 64 * 1024 * 1024;
const LARGE = 'is larger than 2 MB';

/** What is on disk under a path, links followed. */
export type DiskFile =
  | { readonly kind: 'text'; readonly bytes: Buffer; readonly text: string; readonly digest: string; readonly stamp: string }
  | { readonly kind: 'absent' }
  /** There, and nothing that can be judged. `cause` completes "… cannot be judged: it ". */
  | { readonly kind: 'opaque'; readonly digest: string; readonly cause: string; readonly stamp: string };

export function readDiskFile(file: string): DiskFile {
  // Before it is read: what is written in between is looked at again.
  const stamp = stampOf(file);
  const found = readPlainFile(file, LARGEST_HASHED);
  switch (found.kind) {
    case 'absent':
    // A folder of that name is no file that was watched.
    case 'folder':
      return { kind: 'absent' };
    case 'special':
      return { kind: 'opaque', digest: 'special', cause: 'is not a plain file', stamp };
    case 'large':
      return { kind: 'opaque', digest: `${found.size} ${found.changedMs}`, cause: LARGE, stamp };
    case 'unreadable':
      if (found.code === 'ENOTDIR') return { kind: 'absent' };
      return { kind: 'opaque', digest: found.code, cause: `cannot be read (${found.code})`, stamp: '' };
    case 'file': {
      const { bytes } = found;
      const digest = digestOfBytes(bytes);
      if (bytes.length > LARGEST_TEXT) return { kind: 'opaque', digest, cause: LARGE, stamp };
      return { kind: 'text', bytes, text: textOf(bytes), digest, stamp };
    }
    default:
      return assertNever(found);
  }
}

/** When the file, or what a link leads to, was last changed: milliseconds since 1970. No program sets this time. Undefined where nothing is there. */
export function changedAt(file: string): number | undefined {
  try {
    return statSync(file).ctimeMs;
  } catch {
    return undefined;
  }
}

/** Changes with every write, also with one that sets the time of writing back. '' where nothing is there. */
export function stampOf(file: string): string {
  try {
    const link = lstatSync(file);
    const { ino, size, mtimeMs, ctimeMs } = link.isSymbolicLink() ? statSync(file) : link;
    return `${ino} ${size} ${mtimeMs} ${ctimeMs}`;
  } catch {
    return '';
  }
}
