import { randomBytes } from 'node:crypto';
import {
  closeSync,
  constants,
  copyFileSync,
  fsyncSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  unlinkSync,
  writeSync,
  fchmodSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { PlannedFile } from './plan.ts';
import { sameSnapshot, snapshotOf } from './snapshot.ts';

/** A sentence when a file is no longer as it was judged. */
export function changedSince(files: readonly PlannedFile[]): string | undefined {
  for (const { path, file, found } of files) {
    const now = snapshotOf(file);
    const same = now.ok && sameSnapshot(found, now.snapshot) && isWhereItWas(file);
    if (!same) return `${path} changed while the edit was judged. Read it again and propose the edit anew.`;
  }
  return undefined;
}

/**
 * Puts the judged texts in place: all are written beside their files first, then compared once more, then renamed. Where one
 * fails, those before it are put back. A sentence when nothing, or not everything, could be written.
 */
export function writeFiles(files: readonly PlannedFile[]): string | undefined {
  const staged: { readonly planned: PlannedFile; readonly temporary: string | undefined }[] = [];
  const done: PlannedFile[] = [];
  try {
    for (const planned of files)
      staged.push({ planned, temporary: planned.after === undefined ? undefined : stage(planned, planned.after) });
    const changed = changedSince(files);
    if (changed !== undefined) return changed;
    for (const { planned, temporary } of staged) {
      put(planned, temporary);
      done.push(planned);
    }
    return undefined;
  } catch (error) {
    const kept = done.filter((planned) => !isPutBack(planned)).map(({ path }) => path);
    const rest = kept.length === 0 ? 'Nothing was changed.' : `${kept.join(', ')} could not be put back: look at it.`;
    return `The files could not be written (${error instanceof Error ? error.message : String(error)}). ${rest}`;
  } finally {
    for (const { temporary } of staged) if (temporary !== undefined) rmSync(temporary, { force: true });
  }
}

/** Writes the new text beside the file, with the rights of the file. */
function stage({ file, found }: PlannedFile, text: string): string {
  mkdirSync(dirname(file), { recursive: true });
  return stageBytes(
    file,
    Buffer.from(text, found.kind === 'file' ? found.encoding : 'utf8'),
    found.kind === 'file' ? found.mode : undefined,
  );
}

function stageBytes(file: string, bytes: Buffer, mode: number | undefined): string {
  const temporary = join(dirname(file), `.${basename(file).slice(0, 100)}.${process.pid}.${randomBytes(6).toString('hex')}`);
  const handle = openSync(temporary, 'wx', mode ?? 0o666);
  try {
    for (let at = 0; at < bytes.length; ) at += writeSync(handle, bytes, at);
    if (mode !== undefined) fchmodSync(handle, mode);
    fsyncSync(handle);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  } finally {
    closeSync(handle);
  }
  return temporary;
}

function put({ file, found }: PlannedFile, temporary: string | undefined): void {
  if (temporary === undefined) unlinkSync(file);
  // A new file must not take the place of one that appeared in this moment.
  else if (found.kind === 'absent') placeNew(temporary, file);
  else renameSync(temporary, file);
}

function placeNew(temporary: string, file: string): void {
  try {
    linkSync(temporary, file);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') throw error;
    // Some file systems know no links.
    copyFileSync(temporary, file, constants.COPYFILE_EXCL);
  }
}

function isPutBack({ file, found }: PlannedFile): boolean {
  try {
    if (found.kind === 'absent') unlinkSync(file);
    else renameSync(stageBytes(file, found.bytes, found.mode), file);
    return true;
  } catch {
    return false;
  }
}

/** No link has come into its way since it was located. */
function isWhereItWas(file: string): boolean {
  try {
    if (lstatSync(file).isSymbolicLink()) return false;
  } catch {
    // Not there: its folder decides.
  }
  for (let folder = dirname(file); ; folder = dirname(folder)) {
    try {
      return realpathSync.native(folder) === folder;
    } catch {
      if (dirname(folder) === folder) return false;
    }
  }
}
