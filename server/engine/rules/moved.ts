import { member } from '../read/tree.ts';
import type { Declaration } from '../systems/declaration.ts';

/**
 * What stood before, under the addresses that it has after: a `moved` block renames, a `removed` block that does not destroy lets go.
 * Neither is a deletion.
 */
export function carriedOver(before: readonly Declaration[], after: readonly Declaration[]): readonly Declaration[] {
  const told = after.filter(({ system, type }) => system === 'terraform' && (type === 'moved' || type === 'removed'));
  if (told.length === 0) return before;
  const known = new Set(before.map(({ key }) => key));
  const moves = new Map<string, string>();
  const letGo = new Set<string>();
  for (const { type, node } of told) {
    const from = addressOf(member(node, 'from')?.value);
    const to = addressOf(member(node, 'to')?.value);
    if (from === undefined) continue;
    if (type === 'moved' && to !== undefined && !known.has(to)) moves.set(from, to);
    if (type === 'removed' && member(member(node, 'lifecycle')?.children?.[0] ?? node, 'destroy')?.value === false) letGo.add(from);
  }
  return before.flatMap((each): readonly Declaration[] => {
    if (each.system !== 'terraform') return [each];
    if (letGo.has(each.key)) return [];
    const to = moves.get(each.key);
    return to === undefined ? [each] : [{ ...each, key: to, name: to.split('.').at(-1) ?? each.name }];
  });
}

/** "${aws_db_instance.a[0]}" → "aws_db_instance.a". */
function addressOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value.replace(/^\$\{(.*)\}$/, '$1').replace(/\[[^\]]*\]$/, '') : undefined;
}
