/** The few calls the log makes to the disk, and what it says when one of them fails. */
import * as nodeFs from 'node:fs';
import type { LedgerProblem } from './types.ts';

/** The part of node:fs that appending needs. Comes in as an argument so that tests can let single calls fail. */
export type LedgerFileSystem = Pick<
  typeof nodeFs,
  'openSync' | 'fsyncSync' | 'closeSync' | 'linkSync' | 'unlinkSync' | 'readFileSync' | 'readdirSync' | 'mkdirSync' | 'renameSync'
> & {
  /** How many bytes were taken: it may be fewer than `length`. */
  readonly writeSync: (descriptor: number, bytes: Uint8Array, offset: number, length: number) => number;
};

export const realFileSystem: LedgerFileSystem = nodeFs;

/** Writes a new file and has it on disk (fsync) when it returns; leaves nothing behind when it throws. */
export function writeDurably(fs: LedgerFileSystem, path: string, bytes: Uint8Array): void {
  const descriptor = fs.openSync(path, 'wx', 0o600);
  try {
    try {
      writeAll(fs, descriptor, bytes);
      fs.fsyncSync(descriptor);
    } finally {
      fs.closeSync(descriptor);
    }
  } catch (error) {
    removeQuietly(fs, path);
    throw error;
  }
}

/** On a nearly full disk a write may take fewer bytes than given without failing: so each count is checked. */
export function writeAll(fs: LedgerFileSystem, descriptor: number, bytes: Uint8Array): void {
  for (let written = 0; written < bytes.byteLength; ) {
    const count = fs.writeSync(descriptor, bytes, written, bytes.byteLength - written);
    if (count <= 0) throw Object.assign(new Error('ENOSPC: the disk took no more bytes'), { code: 'ENOSPC' });
    written += count;
  }
}

/** Makes new names in a folder durable. Windows has no such call and needs none. */
export function syncFolder(fs: LedgerFileSystem, folder: string): void {
  if (process.platform === 'win32') return;
  const descriptor = fs.openSync(folder, 'r');
  try {
    fs.fsyncSync(descriptor);
  } finally {
    fs.closeSync(descriptor);
  }
}

export function removeQuietly(fs: LedgerFileSystem, path: string): void {
  try {
    fs.unlinkSync(path);
  } catch {
    // It is gone, or the disk is in trouble that the caller already reports.
  }
}

/** What is no plain file must not keep a reader waiting. */
const READ = nodeFs.constants.O_RDONLY | (nodeFs.constants.O_NONBLOCK ?? 0);

/** The file's bytes; undefined where there is none. Throws for anything else. */
export function readIfThere(fs: LedgerFileSystem, path: string): Buffer | undefined {
  let descriptor: number | undefined;
  try {
    descriptor = fs.openSync(path, READ);
    return fs.readFileSync(descriptor);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  } finally {
    if (descriptor !== undefined) fs.closeSync(descriptor);
  }
}

/** "ENOENT" and its like; empty where the error has none. */
export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}

/** What a failed call means to a person. `thing` is what could not be done: "append to". */
export function problemOf(error: unknown, folder: string, doing: 'write' | 'link' | 'read'): LedgerProblem {
  const code = codeOf(error);
  const cause = error instanceof Error ? error.message : String(error);
  if (doing === 'link' && NO_LINK.has(code)) {
    return {
      kind: 'no-link',
      message: `The acknowledgement log in ${folder} cannot be written: this file system has no hard links (${code}). Set COUNTERSIGN_STATE to a folder on a local disk that has them.`,
    };
  }
  if (FULL.has(code)) {
    return {
      kind: 'full',
      message: `The acknowledgement log in ${folder} cannot be written: the disk is full (${code}). Free some space there and try again.`,
    };
  }
  if (READ_ONLY.has(code)) {
    return doing === 'read'
      ? {
          kind: 'unreadable',
          message: `The acknowledgement log in ${folder} cannot be read (${code}). Give your account read access to it and try again.`,
        }
      : {
          kind: 'read-only',
          message: `The acknowledgement log in ${folder} cannot be written: the folder is read-only for this account (${code}). Make it writable, or set COUNTERSIGN_STATE to a folder that is.`,
        };
  }
  return {
    kind: 'io',
    message: `The acknowledgement log in ${folder} cannot be ${doing === 'read' ? 'read' : 'written'}: ${cause}. Mend the folder, or set COUNTERSIGN_STATE to another one, and try again.`,
  };
}

const FULL: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);
const READ_ONLY: ReadonlySet<string> = new Set(['EROFS', 'EACCES', 'EPERM']);
const NO_LINK: ReadonlySet<string> = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EXDEV', 'EMLINK', 'EINVAL']);
