import type { Declaration } from '../systems/declaration.ts';
import { speaksOf } from './evaluate.ts';
import type { Pack, PackRule } from './pack.ts';

/** Rules found by what they speak of, so that an edit asks only those it concerns. */
export type PackIndex = {
  readonly rulesFor: (declaration: Pick<Declaration, 'system' | 'type'>) => readonly PackRule[];
};

/** Of two rules of one id the first counts: a pack cannot replace the rule of another. */
export function indexPacks(packs: readonly Pack[]): PackIndex & { readonly rules: readonly PackRule[] } {
  const byId = new Map<string, PackRule>();
  for (const pack of packs) for (const rule of pack.rules) if (!byId.has(rule.id)) byId.set(rule.id, rule);
  const rules = [...byId.values()];
  const known = new Map<string, readonly PackRule[]>();
  return {
    rules,
    rulesFor: ({ system, type }) => {
      const key = `${system}\n${type}`;
      const found = known.get(key) ?? rules.filter((rule) => speaksOf(rule, { system, type }));
      if (known.size < 2000) known.set(key, found);
      return found;
    },
  };
}
