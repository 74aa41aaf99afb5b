import type { CelInput } from '@bufbuild/cel';
import { member, type TreeNode } from '../read/tree.ts';
import { lastMembers } from './canonical-text.ts';
import type { Truth } from './truth.ts';

/** What an expression may speak of. Flat: reaching into nested maps from one variable is many times slower. */
export type CelFacts = {
  readonly item: TreeNode;
  /** Undefined where the item was not there before; an expression sees null. */
  readonly before: TreeNode | undefined;
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
  return ({ item, before, name, type, path }) => {
    const answer = run({ item: inputOf(item), before: before === undefined ? null : inputOf(before), name, type, path });
    if (isCelError(answer)) return 'no';
    if (answer === true) return 'yes';
    return isCut(item) || (before !== undefined && isCut(before)) ? 'maybe' : 'no';
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

const inputs = new WeakMap<TreeNode, CelInput>();

/** What an expression sees of a node. Lists and maps are made as it goes into them; several expressions see the same item. */
function inputOf(node: TreeNode): CelInput {
  if (node.type !== 'object' && node.type !== 'array') return node.value ?? null;
  const known = inputs.get(node);
  if (known !== undefined) return known;
  const { celList, celMap }: typeof import('@bufbuild/cel') = require('@bufbuild/cel');
  const made =
    node.type === 'object' ? celMap(new Members(node)) : celList((node.children ?? []).slice(0, LONGEST_LIST).map((each) => inputOf(each)));
  inputs.set(node, made);
  return made;
}

/** The members of an object, of a repeated key the last. Most expressions ask for one or two. */
class Members implements ReadonlyMap<string, CelInput> {
  readonly #node: TreeNode;
  #all: ReadonlyMap<string, CelInput> | undefined;

  constructor(node: TreeNode) {
    this.#node = node;
  }

  get(key: string): CelInput | undefined {
    const value = typeof key === 'string' ? member(this.#node, key) : undefined;
    return value === undefined ? undefined : inputOf(value);
  }

  has(key: string): boolean {
    return this.get(key) !== undefined;
  }

  get size(): number {
    return this.#whole().size;
  }

  forEach(call: (value: CelInput, key: string, map: ReadonlyMap<string, CelInput>) => void): void {
    for (const [key, value] of this.#whole()) call(value, key, this);
  }

  entries(): MapIterator<[string, CelInput]> {
    return this.#whole().entries();
  }

  keys(): MapIterator<string> {
    return this.#whole().keys();
  }

  values(): MapIterator<CelInput> {
    return this.#whole().values();
  }

  [Symbol.iterator](): MapIterator<[string, CelInput]> {
    return this.entries();
  }

  #whole(): ReadonlyMap<string, CelInput> {
    return (this.#all ??= new Map([...lastMembers(this.#node)].map(([key, value]) => [key, inputOf(value)])));
  }
}

const cut = new WeakMap<TreeNode, boolean>();

/** Does a node hold a list of which an expression does not see the end? */
function isCut(node: TreeNode): boolean {
  const known = cut.get(node);
  if (known !== undefined) return known;
  const found = holdsLongList(node);
  cut.set(node, found);
  return found;
}

function holdsLongList({ type, children }: TreeNode): boolean {
  if (children === undefined) return false;
  return (type === 'array' && children.length > LONGEST_LIST) || children.some(holdsLongList);
}
