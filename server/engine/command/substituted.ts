import type { Effect } from './effect.ts';

/** The script that `sh -c "$(cat FILE)"` and `eval "$(<FILE)"` run. */
export function readIn(source: string): readonly Effect[] {
  return [...source.matchAll(/\$\(\s*(?:cat\s+|<\s*)([\w./~-]+)\s*\)|`cat\s+([\w./~-]+)`/g)].map(([, one, other]) => ({
    kind: 'script',
    program: 'sh',
    path: one ?? other ?? '',
    args: [],
  }));
}
