import { assertNever } from '../assert-never.ts';
import { member, type TreeNode } from '../read/tree.ts';
import { evaluateCel } from './cel.ts';
import { equal, matches } from './matcher.ts';
import type { ItemPredicate, Matcher, Predicate } from './pack.ts';
import { type Hit, throughLists } from './hit.ts';
import { parsePath, type Path } from './path.ts';
import { select, type Selected, type Words } from './select.ts';
import { type OneOf, type PredicatePart, partsOf } from './predicate-parts.ts';
import { every, not, some, type Truth } from './truth.ts';

/** What a predicate is asked of: an item of a declaration on one side of the edit. */
export type Subject = {
  readonly item: Hit;
  readonly body: TreeNode;
  readonly words: Words;
  /** The same item on the side before, for expressions. */
  readonly before: TreeNode | undefined;
};

export type Answer = {
  readonly truth: Truth;
  /** What made it hold: the path that was asked, and where it led to. */
  readonly marks: readonly Mark[];
  /** Values that tell this risky state from another, each with its path. */
  readonly values: readonly string[];
};

export type Mark = { readonly path: string; readonly hit: Hit | undefined };

const YES: Answer = { truth: 'yes', marks: [], values: [] };
const NO: Answer = { truth: 'no', marks: [], values: [] };

/** Undefined: nothing is asked, so it holds. */
export function answer(predicate: Predicate | undefined, subject: Subject): Answer {
  if (predicate === undefined) return YES;
  const of = partsOf(predicate);
  for (const each of of) if (each.kind === 'path' && each.only !== undefined && isOther(subject.item.node, each.only)) return NO;
  const parts: Answer[] = [];
  for (const each of of) {
    const part = answerPart(each, subject);
    if (part.truth === 'no') return NO;
    parts.push(part);
  }
  return joined(every(parts.map(({ truth }) => truth)), parts);
}

/** Does another word stand there than those that are asked for? Most items are told apart by one, in a fraction of the time. */
function isOther(item: TreeNode, { key, words }: OneOf): boolean {
  const node = member(item, key);
  if (node === undefined || node.children !== undefined || node.type === 'null' || node.unresolved === true) return false;
  const value = node.value ?? null;
  return !words.some((word) => equal(value, word));
}

/** Where a path that was checked when its pack was read leads to. */
export function selectPath(text: string, subject: Subject): Selected {
  return select(checkedPath(text), subject.item, subject.body, subject.words);
}

/** The items a path leads to, lists opened. */
export function itemsAt(text: string, subject: Subject): { readonly items: readonly Hit[]; readonly unknown: boolean } {
  const { hits, unknown } = selectPath(text, subject);
  return { items: hits.flatMap(throughLists), unknown };
}

function answerPart(part: PredicatePart, subject: Subject): Answer {
  switch (part.kind) {
    case 'all': {
      const parts = part.of.map((each) => answer(each, subject));
      return joined(every(parts.map(({ truth }) => truth)), parts);
    }
    case 'any': {
      const parts = part.of.map((each) => answer(each, subject)).filter((each) => each !== NO);
      const truth = some(parts.map((each) => each.truth));
      if (truth === 'no') return NO;
      return joined(
        truth,
        parts.filter((each) => each.truth === truth),
      );
    }
    case 'none':
      return { ...NO, truth: not(some(part.of.map((each) => answer(each, subject).truth))) };
    case 'some':
      return someItem(part.items, subject);
    case 'no':
      return { ...NO, truth: not(someItem(part.items, subject).truth) };
    case 'cel':
      return { ...NO, truth: celTruth(part.expression, subject) };
    case 'path':
      return answerPath(part.path, part.matcher, subject);
    default:
      return assertNever(part);
  }
}

function someItem({ each, when }: ItemPredicate, subject: Subject): Answer {
  const { items, unknown } = itemsAt(each, subject);
  const parts = items.map((item) => {
    const part = answer(when, { ...subject, item });
    return part.marks.length === 0 && part.truth !== 'no' ? { ...part, marks: [{ path: each, hit: item }] } : part;
  });
  const truth = some(parts.map((part) => part.truth));
  if (truth === 'no') return { truth: unknown ? 'maybe' : 'no', marks: [], values: [] };
  return joined(
    truth,
    parts.filter((part) => part.truth === truth),
  );
}

function answerPath(path: string, matcher: Matcher, subject: Subject): Answer {
  const { truth, hits, values } = matches(selectPath(path, subject), matcher);
  if (truth === 'no') return NO;
  return {
    truth,
    marks: hits.length === 0 ? [{ path, hit: undefined }] : hits.map((hit) => ({ path, hit })),
    values: values.map((value) => `${path}=${value}`),
  };
}

function celTruth(expression: string, { item, before, words: { name, type, path } }: Subject): Truth {
  return evaluateCel(expression, { item: item.node, before, name, type, path });
}

function joined(truth: Truth, parts: readonly Answer[]): Answer {
  return { truth, marks: parts.flatMap(({ marks }) => marks), values: parts.flatMap(({ values }) => values) };
}

function checkedPath(text: string): Path {
  const path = parsePath(text);
  if ('problem' in path) throw new Error(path.problem);
  return path;
}
