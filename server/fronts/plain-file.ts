import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';

/** What is on disk under a path, links followed. */
export type PlainFile =
  | { readonly kind: 'file'; readonly bytes: Buffer; readonly mode: number }
  | { readonly kind: 'absent' }
  | { readonly kind: 'folder' }
  /** A pipe, a device and the like. */
  | { readonly kind: 'special' }
  | { readonly kind: 'large'; readonly size: number; readonly changedMs: number }
  /** `code` as the system says it: EACCES. A path that leads through a file is ENOTDIR. */
  | { readonly kind: 'unreadable'; readonly code: string };

/** `largest`: bytes; a larger file is not read. */
export function readPlainFile(file: string, largest: number): PlainFile {
  let handle: number;
  try {
    // A pipe of that name must not make the gate wait.
    handle = openSync(file, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  } catch (error) {
    const code = codeOf(error);
    return code === 'ENOENT' ? { kind: 'absent' } : { kind: 'unreadable', code };
  }
  try {
    const found = fstatSync(handle);
    if (found.isDirectory()) return { kind: 'folder' };
    if (!found.isFile()) return { kind: 'special' };
    if (found.size > largest) return { kind: 'large', size: found.size, changedMs: found.ctimeMs };
    return { kind: 'file', bytes: readFileSync(handle), mode: found.mode & 0o7777 };
  } catch (error) {
    return { kind: 'unreadable', code: codeOf(error) };
  } finally {
    closeSync(handle);
  }
}

/** UTF-16 where its mark says so. The byte order mark stays part of the text, as the agents' own tools keep it. */
export function encodingOf(bytes: Buffer): 'utf8' | 'utf16le' {
  return bytes[0] === 0xff && bytes[1] === 0xfe ? 'utf16le' : 'utf8';
}

export function textOf(bytes: Buffer): string {
  return bytes.toString(encodingOf(bytes));
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error);
}
