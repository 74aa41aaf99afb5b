import { bodiesSaySame } from './canonical-text.ts';
import type { Declaration } from '../systems/declaration.ts';
import type { TextTree } from '../read/tree.ts';
import { type Alarm, alarmsOf } from './evaluate.ts';
import type { PackIndex } from './index-packs.ts';
import { carriedOver } from './moved.ts';
import type { PackRule } from './pack.ts';
import { pairDeclarations, type Paired } from './pair.ts';

export type Side = { readonly tree: TextTree; readonly declarations: readonly Declaration[] };

/** Every alarm of an edit. `decided` is false when time ran out before every rule was asked. */
export function evaluateAll(
  before: Side,
  after: Side,
  packs: PackIndex,
  path: string,
  outOfTime: () => boolean,
): { readonly alarms: readonly Alarm[]; readonly decided: boolean } {
  const pairs = pairDeclarations(carriedOver(before.declarations, after.declarations), after.declarations).filter((pair) =>
    isChanged(pair, before.tree, after.tree),
  );
  const pairsOf = new Map<PackRule, Paired<Declaration>[]>();
  for (const pair of pairs) {
    const rules = new Set([
      ...(pair.after === undefined ? [] : packs.rulesFor(pair.after)),
      ...(pair.before === undefined ? [] : packs.rulesFor(pair.before)),
    ]);
    for (const rule of rules) {
      const known = pairsOf.get(rule);
      if (known === undefined) pairsOf.set(rule, [pair]);
      else known.push(pair);
    }
  }
  const alarms: Alarm[] = [];
  for (const [rule, concerned] of pairsOf) {
    if (outOfTime()) return { alarms, decided: false };
    alarms.push(...alarmsOf(rule, concerned, path));
  }
  return { alarms, decided: true };
}

/** The text says so quickest; but where a declaration holds what is written elsewhere in the file (anchors, references), only its content does. */
function isChanged({ before, after, loose }: Paired<Declaration>, old: TextTree, now: TextTree): boolean {
  if (before === undefined || after === undefined || loose || before.type !== after.type) return true;
  if (ONLY_WHAT_IT_SAYS.has(now.format) && textOf(before, old) === textOf(after, now)) return false;
  return !bodiesSaySame(before.node, after.node);
}

const ONLY_WHAT_IT_SAYS: ReadonlySet<string> = new Set([
  'dockerfile',
  'sql',
  'nginx',
  'sudoers',
  'sshd',
  'pg-hba',
  'codeowners',
  'npmrc',
  'lines',
  'ini',
  'dotenv',
]);

function textOf({ node }: Declaration, { text }: TextTree): string {
  return text.slice(node.offset, node.offset + node.length);
}
