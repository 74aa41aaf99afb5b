/** Which settings files were made by init: undone, such a file goes; one that was there before stays, however empty. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeWhole } from '../../gate/small-file.ts';
import { systemWords } from '../../ledger/system-words.ts';

const NAME = 'made-files.json';

/** Absolute paths. None where that was never written, or cannot be read. */
export function madeFiles(state: string): ReadonlySet<string> {
  try {
    const value: unknown = JSON.parse(readFileSync(join(state, 'bin', NAME), 'utf8'));
    return new Set(Array.isArray(value) ? value.filter((one) => typeof one === 'string') : []);
  } catch {
    return new Set();
  }
}

/** After init, or its undoing, has written. The folder of the launcher is there. Gives a sentence where it could not be kept; an undo then leaves an empty object. */
export function rememberMade(
  state: string,
  changes: readonly { readonly file: string; readonly before: string; readonly after: string }[],
  undo: boolean,
): string | undefined {
  const made = new Set(madeFiles(state));
  for (const { file, before } of changes) {
    if (undo) made.delete(file);
    else if (before === '') made.add(file);
  }
  try {
    writeWhole(join(state, 'bin', NAME), `${JSON.stringify([...made].sort(), null, 2)}\n`);
    return undefined;
  } catch (error) {
    return systemWords(error);
  }
}

/** Nothing but an object, and perhaps the version that init wrote into it. */
export function isBare(text: string): boolean {
  return /^\s*\{\s*("version"\s*:\s*1\s*)?\}\s*$/.test(text);
}
