import type { Effect } from './effect.ts';

/** A command whose output is a list of files. */
export const LISTS =
  /^(([ef]?grep|rg|ag|ack)\s(?:.*\s)?-[a-zA-Z]*l|git\s+(grep\s(?:.*\s)?-[a-zA-Z]*l|ls-files|diff\s(?:.*\s)?--name-only)|fd|fdfind|find)\b/;

/** The script that `sh -c "$(cat FILE)"` and `eval "$(<FILE)"` run, and that of `source <(cat FILE)`. */
export function readIn(source: string): readonly Effect[] {
  return [...source.matchAll(/[$<]\(\s*(?:cat\s+|<\s*)([\w./~-]+)\s*\)|`cat\s+([\w./~-]+)`/g)].map(([, one, other]) => ({
    kind: 'script',
    program: 'sh',
    path: one ?? other ?? '',
    args: [],
  }));
}
