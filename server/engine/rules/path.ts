import { editMemory } from '../edit-memory.ts';
import { type Member, type TreeNode, membersOf } from '../read/tree.ts';
import { contentHash } from './canonical-text.ts';
import { globMatcher } from './glob.ts';

/** One step of a path. `deep`: any depth, none included. `word`: `@key` and its like, always last. */
export type Step =
  | {
      readonly kind: 'key';
      readonly test: (key: string) => boolean;
      readonly exact: readonly string[] | undefined;
      /** Every key that passes is one of these, as `plainKey` has it; undefined for patterns. */
      readonly plain: readonly string[] | undefined;
    }
  | { readonly kind: 'deep' }
  | { readonly kind: 'word'; readonly word: (typeof WORDS)[number] };

export type Path = {
  /** From the declaration's body instead of the item. */
  readonly fromBody: boolean;
  /** One for each way that braces open; most paths have one. */
  readonly ways: readonly (readonly Step[])[];
};

/** A node that a path leads to. */
export type Hit = {
  readonly node: TreeNode;
  /** The key it stands at; undefined for the start of the path. */
  readonly key: string | undefined;
  readonly keyNode: TreeNode | undefined;
  /** What the last step was made from; undefined for the start of the path. */
  readonly from?: Hit | undefined;
  /** Of an item of the list at that key: the item. */
  readonly inList?: TreeNode | undefined;
  /** Of an item that goes by its content: the edit changed it, so that nothing of the other side goes by the same. */
  readonly onlyIn?: 'before' | 'after' | undefined;
};

export type Selected = {
  readonly hits: readonly Hit[];
  /** Part of the way is worked out elsewhere: there may be more. */
  readonly unknown: boolean;
};

/** What `@…` words mean is known to who evaluates. */
export type Words = { readonly path: string; readonly name: string; readonly type: string };

const WORDS = ['@labels', '@key', '@path', '@name', '@type', '@value'] as const;
/** A document made to hurt cannot make a path hit without end. */
const MOST_HITS = 20_000;

const cache = new Map<string, Path | { readonly problem: string }>();

/** Reads a path of the pack language; the problem says what is wrong with it. */
export function parsePath(text: string): Path | { readonly problem: string } {
  const known = cache.get(text);
  if (known !== undefined) return known;
  const parsed = parse(text);
  if (cache.size > 5000) cache.clear();
  cache.set(text, parsed);
  return parsed;
}

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

/** The member of this key, the last one where it is repeated. */
export function exactly(at: Hit, key: string): readonly Hit[] {
  const properties = at.node.children ?? [];
  for (let i = properties.length - 1; i >= 0; i--) {
    const [keyNode, value] = properties[i]?.children ?? [];
    if (value !== undefined && keyNode !== undefined && String(keyNode.value) === key) return [below(at, key, keyNode, value)];
  }
  return [];
}

/** The members whose keys pass, each key once: of a repeated one the last counts. */
export function keyed(at: Hit, test: (key: string) => boolean, members: readonly Member[] = membersOf(at.node)): readonly Hit[] {
  const found = new Map<string, Hit>();
  for (const { key, keyNode, value } of members) if (test(key)) found.set(key, below(at, key, keyNode, value));
  return [...found.values()];
}

export function below(from: Hit, key: string, keyNode: TreeNode, node: TreeNode): Hit {
  return { node, key, keyNode, from, inList: undefined };
}

/** Lists opened, however deep. */
export function throughLists(hit: Hit): readonly Hit[] {
  if (hit.node.type !== 'array') return [hit];
  const found: Hit[] = [];
  openInto(found, hit);
  return found;
}

function openInto(found: Hit[], hit: Hit): void {
  for (const node of hit.node.children ?? []) {
    const item = itemOf(hit, node);
    if (node.type === 'array') openInto(found, item);
    else found.push(item);
  }
}

/** An item of the list that a hit is. */
export function itemOf(from: Hit, node: TreeNode): Hit {
  return { node, key: from.key, keyNode: from.keyNode, from, inList: node };
}

/**
 * The keys on the way, and the names of the list items passed (their content where they have none): a hit's identity. Worked out only
 * when it is asked for, since most hits are never paired.
 */
export function trailOf(hit: Hit): string {
  const { from, key = '', inList } = hit;
  if (from === undefined) return '';
  const start = trails.get(from) ?? trailOf(from);
  trails.set(from, start);
  return inList === undefined ? (start === '' ? key : `${start}.${key}`) : start + markOf(hit);
}

/** Of what several hits were come to from. */
const trails = new WeakMap<Hit, string>();

/** "[name=app]": what an item of a list goes by, '' for anything else. */
export function markOf({ inList, onlyIn }: Hit): string {
  return inList === undefined ? '' : `[${onlyIn ?? nameOf(inList) ?? contentHash(inList)}]`;
}

/** The name of a list's item among its like; undefined when it has none but its content. */
export function nameOf(node: TreeNode): string | undefined {
  if (node.type !== 'object') return undefined;
  let best = NAME_KEYS.length;
  let seen = 0;
  let name: TreeNode | undefined;
  for (const { children } of node.children ?? []) {
    const value = children?.[1];
    const rank = value === undefined ? undefined : NAME_RANKS.get(children?.[0]?.value);
    // Of a repeated key the first counts, and one that holds more than a word is no name.
    if (rank === undefined || (seen & (1 << rank)) !== 0) continue;
    seen |= 1 << rank;
    if (rank > best || (value?.type !== 'string' && value?.type !== 'number')) continue;
    best = rank;
    name = value;
  }
  if (name !== undefined) return `${NAME_KEYS[best]}=${String(name.value)}`;
  return node.labels === undefined || node.labels.length === 0 ? undefined : node.labels.join('/');
}

