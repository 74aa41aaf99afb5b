import { randomBytes } from 'node:crypto';
import { closeSync, constants, fstatSync, fsyncSync, linkSync, openSync, readFileSync, renameSync, unlinkSync, writeSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/** Larger files in the state folder are not ours: two texts of a policy at the engine's limit fit well. */
const LARGEST = 64 * 1024 * 1024;

/** Writes the whole file or nothing: readers see the old or the new text. Replaces a symbolic link, never follows it. Throws as fs does. */
export function writeWhole(file: string, text: string | Uint8Array): void {
  const temporary = writeBeside(file, text);
  try {
    renameSync(temporary, file);
  } catch (error) {
    removeIfThere(temporary);
    throw error;
  }
}

/** Writes the whole file if none of that name is there. True when this call made it: exactly one of any number of processes gets true. */
export function createWhole(file: string, text: string | Uint8Array): boolean {
  const temporary = writeBeside(file, text);
  try {
    linkSync(temporary, file);
    return true;
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false;
    throw error;
  } finally {
    removeIfThere(temporary);
  }
}

/** The bytes of a plain file of bearable size; undefined when there is none. Throws on symbolic links, folders and anything too large. */
export function readWhole(file: string): Buffer | undefined {
  let handle: number;
  try {
    handle = openSync(file, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0));
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    if (hasCode(error, 'ELOOP'))
      throw new Error(`${file} is a symbolic link, which Countersign does not follow. Remove it.`, { cause: error });
    throw error;
  }
  try {
    const found = fstatSync(handle);
    if (!found.isFile()) throw new Error(`${file} is not a plain file. Remove it.`);
    if (found.size > LARGEST) throw new Error(`${file} is larger than 64 MB. Remove it.`);
    return readFileSync(handle);
  } finally {
    closeSync(handle);
  }
}

/** Throws where it is there and cannot be removed. */
export function removeIfThere(file: string): void {
  try {
    unlinkSync(file);
  } catch (error) {
    if (!hasCode(error, 'ENOENT')) throw error;
  }
}

function writeBeside(file: string, text: string | Uint8Array): string {
  const temporary = join(dirname(file), `.${basename(file)}.${process.pid}.${randomBytes(6).toString('hex')}`);
  const bytes = typeof text === 'string' ? Buffer.from(text) : text;
  const handle = openSync(temporary, 'wx', 0o600);
  try {
    // A full disk may take a part without an error.
    for (let at = 0; at < bytes.length; ) at += writeSync(handle, bytes, at);
    fsyncSync(handle);
  } catch (error) {
    removeIfThere(temporary);
    throw error;
  } finally {
    closeSync(handle);
  }
  return temporary;
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
