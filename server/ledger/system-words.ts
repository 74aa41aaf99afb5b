import { basename, dirname } from 'node:path';
import { codeOf } from './file-system.ts';

/** What a failed call to the system means, with the place and the remedy where the code tells; for anything else its message. Ends in a period. */
export function systemWords(error: unknown): string {
  const code = codeOf(error);
  const words = Object.hasOwn(WORDS, code) ? WORDS[code] : undefined;
  if (words !== undefined) return words(placeOf(error), code);
  return (error instanceof Error ? error.message : String(error)).trim().replace(/(?<![.!?])$/, '.');
}

const WORDS: Readonly<Record<string, (place: string, code: string) => string>> = {
  EACCES: denied,
  EPERM: denied,
  EROFS: (place, code) => `${place} is on a read-only file system (${code}). Choose a folder that can be written.`,
  ENOSPC: full,
  EDQUOT: full,
  ENOENT: (place, code) => `there is no ${place} (${code}). Check the name, and that its folder is there.`,
  EISDIR: (place, code) => `${place} is a folder (${code}). Name a file.`,
  ENOTDIR: (place, code) => `${place} leads through something that is no folder (${code}). Check the name.`,
  EMFILE: (_, code) => `too many files are open (${code}). Try again.`,
};

function denied(place: string, code: string): string {
  return `this account has no permission for ${place} (${code}). Give it access there, or name another place, and try again.`;
}

function full(_: string, code: string): string {
  return `the disk is full (${code}). Free some space and try again.`;
}

/** Of a file that is only written aside for a moment (`.NAME.PID.RANDOM`), its folder: nobody knows the other name. */
function placeOf(error: unknown): string {
  if (!(error instanceof Error && 'path' in error && typeof error.path === 'string')) return 'a file';
  return /^\..+\.\d+\.[0-9a-f]+$/.test(basename(error.path)) ? dirname(error.path) : error.path;
}
