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
  | { readonly kind: 'word'; readonly word: Word };

/** A path of the pack language, as read. */
export type Path = {
  /** From the declaration's body instead of the item. */
  readonly fromBody: boolean;
  /** One for each way that braces open; most paths have one. */
  readonly ways: readonly (readonly Step[])[];
};

const WORDS = ['@labels', '@key', '@path', '@name', '@type', '@value'] as const;

export type Word = (typeof WORDS)[number];

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
