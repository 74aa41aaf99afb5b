import { type Draft, valueIn } from './draft.ts';
import { DEEPEST } from './limits.ts';

/**
 * Values that can be worked out from other places of the same text: looked up when the whole text has been read,
 * because what they name may stand further down.
 */
export type Deferred = {
  readonly later: Map<Draft, Later>;
  /** What names stand for: "local.open", "var.cidr". */
  readonly names: Map<string, Draft>;
  /** A list or an object stands in more than one place: only then can the document be larger than its text. */
  repeats: boolean;
};

export type Step = string | number;

export type Later =
  | { readonly kind: 'reference'; readonly name: string; readonly steps: readonly Step[] }
  | { readonly kind: 'call'; readonly name: string; readonly arguments: readonly Draft[] }
  | { readonly kind: 'choice'; readonly condition: Draft; readonly yes: Draft; readonly no: Draft }
  | { readonly kind: 'template'; readonly parts: readonly Part[] };

/** A stretch of a template: text as it is, or an expression. */
export type Part = { readonly text: string; readonly offset: number } | { readonly node: Draft };

/** Works out a call from its arguments; undefined when it cannot. */
export type Fold = (name: string, args: readonly Draft[]) => Draft | undefined;

export function deferredOf(): Deferred {
  return { later: new Map(), names: new Map(), repeats: false };
}

/** Texts may repeat what they name so often that no reader gets through: beyond this nothing is put in. */
const MOST_EXPANDED = 1_000_000;
/** A level of the text is an object and a property. */
const DEEPEST_NODES = 2 * DEEPEST + 10;
const LONGEST_CHAIN = 100;

/**
 * Puts in what can be worked out. What cannot stays text with `${…}`, unresolved.
 * False when putting it in makes the document endless or far too large; it is unusable then and must be read without.
 */
export function settleAll(deferred: Deferred, root: Draft, fold: Fold): boolean {
  if (deferred.later.size === 0) return true;
  for (const draft of deferred.later.keys()) settle(draft, deferred, fold, 0);
  if (!deferred.repeats) return true;
  const { nodes, levels } = extentOf(root, new Map(), 0);
  return nodes <= MOST_EXPANDED && levels <= DEEPEST_NODES;
}

function settle(draft: Draft, deferred: Deferred, fold: Fold, chain: number): void {
  const later = deferred.later.get(draft);
  if (later === undefined || chain > LONGEST_CHAIN) return;
  // Gone before it is worked out, so that what names itself stays unresolved.
  deferred.later.delete(draft);
  const next = (each: Draft): void => settle(each, deferred, fold, chain + 1);
  switch (later.kind) {
    case 'reference': {
      let target = deferred.names.get(later.name);
      if (target !== undefined) next(target);
      for (const step of later.steps) {
        target = target === undefined ? undefined : stepInto(target, step);
        if (target !== undefined) next(target);
      }
      if (target === undefined || target === draft || target.type === 'null') return;
      become(draft, target);
      if (draft.children !== undefined) deferred.repeats = true;
      return;
    }
    case 'call': {
      later.arguments.forEach(next);
      const folded = fold(later.name, later.arguments);
      if (folded !== undefined) become(draft, folded);
      return;
    }
    case 'choice': {
      [later.condition, later.yes, later.no].forEach(next);
      const chosen = chosenOf(draft, later.condition, later.yes, later.no);
      if (chosen === undefined) return;
      become(draft, chosen);
      if (draft.children !== undefined) deferred.repeats = true;
      return;
    }
    case 'template': {
      for (const part of later.parts) if ('node' in part) next(part.node);
      become(draft, templateNode(later.parts, draft.offset, draft.offset + draft.length));
      return;
    }
    default:
      later satisfies never;
  }
}

/** The branch that a known condition takes. Of two lists, where it is not known, all that either may hold. */
function chosenOf(whole: Draft, { value, unresolved }: Draft, yes: Draft, no: Draft): Draft | undefined {
  if (unresolved !== true && (value === true || value === 'true')) return yes;
  if (unresolved !== true && (value === false || value === 'false')) return no;
  if (yes.type !== 'array' || no.type !== 'array') return undefined;
  const { offset, length } = whole;
  return { type: 'array', offset, length, children: [...(yes.children ?? []), ...(no.children ?? [])] };
}

/** A text made of parts; expressions that are not known stay as `${…}`. */
export function templateNode(parts: readonly Part[], start: number, end: number): Draft {
  let value = '';
  let unresolved = false;
  const runs: (readonly [number, number])[] = [];
  for (const part of parts) {
    runs.push([value.length, 'node' in part ? part.node.offset : part.offset]);
    if (!('node' in part)) value += part.text;
    else {
      const known = isScalar(part.node) && part.node.unresolved !== true;
      if (!known) unresolved = true;
      value += isScalar(part.node) ? String(part.node.value) : '${…}';
    }
  }
  const draft: Draft = { type: 'string', offset: start, length: end - start, value, runs };
  if (unresolved) draft.unresolved = true;
  return draft;
}

export function isScalar(draft: Draft): boolean {
  return draft.children === undefined && draft.value !== undefined && draft.value !== null;
}

/** A member or an item. */
export function stepInto(target: Draft, step: Step): Draft | undefined {
  if (target.type === 'object') return valueIn(target, String(step));
  return target.type === 'array' && typeof step === 'number' ? target.children?.[step] : undefined;
}

function become(draft: Draft, other: Draft): void {
  delete draft.unresolved;
  delete draft.runs;
  delete draft.children;
  delete draft.value;
  Object.assign(draft, other);
}

/** Of the document written out, with nodes that stand in several places counted each time; endless when it contains itself. */
type Extent = { readonly nodes: number; readonly levels: number };

const ENDLESS: Extent = { nodes: Infinity, levels: Infinity };

function extentOf(node: Draft, known: Map<readonly Draft[], Extent>, depth: number): Extent {
  const children = node.children;
  if (children === undefined) return { nodes: 1, levels: 1 };
  if (depth > DEEPEST_NODES) return ENDLESS;
  const before = known.get(children);
  if (before !== undefined) return before;
  // Until it is known, meeting it again means that it contains itself.
  known.set(children, ENDLESS);
  let nodes = 1;
  let levels = 0;
  for (const child of children) {
    const extent = extentOf(child, known, depth + 1);
    nodes += extent.nodes;
    levels = Math.max(levels, extent.levels);
  }
  const extent = { nodes, levels: levels + 1 };
  known.set(children, extent);
  return extent;
}
