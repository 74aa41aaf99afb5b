import { closeSync, constants, fstatSync, lstatSync, openSync, readFileSync, statSync } from 'node:fs';
import { digestOfBytes, LARGEST_TEXT } from '../../../gate/baselines.ts';

/** Larger files are known by size and time alone, in bytes. */
const LARGEST_HASHED = 64 * 1024 * 1024;

/** What is on disk under a path, links followed. */
export type DiskFile =
  | { readonly kind: 'text'; readonly bytes: Buffer; readonly text: string; readonly digest: string; readonly stamp: string }
  | { readonly kind: 'absent' }
  /** There, and nothing that can be judged. `cause` completes "… cannot be judged: it ". */
  | { readonly kind: 'opaque'; readonly digest: string; readonly cause: string; readonly stamp: string };

export function readDiskFile(file: string): DiskFile {
  let handle: number;
  try {
    // A pipe of that name must not make the server wait.
    handle = openSync(file, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') return { kind: 'absent' };
    return { kind: 'opaque', digest: code, cause: `cannot be read (${code})`, stamp: '' };
  }
  try {
    const found = fstatSync(handle);
    const stamp = stampOf(file);
    // A folder of that name is no file that was watched.
    if (found.isDirectory()) return { kind: 'absent' };
    if (!found.isFile()) return { kind: 'opaque', digest: 'special', cause: 'is not a plain file', stamp };
    if (found.size > LARGEST_TEXT) {
      const digest = found.size > LARGEST_HASHED ? `${found.size} ${found.ctimeMs}` : digestOfBytes(readFileSync(handle));
      return { kind: 'opaque', digest, cause: 'is larger than 2 MB', stamp };
    }
    const bytes = readFileSync(handle);
    return { kind: 'text', bytes, text: textOf(bytes), digest: digestOfBytes(bytes), stamp };
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    return { kind: 'opaque', digest: code, cause: `cannot be read (${code})`, stamp: '' };
  } finally {
    closeSync(handle);
  }
}

/** As the engine and the hooks read it: a byte order mark stays part of the text. */
export function textOf(bytes: Buffer): string {
  return bytes[0] === 0xff && bytes[1] === 0xfe ? bytes.toString('utf16le') : bytes.toString('utf8');
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
