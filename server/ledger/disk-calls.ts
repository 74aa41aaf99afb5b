/** The calls that may have to wait for the disk: at once, or aside, so that the timers of the process run meanwhile. */
import * as nodeFs from 'node:fs';
import { codeOf, type LedgerFileSystem } from './file-system.ts';

/** Each throws, or rejects, as fs does. */
export type DiskCalls = {
  readonly open: (path: string, flags: 'wx' | 'r', mode?: number) => number | Promise<number>;
  /** How many bytes were taken: it may be fewer than `length`. */
  readonly write: (descriptor: number, bytes: Uint8Array, offset: number, length: number) => number | Promise<number>;
  readonly fsync: (descriptor: number) => void | Promise<void>;
  readonly close: (descriptor: number) => void | Promise<void>;
  readonly link: (existing: string, path: string) => void | Promise<void>;
  readonly rename: (from: string, to: string) => void | Promise<void>;
  readonly unlink: (path: string) => void | Promise<void>;
};

/** Calls that are answered at once, on this thread. */
export function atOnce(fs: LedgerFileSystem): DiskCalls {
  return {
    open: (path, flags, mode) => fs.openSync(path, flags, mode),
    write: (descriptor, bytes, offset, length) => fs.writeSync(descriptor, bytes, offset, length),
    fsync: (descriptor) => fs.fsyncSync(descriptor),
    close: (descriptor) => fs.closeSync(descriptor),
    link: (existing, path) => fs.linkSync(existing, path),
    rename: (from, to) => fs.renameSync(from, to),
    unlink: (path) => fs.unlinkSync(path),
  };
}

/** By the threads that Node keeps for files. A process that ends while one of them waits, waits for it. */
export const ASIDE: DiskCalls = {
  open: (path, flags, mode) => answered((done) => nodeFs.open(path, flags, mode, done)),
  write: (descriptor, bytes, offset, length) => answered((done) => nodeFs.write(descriptor, bytes, offset, length, done)),
  fsync: (descriptor) => answered((done) => nodeFs.fsync(descriptor, done)),
  close: (descriptor) => answered((done) => nodeFs.close(descriptor, done)),
  link: (existing, path) => answered((done) => nodeFs.link(existing, path, done)),
  rename: (from, to) => answered((done) => nodeFs.rename(from, to, done)),
  unlink: (path) => answered((done) => nodeFs.unlink(path, done)),
};

/** Writes a new file and has it on disk (fsync) when it returns; leaves nothing behind when it throws. */
export async function writeNewFile(disk: DiskCalls, path: string, bytes: Uint8Array): Promise<void> {
  const descriptor = await disk.open(path, 'wx', 0o600);
  try {
    try {
      // On a nearly full disk a write may take fewer bytes than given without failing: so each count is checked.
      for (let written = 0; written < bytes.byteLength; ) {
        const count = await disk.write(descriptor, bytes, written, bytes.byteLength - written);
        if (count <= 0) throw Object.assign(new Error('ENOSPC: the disk took no more bytes'), { code: 'ENOSPC' });
        written += count;
      }
      await disk.fsync(descriptor);
    } finally {
      await disk.close(descriptor);
    }
  } catch (error) {
    await unlinkQuietly(disk, path);
    throw error;
  }
}

/** Gives the new file its name where none has it. True when this call did: of any number of processes exactly one. The other name goes. */
export async function nameNewFile(disk: DiskCalls, temporary: string, path: string): Promise<boolean> {
  try {
    await disk.link(temporary, path);
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  } finally {
    await unlinkQuietly(disk, temporary);
  }
}

/** Makes new names in a folder durable. Windows has no such call and needs none. */
export async function syncNames(disk: DiskCalls, folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const descriptor = await disk.open(folder, 'r');
  try {
    await disk.fsync(descriptor);
  } finally {
    await disk.close(descriptor);
  }
}

export async function unlinkQuietly(disk: DiskCalls, path: string): Promise<void> {
  try {
    await disk.unlink(path);
  } catch {
    // It is gone, or the disk is in trouble that the caller already reports.
  }
}

function answered<Value = void>(call: (done: (error: Error | null, value?: Value) => void) => void): Promise<Value> {
  return new Promise((resolve, reject) => {
    call((error, value) => {
      if (error !== null) reject(error);
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- undefined only where nothing is answered
      else resolve(value as Value);
    });
  });
}
