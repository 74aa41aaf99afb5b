/** As small-file.ts, where the disk is waited for aside: a hook that writes can still answer in time. */
import { randomBytes } from 'node:crypto';
import { basename, dirname, join } from 'node:path';
import { ASIDE, nameNewFile, unlinkQuietly, writeNewFile } from '../ledger/disk-calls.ts';

/** Writes the whole file or nothing: readers see the old or the new text. Replaces a symbolic link, never follows it. Rejects as fs does. */
export async function writeWholeAside(file: string, text: string): Promise<void> {
  const temporary = await writeBeside(file, text);
  try {
    await ASIDE.rename(temporary, file);
  } catch (error) {
    await unlinkQuietly(ASIDE, temporary);
    throw error;
  }
}

/** Writes the whole file if none of that name is there. True when this call made it: exactly one of any number of processes gets true. */
export async function createWholeAside(file: string, text: string): Promise<boolean> {
  return await nameNewFile(ASIDE, await writeBeside(file, text), file);
}

async function writeBeside(file: string, text: string): Promise<string> {
  const temporary = join(dirname(file), `.${basename(file)}.${process.pid}.${randomBytes(6).toString('hex')}`);
  await writeNewFile(ASIDE, temporary, Buffer.from(text));
  return temporary;
}
