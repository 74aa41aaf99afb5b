import { type ContextValue, holds, holdsForOne, type MakeGlob, type Test } from './condition-test.ts';
import { type Glob, MANY, MANY_NO_COLON } from './glob.ts';
import { sampleAddresses } from './ip.ts';
import { findString } from './language.ts';

/** A test and whether the request must pass it or fail it. */
export type Wanted = { readonly test: Test; readonly pass: boolean };

export type FoundValue =
  | { readonly kind: 'none' }
  /** `sure` is false when a test was involved whose answer is unknown. */
  | { readonly kind: 'some'; readonly value: ContextValue; readonly sure: boolean }
  | { readonly kind: 'undecided' };

/** Can one key of a request carry a value that answers every test as wanted? All tests are of the same key. */
export function findValue(wanted: readonly Wanted[], makeGlob: MakeGlob, outOfTime: () => boolean): FoundValue {
  const absent = judge(wanted, undefined);
  if (absent?.sure) return absent;
  let unsure: FoundValue | undefined = absent;
  const single = findOne(wanted, makeGlob, outOfTime);
  for (const text of single.texts) {
    const found = judge(wanted, text);
    if (found?.sure) return found;
    unsure ??= found;
  }
  let { undecided } = single;
  if (wanted.some(({ test }) => test.quantifier !== 'one')) {
    const many = findMany(wanted, makeGlob, outOfTime);
    if (many.kind === 'undecided') undecided = true;
    else if (many.kind === 'some') {
      const found = judge(wanted, many.value);
      if (found?.sure) return found;
      unsure ??= found;
    }
  }
  return unsure ?? (undecided ? { kind: 'undecided' } : { kind: 'none' });
}

/** Does this one value do? For keys whose value is fixed by a policy variable. */
export function judge(wanted: readonly Wanted[], value: ContextValue): (FoundValue & { readonly kind: 'some' }) | undefined {
  let sure = true;
  for (const { test, pass } of wanted) {
    const answer = holds(test, value);
    if (answer === 'unknown') sure = false;
    else if (answer !== pass) return undefined;
  }
  return { kind: 'some', value, sure };
}

/** Candidates for one present value: when none of them does, no value does (or it is undecided). */
function findOne(
  wanted: readonly Wanted[],
  makeGlob: MakeGlob,
  outOfTime: () => boolean,
): { readonly texts: readonly string[]; readonly undecided: boolean } {
  const kinds = new Set(wanted.map(({ test }) => test.measure.kind));
  kinds.delete('null');
  kinds.delete('opaque');
  if (kinds.size === 0) return { texts: ['x'], undecided: false };
  const texts: string[] = [];
  // A key that is compared as a boolean carries nothing else.
  if (kinds.has('bool')) texts.push('true', 'false');
  const numbers = boundaries(wanted, 'number');
  if (numbers.length > 0) texts.push(...between(numbers, 1).map(String));
  const dates = boundaries(wanted, 'date');
  if (dates.length > 0)
    texts.push(
      ...between(dates, DAY)
        .map((each) => new Date(each))
        .filter((date) => !Number.isNaN(date.getTime()))
        .map((date) => date.toISOString()),
    );
  const ranges = wanted.flatMap(({ test }) => (test.measure.kind === 'address' ? test.measure.ranges : []));
  if (kinds.has('address')) texts.push(...sampleAddresses(ranges));
  let undecided = false;
  if (kinds.has('text')) {
    for (const shaped of wanted.some(({ test }) => test.measure.kind === 'text' && test.measure.arn) ? [true, false] : [false]) {
      const found = findText(wanted, shaped, makeGlob, outOfTime);
      if (found.kind === 'some') texts.push(found.text);
      else if (found.kind === 'undecided') undecided = true;
    }
    if (kinds.size > 1)
      texts.push(
        ...wanted.flatMap(({ test }) => (test.measure.kind === 'text' ? test.measure.globs.flatMap(({ literal }) => literal ?? []) : [])),
      );
  }
  // Something no measure understands: negated number, date and address tests fail on it, and so may be what is wanted.
  if (!kinds.has('bool')) texts.push('x');
  return { texts, undecided: undecided && kinds.size === 1 };
}

function findText(wanted: readonly Wanted[], shapedAsArn: boolean, makeGlob: MakeGlob, outOfTime: () => boolean) {
  const unions: (readonly Glob[])[] = [];
  const not: Glob[] = [];
  for (const { test, pass } of wanted) {
    const { measure } = test;
    if (measure.kind !== 'text') continue;
    if (pass !== test.negated) unions.push(measure.globs);
    else not.push(...measure.globs);
    if (test.negated && measure.broken) {
      // Such a test is passed by no value, and failed by every one.
      if (pass) return { kind: 'none' } as const;
      unions.pop();
    }
  }
  if (shapedAsArn) unions.push([makeGlob('an ARN', ARN_SHAPE, false)]);
  return findString({ unions, not }, outOfTime);
}

const ARN_SHAPE = [97, 114, 110, 58, MANY_NO_COLON, 58, MANY_NO_COLON, 58, MANY_NO_COLON, 58, MANY_NO_COLON, 58, MANY];

/** A list of values: some tests speak of all of them, some ask for one that differs. */
function findMany(
  wanted: readonly Wanted[],
  makeGlob: MakeGlob,
  outOfTime: () => boolean,
): { kind: 'none' | 'undecided' } | { kind: 'some'; value: readonly string[] } {
  const every: Wanted[] = [];
  const some: Wanted[] = [];
  for (const each of wanted) {
    const { quantifier } = each.test;
    if (quantifier === 'one') continue;
    // "Not any" speaks of all, "not all" of one.
    if ((quantifier === 'all') === each.pass) every.push(each);
    else some.push(each);
  }
  const value: string[] = [];
  let undecided = false;
  for (const one of some.length > 0 ? some : [undefined]) {
    const local = one === undefined ? every : [one, ...every];
    const { texts, undecided: open } = findOne(local, makeGlob, outOfTime);
    const text = texts.find((candidate) =>
      local.every(({ test, pass }) => test.measure.kind === 'opaque' || holdsForOne(test, candidate) === pass),
    );
    if (text !== undefined) value.push(text);
    else if (open) undecided = true;
    else if (one !== undefined) return { kind: 'none' };
  }
  return undecided ? { kind: 'undecided' } : { kind: 'some', value: [...new Set(value)] };
}

function boundaries(wanted: readonly Wanted[], kind: 'number' | 'date'): readonly number[] {
  const all = wanted.flatMap(({ test }) => (test.measure.kind === kind ? test.measure.numbers : []));
  return [...new Set(all)].sort((a, b) => a - b);
}

/** The boundaries, a point to each side, and a point between neighbours; whole steps before halves. */
function between(sorted: readonly number[], step: number): readonly number[] {
  const near = sorted.flatMap((each) => [each, each + step, each - step]);
  const middles = sorted.slice(1).map((each, i) => (each + (sorted[i] ?? 0)) / 2);
  return [...near, ...middles];
}

const DAY = 86_400_000;
