import { truthOf, type Truth } from './truth.ts';

/** What an expression may speak of. Flat: reaching into nested maps from one variable is many times slower. */
export type CelFacts = {
  readonly item: unknown;
  /** null where the item was not there before. */
  readonly before: unknown;
  readonly name: string;
  readonly type: string;
  readonly path: string;
};

type Program = (facts: CelFacts) => Truth;

const LONGEST_EXPRESSION = 500;
const DEEPEST_COMPREHENSION = 2;
/** Items of a list that an expression sees; what comes after them is cut off, and the answer is then no more than a maybe. */
const LONGEST_LIST = 500;

const known = new Map<string, Program>();

/** Runs an expression; one that fails (a key is not there) does not hold. Throws only on expressions that celProblem refuses. */
export function evaluateCel(expression: string, facts: CelFacts): Truth {
  const program = known.get(expression) ?? compile(expression);
  known.set(expression, program);
  return program(facts);
}

/** What is wrong with an expression; undefined for a good one. */
export function celProblem(expression: string): string | undefined {
  if (expression.length > LONGEST_EXPRESSION) {
    return `The expression has ${expression.length} characters; at most ${LONGEST_EXPRESSION} are taken. Split the rule.`;
  }
  try {
    const program = compile(expression);
    known.set(expression, program);
    return undefined;
  } catch (error) {
    return `The expression is not taken: ${error instanceof Error ? error.message : String(error)}`;
  }
}

function compile(expression: string): Program {
  const { celEnv, isCelError, parse, plan }: typeof import('@bufbuild/cel') = require('@bufbuild/cel');
  const parsed = parse(expression);
  const depth = comprehensionDepth(parsed.expr);
  if (depth > DEEPEST_COMPREHENSION)
    throw new Error(`comprehensions are nested ${depth} deep; at most ${DEEPEST_COMPREHENSION} are taken.`);
  const run = plan(celEnv(), parsed);
  return (facts) => {
    const cut = { happened: false };
    const { name, type, path } = facts;
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- plain data of a document is what expressions take
    const bindings = { item: capped(facts.item, cut), before: capped(facts.before, cut), name, type, path } as Parameters<typeof run>[0];
    const answer = run(bindings);
    if (isCelError(answer)) return 'no';
    return cut.happened && answer !== true ? 'maybe' : truthOf(answer === true);
  };
}

function comprehensionDepth(expr: unknown): number {
  if (typeof expr !== 'object' || expr === null) return 0;
  const own = 'exprKind' in expr && isKind(expr.exprKind) && expr.exprKind.case === 'comprehensionExpr' ? 1 : 0;
  let deepest = 0;
  for (const value of Object.values(expr)) if (typeof value === 'object') deepest = Math.max(deepest, comprehensionDepth(value));
  return own + deepest;
}

function isKind(value: unknown): value is { readonly case: unknown } {
  return typeof value === 'object' && value !== null && 'case' in value;
}

function capped(value: unknown, cut: { happened: boolean }): unknown {
  if (Array.isArray(value)) {
    if (value.length > LONGEST_LIST) cut.happened = true;
    return value.slice(0, LONGEST_LIST).map((each) => capped(each, cut));
  }
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, capped(each, cut)]));
  }
  return value ?? null;
}
