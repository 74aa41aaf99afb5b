import { type Change, changeOfBody } from './change.ts';
import type { Declaration } from '../systems/declaration.ts';
import type { TextTree } from '../read/tree.ts';
import { type Alarm, alarmsOf } from './evaluate.ts';
import { changesInStep } from './in-step.ts';
import type { PackIndex } from './index-packs.ts';
import { carriedOver } from './moved.ts';
import type { PackRule } from './pack.ts';
import { pairDeclarations, type Paired } from './pair.ts';
import { mayMatter } from './reads.ts';

export type Side = { readonly tree: TextTree; readonly declarations: readonly Declaration[] };

/** Every alarm of an edit. `decided` is false when time ran out before every rule was asked. */
export function evaluateAll(
  before: Side,
  after: Side,
  packs: PackIndex,
  path: string,
  outOfTime: () => boolean,
): { readonly alarms: readonly Alarm[]; readonly decided: boolean } {
  const pairsOf = new Map<PackRule, Paired<Declaration>[]>();
  for (const { pair, change } of changedPairs(before, after)) {
    for (const rule of rulesFor(pair, packs)) {
      const known = pairsOf.get(rule);
      const concerned = change === 'everything' || mayMatter(rule, change) ? [pair] : [];
      // A rule keeps its turn also where the first pair that could have had it asked does not concern it.
      if (known === undefined) pairsOf.set(rule, concerned);
      else known.push(...concerned);
    }
  }
  const alarms: Alarm[] = [];
  for (const [rule, concerned] of pairsOf) {
    if (concerned.length === 0) continue;
    if (outOfTime()) return { alarms, decided: false };
    alarms.push(...alarmsOf(rule, concerned, path));
  }
  return { alarms, decided: true };
}

type ChangedPair = { readonly pair: Paired<Declaration>; readonly change: Change | 'everything' };

/** What the edit left as it was is left out: no rule can tell its two sides apart. */
function changedPairs(before: Side, after: Side): readonly ChangedPair[] {
  const old = carriedOver(before.declarations, after.declarations);
  const changes = changesInStep(old, after.declarations);
  if (changes === undefined) {
    return pairDeclarations(old, after.declarations).flatMap((pair) => {
      const change = changeOf(pair, before.tree, after.tree);
      return change === undefined ? [] : [{ pair, change }];
    });
  }
  return changes.flatMap((change, i) =>
    change === undefined ? [] : [{ pair: { before: old[i], after: after.declarations[i], loose: false }, change }],
  );
}

function rulesFor({ before, after }: Paired<Declaration>, packs: PackIndex): Iterable<PackRule> {
  const now = after === undefined ? [] : packs.rulesFor(after);
  if (before === undefined || (before.type === after?.type && before.system === after.system)) return now;
  return new Set([...now, ...packs.rulesFor(before)]);
}

/**
 * What differs between the bodies of a pair, undefined when nothing. The text says so quickest; but where a declaration holds
 * what is written elsewhere in the file (anchors, references), only its content does.
 */
function changeOf({ before, after, loose }: Paired<Declaration>, old: TextTree, now: TextTree): Change | 'everything' | undefined {
  if (before === undefined || after === undefined || loose || before.type !== after.type) return 'everything';
  if (ONLY_WHAT_IT_SAYS.has(now.format) && textOf(before, old) === textOf(after, now)) return undefined;
  const change = changeOfBody(before.node, after.node);
  return change !== undefined && before.name !== after.name ? 'everything' : change;
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
