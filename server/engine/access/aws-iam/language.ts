import { covers, DEAD, type Glob, isMany, matches, ONE_NO_COLON, surelyDisjoint } from './glob.ts';

/** A question about strings: one that is in each of the unions and in none of the others. No unions: any string. */
export type Language = { readonly unions: readonly (readonly Glob[])[]; readonly not: readonly Glob[] };

export type Found = { readonly kind: 'none' } | { readonly kind: 'some'; readonly text: string } | { readonly kind: 'undecided' };

/**
 * Finds a shortest string of the language. Cheap answers first (literals, one pattern covering another),
 * then a breadth-first walk over all patterns at once, which makes its states as it goes.
 */
export function findString(language: Language, outOfTime: () => boolean): Found {
  if (language.not.some((glob) => glob.universal)) return NONE;
  const unions = language.unions.filter((union) => !union.some((glob) => glob.universal)).sort((a, b) => a.length - b.length);
  const [first, ...others] = unions;
  if (first === undefined) {
    const sample = [...SAMPLES, freshText(language.not)].find((text) => !language.not.some((glob) => matches(glob, text)));
    return sample === undefined ? walk([], language.not, outOfTime) : { kind: 'some', text: sample };
  }
  let undecided = false;
  for (const glob of first) {
    if (outOfTime()) return { kind: 'undecided' };
    const found = findIn(glob, others, language.not, outOfTime);
    if (found.kind === 'some') return found;
    if (found.kind === 'undecided') undecided = true;
  }
  return undecided ? { kind: 'undecided' } : NONE;
}

const NONE: Found = { kind: 'none' };
const SAMPLES = ['x', 'value-1'];
const MOST_STATES = 20_000;
/** Patterns of a union whose plainest text is tried before a walk. */
const MOST_GUESSED = 4;

function findIn(glob: Glob, others: readonly (readonly Glob[])[], not: readonly Glob[], outOfTime: () => boolean): Found {
  if (glob.literal !== undefined) {
    const text = glob.literal;
    const inside = others.every((union) => union.some((each) => matches(each, text))) && !not.some((each) => matches(each, text));
    return inside ? { kind: 'some', text } : NONE;
  }
  const near = not.filter((each) => !surelyDisjoint(each, glob));
  if (near.some((each) => covers(each, glob))) return NONE;
  const open: (readonly Glob[])[] = [];
  for (const union of others) {
    // What covers it has all of it in common.
    const possible = union.filter((each) => !surelyDisjoint(each, glob));
    if (possible.length === 0) return NONE;
    if (possible.some((each) => covers(each, glob))) continue;
    open.push(possible);
  }
  for (const pattern of [glob, ...open.flatMap((union) => union.slice(0, MOST_GUESSED))]) {
    for (const filler of ['x', '']) {
      const text = instance(pattern, filler);
      const inside = matches(glob, text) && open.every((union) => union.some((each) => matches(each, text)));
      if (inside && !near.some((each) => matches(each, text))) return { kind: 'some', text };
    }
  }
  // With one pattern to meet, patterns inside it that are covered by what is excluded need no walk.
  if (open.length === 1 && open[0]?.every((each) => covers(glob, each))) {
    let undecided = false;
    for (const each of open[0]) {
      const found = findIn(each, [], near, outOfTime);
      if (found.kind === 'some') return found;
      if (found.kind === 'undecided') undecided = true;
    }
    return undecided ? { kind: 'undecided' } : NONE;
  }
  return walk([[glob], ...open], near, outOfTime);
}

/** One text of the pattern: every "many" becomes the filler, every "one" an x. */
function instance(glob: Glob, filler: string): string {
  return glob.tokens.map((token) => (token >= 0 ? String.fromCharCode(token) : isMany(token) ? filler : 'x')).join('');
}

function walk(unions: readonly (readonly Glob[])[], not: readonly Glob[], outOfTime: () => boolean): Found {
  const globs = [...unions.flat(), ...not];
  const alphabet = alphabetOf(globs);
  const machines = globs.map((glob) => glob.machine);
  const positive = globs.length - not.length;
  const ends: number[] = [];
  for (const union of unions) ends.push((ends.at(-1) ?? 0) + union.length);

  const alive = (states: readonly number[]): boolean => {
    let from = 0;
    for (const end of ends) {
      let any = false;
      for (let i = from; i < end && !any; i++) any = states[i] !== DEAD;
      if (!any) return false;
      from = end;
    }
    for (let i = positive; i < states.length; i++) {
      const state = states[i] ?? DEAD;
      if (state !== DEAD && machines[i]?.takesAll(state)) return false;
    }
    return true;
  };
  const accepts = (states: readonly number[]): boolean => {
    let from = 0;
    const accepted = (i: number): boolean => states[i] !== DEAD && (machines[i]?.accepts(states[i] ?? DEAD) ?? false);
    for (const end of ends) {
      let any = false;
      for (let i = from; i < end && !any; i++) any = accepted(i);
      if (!any) return false;
      from = end;
    }
    for (let i = positive; i < states.length; i++) if (accepted(i)) return false;
    return true;
  };

  const start = machines.map((machine) => machine.start);
  if (!alive(start)) return NONE;
  if (accepts(start)) return { kind: 'some', text: '' };
  const seen = new Set<string>([start.join()]);
  const queue: { readonly states: readonly number[]; readonly from: number; readonly unit: number }[] = [
    { states: start, from: -1, unit: 0 },
  ];
  for (let head = 0; head < queue.length; head++) {
    if (queue.length > MOST_STATES || outOfTime()) return { kind: 'undecided' };
    const states = queue[head]?.states ?? [];
    for (const unit of alphabet) {
      const next = states.map((state, i) => (state === DEAD ? DEAD : (machines[i]?.step(state, unit) ?? DEAD)));
      const key = next.join();
      if (seen.has(key)) continue;
      seen.add(key);
      if (!alive(next)) continue;
      queue.push({ states: next, from: head, unit });
      if (accepts(next)) {
        const units: number[] = [];
        for (let at = queue.length - 1; at > 0; at = queue[at]?.from ?? 0) units.push(queue[at]?.unit ?? 0);
        return { kind: 'some', text: String.fromCharCode(...units.toReversed()) };
      }
    }
  }
  return NONE;
}

/** Every unit that some pattern tells apart, and one that none does. */
function alphabetOf(globs: readonly Glob[]): readonly number[] {
  const units = new Set<number>();
  let separators = false;
  for (const glob of globs) {
    for (const token of glob.tokens) {
      if (token >= 0) {
        units.add(token);
        if (glob.anyCase) for (const other of String.fromCharCode(token).toUpperCase()) units.add(other.charCodeAt(0));
      } else if (token <= ONE_NO_COLON) separators = true;
    }
  }
  if (separators) for (const separator of ':/') units.add(separator.charCodeAt(0));
  return [freshUnit(units), ...units];
}

/** A readable character that stands in none of the patterns, whatever its case. */
function freshUnit(units: ReadonlySet<number>): number {
  for (const candidate of 'x1yzqkwvjabcdefghilmnoprstu023456789~^!µßøđŋþ') {
    const unit = candidate.charCodeAt(0);
    if (!units.has(unit) && !units.has(candidate.toUpperCase().charCodeAt(0))) return unit;
  }
  let unit = 0x4e00;
  while (units.has(unit)) unit++;
  return unit;
}

/** A text no pattern has a piece of. */
function freshText(globs: readonly Glob[]): string {
  const units = new Set(globs.flatMap((glob) => glob.tokens.filter((token) => token >= 0)));
  return String.fromCharCode(freshUnit(units)).repeat(5);
}
