import type { TextTree, TreeNode } from '../read/tree.ts';
import type { Declaration } from '../systems/declaration.ts';
import type { Place } from '../types.ts';
import { differences, type Difference, overlap, placeOfGap, placeOfHit } from './changed-places.ts';
import type { Alarm } from './evaluate.ts';
import type { Hit } from './hit.ts';
import { selectPath } from './predicate.ts';

export type Sides = { readonly path: string; readonly before: TextTree; readonly after: TextTree };

const MOST_PLACES = 12;

/** Where an alarm is: what its rule looked at, as far as the edit changed it; and where something is gone, where it stood. */
export function placesOf(alarm: Alarm, sides: Sides): readonly Place[] {
  const { items, declarations } = alarm;
  const { before, after } = items;
  if (after === undefined) return before === undefined ? [] : gonePlaces(before, sides);
  if (before === undefined)
    return unique(
      marksAfter(alarm, after, sides).map((hit) => placeOfHit(hit, sides.after)),
      after,
      sides,
    );
  const own = differences(before, after);
  const nothing = own.changed.length + own.removed.length === 0;
  const found = nothing ? bodyDifferences(declarations.before, declarations.after) : own;
  const seen = alarm.rule.alarm === 'gone' || alarm.rule.alarm === 'lost' ? [] : marksAfter(alarm, after, sides);
  // A rule may look past its item: what it saw there counts where the declaration around it changed.
  const around =
    nothing || seen.every(({ node }) => contains(after.node, node)) ? found : bodyDifferences(declarations.before, declarations.after);
  const marks = seen.flatMap((mark) => narrowed(mark, contains(after.node, mark.node) ? found.changed : around.changed));
  const removed = found.removed.filter((hit) => concerns(alarm, hit, sides));
  const shown = marks.length + removed.length > 0 ? { marks, removed } : { marks: found.changed, removed: found.removed };
  return unique(
    [
      ...shown.marks.slice(0, MOST_PLACES).map((hit) => placeOfHit(hit, sides.after)),
      ...shown.removed.slice(0, MOST_PLACES).flatMap((hit) => gonePlaces(hit, sides)),
    ],
    after,
    sides,
  );
}

function gonePlaces(hit: Hit, sides: Sides): readonly Place[] {
  const place = placeOfHit(hit, sides.before);
  return [placeOfGap(place.start.offset, sides.before, sides.after), place];
}

/** What the rule names with `at`, else what made it hold, else the head of the item. */
function marksAfter({ rule, marks, declarations }: Alarm, item: Hit, { path }: Sides): readonly Hit[] {
  const declaration = declarations.after;
  if (declaration !== undefined && rule.at !== undefined) {
    const words = { path, name: declaration.name, type: declaration.type };
    const { hits } = selectPath(rule.at, { item, body: declaration.node, words, before: undefined });
    if (hits.length > 0) return hits;
  }
  const hits = marks.flatMap(({ hit }) => (hit === undefined || hit.node.length === 0 ? [] : [hit]));
  return hits.length > 0 ? hits : [headOf(item)];
}

/** A small mark is kept where it changed; of a large one, what changed within. */
function narrowed(mark: Hit, changed: readonly Hit[]): readonly Hit[] {
  const within = changed.filter((hit) => overlap(spanOf(hit), spanOf(mark)));
  if (within.length === 0) return [];
  return mark.node.type === 'object' || mark.node.type === 'array'
    ? within.map((hit) => (contains(hit.node, mark.node) ? mark : hit))
    : [mark];
}

/** Is what is gone something the rule looks at? */
function concerns({ rule, marks, items, declarations }: Alarm, gone: Hit, { path }: Sides): boolean {
  if (rule.alarm === 'gone' || rule.alarm === 'lost') return true;
  const declaration = declarations.before;
  const paths = [...new Set([...marks.map((mark) => mark.path), ...(rule.at === undefined ? [] : [rule.at])])];
  if (declaration === undefined || items.before === undefined) return false;
  const words = { path, name: declaration.name, type: declaration.type };
  const subject = { item: items.before, body: declaration.node, words, before: undefined };
  return paths.some((each) => selectPath(each, subject).hits.some(({ node }) => overlap(spanOf(gone), node)));
}

function bodyDifferences(before: Declaration | undefined, after: Declaration | undefined): Difference {
  if (before === undefined || after === undefined) return { changed: [], removed: [] };
  const hit = (node: TreeNode): Hit => ({ node, key: undefined, keyNode: undefined });
  return differences(hit(before.node), hit(after.node));
}

/** Its first line: the name where it has one. */
function headOf(item: Hit): Hit {
  if (item.node.type !== 'object') return item;
  const property = item.node.children?.[0];
  const [keyNode, node] = property?.children ?? [];
  if (keyNode === undefined || node === undefined) return item;
  const small = node.type === 'object' || node.type === 'array' ? keyNode : node;
  return { node: small, key: String(keyNode.value), keyNode };
}

function spanOf({ node, keyNode, inList }: Hit): TreeNode {
  if (inList !== undefined || keyNode === undefined || keyNode.offset > node.offset) return node;
  return { ...node, offset: keyNode.offset, length: node.offset + node.length - keyNode.offset };
}

function contains(outer: TreeNode, inner: TreeNode): boolean {
  return outer.offset <= inner.offset && inner.offset + inner.length <= outer.offset + outer.length;
}

function unique(places: readonly Place[], item: Hit, { after }: Sides): readonly Place[] {
  const seen = new Set<string>();
  const all = places.length > 0 ? places : [placeOfHit(headOf(item), after)];
  return all
    .filter(({ side, start, end }) => {
      const key = `${side} ${start.offset} ${end.offset}`;
      return !seen.has(key) && seen.add(key);
    })
    .slice(0, MOST_PLACES);
}
