import { editMemory } from '../edit-memory.ts';
import { type TreeNode, membersOf } from '../read/tree.ts';
import { below, exactly, type Hit, keyed, throughLists } from './hit.ts';
import type { Path, Step, Word } from './path.ts';

/** Where a path leads. */
export type Selected = {
  readonly hits: readonly Hit[];
  /** Part of the way is worked out elsewhere: there may be more. */
  readonly unknown: boolean;
};

/** What `@…` words mean is known to who evaluates. */
export type Words = { readonly path: string; readonly name: string; readonly type: string };

/** Where the path leads from a start. Lists on the way are walked through; a list at its end stays a list. */
export function select(path: Path, item: Hit, body: TreeNode, words: Words): Selected {
  const start: Hit = path.fromBody ? { node: body, key: undefined, keyNode: undefined } : item;
  const [way] = path.ways;
  if (way !== undefined && path.ways.length === 1) return follow(way, start, words);
  const [first, ...others] = path.ways.map((steps) => follow(steps, start, words));
  if (first === undefined) return { hits: [], unknown: false };
  if (others.length === 0) return first;
  const seen = new Set<TreeNode>();
  const hits = [first, ...others].flatMap((way) => way.hits).filter(({ node }) => !seen.has(node) && seen.add(node));
  return { hits, unknown: first.unknown || others.some(({ unknown }) => unknown) };
}

function follow(steps: readonly Step[], start: Hit, words: Words): Selected {
  let hits: readonly Hit[] = [start];
  let unknown = false;
  for (const [index, step] of steps.entries()) {
    if (step.kind === 'word') return { hits: hits.flatMap((hit) => wordHits(step.word, hit, words)), unknown };
    const following = steps[index + 1];
    if (step.kind === 'deep') {
      // Of a whole body, the members of each name are found once for all rules; the next step then only picks.
      const whole = hits[0] === start && start.from === undefined && following?.kind === 'key';
      if (!whole) hits = everyObjectBelow(hits);
      continue;
    }
    if (steps[index - 1]?.kind === 'deep' && hits[0] === start && start.from === undefined) {
      hits = picked(membersBelow(start), step);
      continue;
    }
    const next: Hit[] = [];
    for (const hit of hits) {
      for (const at of throughLists(hit)) {
        if (at.node.unresolved === true && !isText(String(at.node.value ?? ''))) unknown = true;
        if (at.node.type === 'object')
          next.push(...(step.exact === undefined ? keyed(at, step.test) : step.exact.flatMap((key) => exactly(at, key))));
      }
      if (next.length > MOST_HITS) break;
    }
    hits = next;
  }
  return { hits, unknown };
}

/** Nothing that is filled in later makes members of it: a line of several words, or `NAME=${VALUE}`. */
function isText(value: string): boolean {
  return hasKnownWords(value) || /^[A-Za-z_][\w.-]*=/.test(value);
}

/** A line with several words beside what is filled in later can be nothing but that line. */
export function hasKnownWords(text: string): boolean {
  let known = text.replace(/\{\{.*?\}\}/gs, '');
  // From the innermost on: what is filled in may have braces of its own.
  for (let before = ''; before !== known; ) {
    before = known;
    known = known.replace(/\$?\{[^{}]*\}/g, '');
  }
  return !known.includes('{') && /\S\s+\S/.test(known);
}

function everyObjectBelow(hits: readonly Hit[]): readonly Hit[] {
  const all: Hit[] = [];
  const seen = new Set<TreeNode>();
  const visit = (hit: Hit): void => {
    for (const at of throughLists(hit)) {
      if (at.node.type !== 'object' || seen.has(at.node) || all.length > MOST_HITS) continue;
      seen.add(at.node);
      all.push(at);
      for (const { key, keyNode, value } of membersOf(at.node)) {
        if (value.type === 'object' || value.type === 'array') {
          visit(below(at, key, keyNode, value));
        }
      }
    }
  };
  for (const hit of hits) visit(hit);
  return all;
}

const MEMBERS = editMemory<TreeNode, ReadonlyMap<string, readonly Hit[]>>();

/** Every member of every object below, by its key, in the order of the text. */
function membersBelow(start: Hit): ReadonlyMap<string, readonly Hit[]> {
  const found = MEMBERS.get(start.node);
  if (found !== undefined) return found;
  const byKey = new Map<string, Hit[]>();
  for (const at of everyObjectBelow([start])) {
    const own = new Set<string>();
    // From the end, for of a repeated key the last one counts.
    for (const { key, keyNode, value } of membersOf(at.node).toReversed()) {
      if (own.has(key)) continue;
      own.add(key);
      const list = byKey.get(key);
      if (list === undefined) byKey.set(key, [below(at, key, keyNode, value)]);
      else list.push(below(at, key, keyNode, value));
    }
  }
  MEMBERS.set(start.node, byKey);
  return byKey;
}

function picked(byKey: ReadonlyMap<string, readonly Hit[]>, { exact, test }: Step & { readonly kind: 'key' }): readonly Hit[] {
  if (exact?.length === 1) return byKey.get(exact[0] ?? '') ?? [];
  const keys = exact ?? [...byKey.keys()].filter(test);
  return keys.flatMap((key) => byKey.get(key) ?? []).sort(byPlace);
}

function byPlace(a: Hit, b: Hit): number {
  return a.node.offset - b.node.offset;
}

function wordHits(word: Word, hit: Hit, words: Words): readonly Hit[] {
  const at = hit.keyNode ?? hit.node;
  const text = (value: string, place = at): Hit => ({
    ...hit,
    node: { type: 'string', offset: place.offset, length: place.length, value },
  });
  switch (word) {
    case '@key':
      return hit.key === undefined ? [] : [text(hit.key)];
    case '@labels':
      return throughLists(hit).flatMap(({ node }) => (node.labels ?? []).map((label) => text(label, node)));
    case '@path':
      return [text(words.path)];
    case '@name':
      return [text(words.name)];
    case '@type':
      return [text(words.type)];
    default:
      return [hit];
  }
}

/** A document made to hurt cannot make a path hit without end. */
const MOST_HITS = 20_000;
