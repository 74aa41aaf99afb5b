import type { Condition } from './statement.ts';
import { type Glob, matches } from './glob.ts';
import { parseAddress, parseRange, type Range } from './ip.ts';
import { hasHole, type PatternOptions, plainTokens, tokensOf, type Valuation } from './pattern.ts';

/** What a request carries for a key: nothing, one value, or several. */
export type ContextValue = undefined | string | readonly string[];
/** `unknown`: AWS does not say, or we do not model it. */
export type Answer = boolean | 'unknown';

export type Compare = '=' | '<' | '<=' | '>' | '>=';
/** What one operator says of one value, before it is negated. */
export type Measure =
  | { readonly kind: 'text'; readonly globs: readonly Glob[]; readonly arn: boolean; readonly broken: boolean }
  | { readonly kind: 'number' | 'date'; readonly compare: Compare; readonly numbers: readonly number[]; readonly broken: boolean }
  | { readonly kind: 'address'; readonly ranges: readonly Range[]; readonly broken: boolean }
  | { readonly kind: 'bool'; readonly values: readonly string[] }
  | { readonly kind: 'null'; readonly values: readonly string[] }
  | { readonly kind: 'opaque' };

/** One operator × key × values of a statement's condition. */
export type Test = {
  /** The same for tests that mean the same. */
  readonly id: number;
  /** Lower case. */
  readonly key: string;
  readonly quantifier: 'one' | 'any' | 'all';
  readonly negated: boolean;
  readonly ifExists: boolean;
  readonly measure: Measure;
};

export type MakeGlob = (text: string, tokens: readonly number[], anyCase: boolean) => Glob;

export function compileTest(
  condition: Condition,
  variables: boolean,
  valuation: Valuation,
  makeGlob: MakeGlob,
  idOf: (key: string) => number,
): Test {
  const [, set = '', base = '', ifExists = ''] =
    /^(forany(?:value)?:|forall(?:values)?:)?(.*?)(ifexists)?$/i.exec(condition.operator.trim()) ?? [];
  const operator = base.toLowerCase();
  const known = OPERATORS.get(operator);
  const quantifier = /^forany/i.test(set) ? 'any' : /^forall/i.test(set) ? 'all' : 'one';
  const texts = condition.values.map(({ text }) => text);
  const measure: Measure =
    known === undefined || (set !== '' && !/^(foranyvalue|forallvalues):$/i.test(set)) || (MEASURED.test(operator) && texts.some(hasHole))
      ? { kind: 'opaque' }
      : known.measure(texts, { variables, valuation, makeGlob });
  const key = condition.key.toLowerCase();
  const negated = known?.negated ?? false;
  const id = idOf(
    [key, quantifier, negated, ifExists !== '', measure.kind === 'opaque' ? operator : '', identityOf(measure, texts)].join('\u0000'),
  );
  return { id, key, quantifier, negated, ifExists: ifExists !== '', measure };
}

/** Numbers, dates, addresses and flags that only a template knows: whether a request passes cannot be told. */
const MEASURED = /^(numeric|date|ipaddress|notipaddress|bool)/;

/** Does the request's value pass the test? */
export function holds(test: Test, value: ContextValue): Answer {
  const { measure } = test;
  if (measure.kind === 'opaque') return 'unknown';
  if (measure.kind === 'null') return measure.values.includes(value === undefined ? 'true' : 'false');
  if (test.quantifier === 'all') {
    if (value === undefined) return true;
    return listOf(value).every((each) => holdsForOne(test, each));
  }
  if (test.quantifier === 'any') {
    // AWS does not say what IfExists adds to ForAnyValue.
    if (value === undefined) return test.ifExists ? 'unknown' : false;
    return listOf(value).some((each) => holdsForOne(test, each));
  }
  if (value === undefined) return test.ifExists || test.negated;
  // A list needs a set operator.
  return typeof value === 'string' && holdsForOne(test, value);
}

/** Does one present value pass, leaving quantifiers aside? */
export function holdsForOne(test: Test, value: string): boolean {
  const { measure } = test;
  switch (measure.kind) {
    case 'text': {
      if (measure.arn && !isArn(value)) return false;
      if (test.negated && measure.broken) return false;
      return measure.globs.some((glob) => matches(glob, value)) !== test.negated;
    }
    case 'number':
    case 'date': {
      const number = measure.kind === 'number' ? parseNumber(value) : parseDate(value);
      if (number === undefined || (test.negated && measure.broken)) return false;
      return measure.numbers.some((each) => compares(number, measure.compare, each)) !== test.negated;
    }
    case 'address': {
      const address = parseAddress(value);
      if (address === undefined || (test.negated && measure.broken)) return false;
      return (
        measure.ranges.some((range) => range.version === address.version && range.from <= address.number && address.number <= range.to) !==
        test.negated
      );
    }
    case 'bool':
      return measure.values.includes(value.toLowerCase());
    case 'null':
      return measure.values.includes('false');
    case 'opaque':
      return true;
    default:
      return measure satisfies never;
  }
}

function isArn(text: string): boolean {
  return /^[^:]*(:[^:]*){4}:/.test(text);
}

function parseNumber(text: string): number | undefined {
  const number = Number.parseFloat(text);
  return Number.isNaN(number) ? undefined : number;
}

