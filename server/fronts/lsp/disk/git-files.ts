import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';

/** What one line of a reflog says: HEAD went from a commit to another, and why. */
export type Move = { readonly from: string; readonly to: string; readonly message: string };

/** The moves in a reflog from a byte on, or in its end; `size`: its bytes. */
export function movesIn(file: string, from: number | undefined): { readonly moves: readonly Move[]; readonly size: number } {
  const size = sizeOf(file);
  const moves = textFrom(file, from ?? Math.max(0, size - LOOKED_BACK), size)
    .split('\n')
    .flatMap((line) => {
      const [, before, to, message] = /^([0-9a-f]{40,64}) ([0-9a-f]{40,64}) [^\t]*\t?(.*)$/.exec(line) ?? [];
      return before === undefined || to === undefined ? [] : [{ from: before, to, message: message ?? '' }];
    });
  return { moves, size };
}

/** Of the end of a log, in bytes. */
export const LOOKED_BACK = 256 * 1024;

/** Of a worktree: where the main one keeps what all share. */
export function commonDirOf(gitDir: string): string {
  const named = textFrom(join(gitDir, 'commondir'), 0, 4096).trim();
  return named === '' ? gitDir : isAbsolute(named) ? named : join(gitDir, named);
}

/** Bytes of a file as text; empty where it cannot be read. */
export function textFrom(file: string, from: number, to: number): string {
  let handle: number;
  try {
    handle = openSync(file, 'r');
  } catch {
    return '';
  }
  try {
    const bytes = Buffer.alloc(Math.max(0, Math.min(to, fstatSync(handle).size) - from));
    return bytes.toString('utf8', 0, readSync(handle, bytes, 0, bytes.length, from));
  } catch {
    return '';
  } finally {
    closeSync(handle);
  }
}

/** In bytes; 0 where it is not there. */
export function sizeOf(file: string): number {
  try {
    return statSync(file).size;
  } catch {
    return 0;
  }
}

/** Milliseconds since it was written; endless where it is not there. */
export function ageOf(file: string): number {
  try {
    return Date.now() - statSync(file).mtimeMs;
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}
