import type { Tick } from './clock.ts';
import type { Entry } from './comparison.ts';
import { variablesIn, type Valuation } from './pattern.ts';
import type { Statement } from './statement.ts';

export type Valuations = { readonly valuations: readonly Valuation[]; readonly complete: boolean };

/**
 * The cases of the policy variables that can matter among some of the entries: each has no value, a value nothing else mentions,
 * a value shared with another variable, or one that some pattern spells out. `complete` is false when there are too many to look at all.
 */
export function valuationMaker(entries: readonly Entry[], tick: Tick): (indexes: readonly number[]) => Valuations {
  const dimensions = new Map<number, readonly Dimension[]>();
  const dimensionsAt = (i: number): readonly Dimension[] => {
    const entry = entries[i];
    let own = dimensions.get(i);
    if (own === undefined) {
      own = entry === undefined ? [] : dimensionsOf(entry.statement, entry.variables);
      dimensions.set(i, own);
    }
    return own;
  };
  const known = new Map<string, Valuations>();
  return (indexes) => {
    const some = indexes.flatMap(dimensionsAt);
    if (some.every(({ keys }) => keys.length === 0)) return NO_VARIABLES;
    const memo = indexes.join();
    let found = known.get(memo);
    if (found === undefined) {
      found = valuationsOf(some, tick);
      known.set(memo, found);
    }
    return found;
  };
}

const NO_VARIABLES: Valuations = { valuations: [new Map()], complete: true };

/** The texts that a statement compares with one part of the request: its resource, or one key of its context. */
type Dimension = { readonly name: string; readonly texts: readonly string[]; readonly keys: readonly string[] };

function dimensionsOf({ resources, conditions }: Statement, variables: boolean): readonly Dimension[] {
  const dimension = (name: string, values: readonly { readonly text: string }[]): Dimension => {
    const texts = values.map(({ text }) => text);
    return { name, texts, keys: variables ? texts.flatMap((text) => variablesIn(text, true)) : [] };
  };
  return [dimension(RESOURCE, resources), ...conditions.map(({ key, values }) => dimension(key.toLowerCase(), values))];
}

/** No condition key has this name. */
const RESOURCE = '';

function valuationsOf(dimensions: readonly Dimension[], tick: Tick): Valuations {
  const keys = [...new Set(dimensions.flatMap((each) => each.keys))];
  const textsByName = new Map<string, Set<string>>();
  for (const { name, texts } of dimensions) {
    const all = textsByName.get(name) ?? new Set<string>();
    for (const text of texts) all.add(text);
    textsByName.set(name, all);
  }
  const all = [...textsByName.values()].flatMap((texts) => [...texts]);
  const fresh = freshTexts(all);
  /** Do patterns with the variable, or conditions on it, speak of this part of the request? */
  const namesByKey = new Map<string, Set<string>>(keys.map((key) => [key, new Set([key])]));
  for (const { name, keys: own } of dimensions) for (const key of own) namesByKey.get(key)?.add(name);
  const compares = (name: string, key: string): boolean => namesByKey.get(key)?.has(name) ?? false;
  let total = 1;
  const choices = keys.map((key, i): readonly (string | undefined)[] => {
    const spelled = [...(textsByName.get(key) ?? [])]
      .map((text) => text.replace(/[*?]/g, 'x'))
      .filter((text) => text !== '' && !text.includes('${'));
    const aligned = [...textsByName.values()].flatMap((texts) => alignedValues(key, [...texts], tick));
    const twin = keys.findIndex((other) => dimensions.some(({ name, keys: both }) => both.includes(other) && compares(name, key)));
    const values = [...new Set([fresh(i), undefined, ...spelled, ...aligned, ...(twin !== -1 && twin < i ? [fresh(twin)] : [])])];
    total *= values.length;
    return values;
  });
  const valuations: Valuation[] = [];
  for (let n = 0; n < Math.min(total, MOST_CASES); n++) {
    let rest = n;
    const valuation = new Map<string, string | undefined>();
    keys.forEach((key, i) => {
      const options = choices[i] ?? [];
      valuation.set(key, options[rest % options.length]);
      rest = Math.floor(rest / options.length);
    });
    valuations.push(valuation);
  }
  return { valuations, complete: total <= MOST_CASES };
}

const MOST_CASES = 2_000;

/** What other patterns have in the place of the variable: "bob" where one says "home/${aws:username}/*" and another "home/bob/*". */
function alignedValues(key: string, texts: readonly string[], tick: Tick): readonly string[] {
  const found = new Set<string>();
  for (const text of texts) {
    const at = text.toLowerCase().indexOf(`\${${key}`);
    if (at === -1) continue;
    const end = text.indexOf('}', at);
    const before = text.slice(0, at);
    const separators = (before.match(/[:/]/g) ?? []).length;
    const next = text[end + 1];
    tick(texts.length / 5);
    for (const other of texts) {
      if (other === text) continue;
      const start = other.startsWith(before) ? before.length : alignedStart(separators, other);
      if (start === undefined) continue;
      const stop = next === undefined || next === '*' || next === '?' || next === '$' ? other.length : other.indexOf(next, start);
      const value = other.slice(start, stop === -1 ? other.length : stop);
      if (value !== '' && !value.includes('${')) found.add(value.replace(/[*?]/g, 'x'));
    }
  }
  return [...found];
}

/** Same number of separators before the variable: good enough where the text before holds wildcards. */
function alignedStart(separators: number, other: string): number | undefined {
  let count = 0;
  for (let i = 0; i < other.length; i++) {
    if (count === separators) return i;
    if (other[i] === ':' || other[i] === '/') count++;
  }
  return undefined;
}

/** Texts made of characters that stand nowhere in the policies, and longer than any run of `?`. */
function freshTexts(texts: readonly string[]): (i: number) => string {
  const used = new Set(texts.join('').toLowerCase());
  const free = 'zqxjkvwyubgpfmhdlcrntsoiae0123456789'.split('').filter((c) => !used.has(c));
  const runs = texts.reduce((most, text) => Math.max(most, (text.match(/\?/g) ?? []).length), 0);
  return (i) => (free[i] ?? String.fromCharCode(0x4e00 + i)).repeat(4 + runs);
}
