import { variablesIn, type Valuation } from './pattern.ts';
import type { Statement } from './statement.ts';

/**
 * The cases of the policy variables that can matter: each has no value, a value nothing else mentions, a value shared with another
 * variable, or one that some pattern spells out. `complete` is false when there are too many cases to look at all.
 */
export function valuationsOf(statements: readonly { readonly statement: Statement; readonly variables: boolean }[]): {
  readonly valuations: readonly Valuation[];
  readonly complete: boolean;
} {
  const texts: string[] = [];
  const keys = new Set<string>();
  for (const { statement, variables } of statements) {
    for (const text of textsOf(statement)) {
      texts.push(text);
      for (const key of variablesIn(text, variables)) keys.add(key);
    }
  }
  if (keys.size === 0) return { valuations: [new Map()], complete: true };

  const fresh = freshTexts(texts);
  const choices = [...keys].map((key, i): readonly (string | undefined)[] => {
    const spelled = [...spelledValues(key, statements), ...alignedValues(key, texts)];
    const values = [fresh(i), undefined, ...spelled, ...(i > 0 ? [fresh(0)] : [])];
    return [...new Set(values)].slice(0, MOST_VALUES);
  });
  const total = choices.reduce((product, each) => product * each.length, 1);
  const valuations: Valuation[] = [];
  const count = Math.min(total, MOST_CASES);
  for (let n = 0; n < count; n++) {
    let rest = n;
    const valuation = new Map<string, string | undefined>();
    [...keys].forEach((key, i) => {
      const options = choices[i] ?? [];
      valuation.set(key, options[rest % options.length]);
      rest = Math.floor(rest / options.length);
    });
    valuations.push(valuation);
  }
  return { valuations, complete: total <= MOST_CASES };
}

const MOST_VALUES = 8;
const MOST_CASES = 96;

function textsOf(statement: Statement): readonly string[] {
  return [...statement.resources.map(({ text }) => text), ...statement.conditions.flatMap(({ values }) => values.map(({ text }) => text))];
}

/** Values that a condition on the variable's own key spells out; wildcards are filled in. */
function spelledValues(key: string, statements: readonly { readonly statement: Statement }[]): readonly string[] {
  return statements.flatMap(({ statement }) =>
    statement.conditions
      .filter((condition) => condition.key.toLowerCase() === key)
      .flatMap(({ values }) => values.map(({ text }) => text.replace(/[*?]/g, 'x')).filter((text) => text !== '' && !text.includes('${'))),
  );
}

/** What other patterns have in the place of the variable: "bob" where one says "home/${aws:username}/*" and another "home/bob/*". */
function alignedValues(key: string, texts: readonly string[]): readonly string[] {
  const found: string[] = [];
  for (const text of texts) {
    const lower = text.toLowerCase();
    const at = lower.indexOf(`\${${key}`);
    if (at === -1) continue;
    const end = text.indexOf('}', at);
    const before = text.slice(0, at);
    const next = text[end + 1];
    for (const other of texts) {
      if (other === text) continue;
      const start = other.startsWith(before) ? before.length : alignedStart(before, other);
      if (start === undefined) continue;
      const stop = next === undefined || next === '*' || next === '?' || next === '$' ? other.length : other.indexOf(next, start);
      const value = other.slice(start, stop === -1 ? other.length : stop);
      if (value !== '' && !value.includes('${')) found.push(value.replace(/[*?]/g, 'x'));
    }
  }
  return found;
}

/** Same number of separators before the variable: good enough where the text before holds wildcards. */
function alignedStart(before: string, other: string): number | undefined {
  const wantedCount = (before.match(/[:/]/g) ?? []).length;
  let count = 0;
  for (let i = 0; i < other.length; i++) {
    if (count === wantedCount) return i;
    if (other[i] === ':' || other[i] === '/') count++;
  }
  return undefined;
}

/** Texts made of characters that stand nowhere in the policies, and longer than any run of `?`. */
function freshTexts(texts: readonly string[]): (i: number) => string {
  const used = new Set(texts.join('').toLowerCase().split(''));
  const free = 'zqxjkvwyubgpfmhdlcrntsoiae0123456789'.split('').filter((c) => !used.has(c));
  const runs = Math.max(0, ...texts.map((text) => (text.match(/\?/g) ?? []).length));
  return (i) => (free[i] ?? String.fromCharCode(0x4e00 + i)).repeat(4 + runs);
}