const NAME_KEYS = ['name', 'id', 'Sid', 'sid', 'key', 'Name', 'Id', 'Key'];
const NAME_RANKS: ReadonlyMap<unknown, number> = new Map(NAME_KEYS.map((key, rank) => [key, rank]));

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

const known = editMemory<TreeNode, ReadonlyMap<string, readonly Hit[]>>();

/** Every member of every object below, by its key, in the order of the text. */
function membersBelow(start: Hit): ReadonlyMap<string, readonly Hit[]> {
  const found = known.get(start.node);
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
  known.set(start.node, byKey);
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

function wordHits(word: (typeof WORDS)[number], hit: Hit, words: Words): readonly Hit[] {
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

function parse(text: string): Path | { readonly problem: string } {
  let rest = text.trim();
  const fromBody = rest.startsWith('^');
  if (fromBody) rest = rest.slice(1).replace(/^\./, '');
  const withoutCase = rest.startsWith('~');
  if (withoutCase) rest = rest.slice(1);
  const ways: (readonly Step[])[] = [];
  for (const way of waysOf(rest)) {
    const steps = stepsOf(way, text, withoutCase);
    if ('problem' in steps) return steps;
    ways.push(steps.steps);
  }
  return { fromBody, ways };
}

/** "{a.b,c}.d" → a.b.d, c.d. Braces without a dot within stay: they are one step of either key. */
function waysOf(text: string): readonly string[] {
  if (text.includes('"')) return [text];
  const match = /^(.*?)\{([^{}]*\.[^{}]*)\}(.*)$/s.exec(text);
  if (match === null) return [text];
  const each = (match[2] ?? '').split(',').map((alternative) => alternative.trim());
  const single = each.filter((alternative) => !alternative.includes('.'));
  const ways = each.flatMap((alternative) => {
    if (alternative.includes('.') || single.length === 1) return [alternative];
    return alternative === single[0] ? [`{${single.join(',')}}`] : [];
  });
  return ways.flatMap((way) => waysOf(`${match[1]}${way}${match[3]}`));
}

function stepsOf(way: string, text: string, withoutCase: boolean): { readonly steps: readonly Step[] } | { readonly problem: string } {
  const parts = split(way);
  if (parts === undefined) return { problem: `The path "${text}" has an open quote or brace. Close it.` };
  const steps: Step[] = [];
  for (const [index, { part, quoted }] of parts.entries()) {
    if (part === '' && !quoted) return { problem: `The path "${text}" has an empty part. Take out the dot that is too many.` };
    if (!quoted && part.startsWith('@')) {
      const word = WORDS.find((each) => each === part);
      if (word === undefined) return { problem: `The path "${text}" has the unknown word ${part}. There are ${WORDS.join(', ')}.` };
      if (index !== parts.length - 1) return { problem: `In the path "${text}", ${part} must stand last.` };
      steps.push({ kind: 'word', word });
    } else if (!quoted && part === '**') steps.push({ kind: 'deep' });
    else steps.push(keyStep(part, quoted, withoutCase));
  }
  return { steps };
}

function keyStep(part: string, quoted: boolean, withoutCase: boolean): Step {
  const alternatives = quoted ? [part] : alternativesOf(part);
  if (!withoutCase && (quoted || !part.includes('*'))) {
    const exact = new Set(alternatives);
    return { kind: 'key', exact: [...exact], plain: alternatives.map(plainKey), test: (key) => exact.has(key) };
  }
  const plain = withoutCase ? plainKey : (key: string): string => key;
  if (quoted || !alternatives.some((each) => each.includes('*'))) {
    const wanted = new Set(alternatives.map(plain));
    return { kind: 'key', exact: undefined, plain: alternatives.map(plainKey), test: (key) => wanted.has(plain(key)) };
  }
  // Without case, both are in lower case already.
  const tests = alternatives.map((each) => globMatcher(plain(each), 'exact case'));
  return {
    kind: 'key',
    exact: undefined,
    plain: undefined,
    test: (key) => {
      const asked = plain(key);
      return tests.some((test) => test(asked));
    },
  };
}

const plainKeys = new Map<string, string>();

/** Without case, `_` and `-`. Rules ask the same keys again and again. */
export function plainKey(key: string): string {
  const known = plainKeys.get(key);
  if (known !== undefined) return known;
  const made = key.toLowerCase().replace(/[_-]/g, '');
  if (plainKeys.size < 5000 && key.length < 100) plainKeys.set(key, made);
  return made;
}

/** "{a,b}Time" → aTime, bTime. One pair of braces. */
function alternativesOf(part: string): readonly string[] {
  const match = /^([^{}]*)\{([^{}]*)\}([^{}]*)$/.exec(part);
  return match === null ? [part] : (match[2] ?? '').split(',').map((each) => `${match[1]}${each.trim()}${match[3]}`);
}

/** At dots, but not within quotes or braces. */
function split(text: string): readonly { readonly part: string; readonly quoted: boolean }[] | undefined {
  if (text === '') return [];
  const parts: { part: string; quoted: boolean }[] = [];
  let part = '';
  let quoted = false;
  let quote = '';
  let depth = 0;
  for (const letter of text) {
    if (quote !== '') {
      if (letter === quote) quote = '';
      else part += letter;
    } else if (letter === '"' && part === '') {
      quote = letter;
      quoted = true;
    } else if (letter === '.' && depth === 0) {
      parts.push({ part, quoted });
      part = '';
      quoted = false;
    } else {
      if (letter === '{') depth++;
      if (letter === '}') depth--;
      part += letter;
    }
  }
  if (quote !== '' || depth !== 0) return undefined;
  parts.push({ part, quoted });
  return parts;
}