/** Milliseconds. AWS takes W3C dates and seconds since 1970. */
function parseDate(text: string): number | undefined {
  if (/^\d+$/.test(text) && text.length > 4) return Number(text) * 1000;
  const date = Date.parse(text);
  return Number.isNaN(date) ? undefined : date;
}

function compares(left: number, compare: Compare, right: number): boolean {
  switch (compare) {
    case '=':
      return left === right;
    case '<':
      return left < right;
    case '<=':
      return left <= right;
    case '>':
      return left > right;
    case '>=':
      return left >= right;
    default:
      return compare satisfies never;
  }
}

type Means = { readonly variables: boolean; readonly valuation: Valuation; readonly makeGlob: MakeGlob };
type Operator = { readonly negated: boolean; readonly measure: (values: readonly string[], means: Means) => Measure };

function text(
  negated: boolean,
  options: { readonly wildcards: boolean; readonly anyCase: boolean; readonly arn: PatternOptions['arn'] },
): Operator {
  return {
    negated,
    measure: (values, { variables, valuation, makeGlob }) => {
      const globs = values.map((value) => {
        const tokens = tokensOf(value, { wildcards: options.wildcards, arn: options.arn, variables }, valuation);
        return tokens === undefined ? undefined : makeGlob(value, tokens, options.anyCase);
      });
      const sound = globs.filter((glob) => glob !== undefined);
      return { kind: 'text', globs: sound, arn: options.arn !== 'no', broken: sound.length < globs.length };
    },
  };
}

function number(kind: 'number' | 'date', compare: Compare, negated: boolean): Operator {
  return {
    negated,
    measure: (values) => {
      const numbers = values.map(kind === 'number' ? parseNumber : parseDate).filter((each) => each !== undefined);
      return { kind, compare, numbers, broken: numbers.length < values.length };
    },
  };
}

function address(negated: boolean): Operator {
  return {
    negated,
    measure: (values) => {
      const ranges = values.map(parseRange).filter((each) => each !== undefined);
      return { kind: 'address', ranges, broken: ranges.length < values.length };
    },
  };
}

const EXACT = { wildcards: false, anyCase: false, arn: 'no' } as const;
const LIKE = { wildcards: true, anyCase: false, arn: 'no' } as const;
const ANY_CASE = { wildcards: false, anyCase: true, arn: 'no' } as const;
const ARN = { wildcards: true, anyCase: false, arn: 'condition' } as const;

const OPERATORS: ReadonlyMap<string, Operator> = new Map<string, Operator>([
  ['stringequals', text(false, EXACT)],
  ['stringnotequals', text(true, EXACT)],
  ['stringequalsignorecase', text(false, ANY_CASE)],
  ['stringnotequalsignorecase', text(true, ANY_CASE)],
  ['stringlike', text(false, LIKE)],
  ['stringnotlike', text(true, LIKE)],
  ['arnequals', text(false, ARN)],
  ['arnlike', text(false, ARN)],
  ['arnnotequals', text(true, ARN)],
  ['arnnotlike', text(true, ARN)],
  ['numericequals', number('number', '=', false)],
  ['numericnotequals', number('number', '=', true)],
  ['numericlessthan', number('number', '<', false)],
  ['numericlessthanequals', number('number', '<=', false)],
  ['numericgreaterthan', number('number', '>', false)],
  ['numericgreaterthanequals', number('number', '>=', false)],
  ['dateequals', number('date', '=', false)],
  ['datenotequals', number('date', '=', true)],
  ['datelessthan', number('date', '<', false)],
  ['datelessthanequals', number('date', '<=', false)],
  ['dategreaterthan', number('date', '>', false)],
  ['dategreaterthanequals', number('date', '>=', false)],
  ['ipaddress', address(false)],
  ['notipaddress', address(true)],
  [
    'bool',
    {
      negated: false,
      measure: (values) => ({
        kind: 'bool',
        values: values.map((each) => each.toLowerCase()).filter((each) => each === 'true' || each === 'false'),
      }),
    },
  ],
  ['null', { negated: false, measure: (values) => ({ kind: 'null', values: values.map((each) => each.toLowerCase()) }) }],
  [
    'binaryequals',
    {
      negated: false,
      measure: (values, { makeGlob }) => ({
        kind: 'text',
        globs: values.map((each) => makeGlob(each, plainTokens(each), false)),
        arn: false,
        broken: false,
      }),
    },
  ],
]);

function identityOf(measure: Measure, texts: readonly string[]): string {
  switch (measure.kind) {
    case 'text':
      return `${measure.kind}${measure.arn}${measure.broken}${[...new Set(measure.globs.map(({ id }) => id))].sort((a, b) => a - b).join()}`;
    case 'number':
    case 'date':
      return `${measure.kind}${measure.compare}${measure.broken}${[...measure.numbers].sort((a, b) => a - b).join()}`;
    case 'address':
      return `${measure.kind}${measure.broken}${measure.ranges
        .map(({ version, from, to }) => `${version}:${from}-${to}`)
        .sort()
        .join()}`;
    case 'bool':
    case 'null':
      return measure.kind + [...new Set(measure.values)].sort().join();
    case 'opaque':
      return [...texts].sort().join('\u0001');
    default:
      return measure satisfies never;
  }
}

function listOf(value: string | readonly string[]): readonly string[] {
  return typeof value === 'string' ? [value] : value;
}
