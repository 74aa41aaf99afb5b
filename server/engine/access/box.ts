import { findString } from './aws-iam/language.ts';
import { type Glob, globMaker, MANY } from './aws-iam/glob.ts';

/**
 * A set of values of one axis of a request.
 *
 * - `path`: a place in a tree and everything below it, less what is at or below `not`. [] is the whole tree.
 * - `glob`: texts that match every pattern of `all` (none: any text) and none of `not`; `*` is any characters.
 * - `spans`: whole numbers, as sorted stretches that do not touch.
 */
export type Axis =
  | { readonly kind: 'path'; readonly path: readonly string[]; readonly not: readonly (readonly string[])[] }
  | { readonly kind: 'glob'; readonly all: readonly string[]; readonly not: readonly string[] }
  | { readonly kind: 'spans'; readonly spans: readonly Span[] };

/** Both ends inclusive. */
export type Span = { readonly from: bigint; readonly to: bigint };

/** One set for each axis; the requests that lie in all of them. Boxes of one system have the same axes in the same order. */
export type Box = readonly Axis[];

export const pathAxis = (...path: readonly string[]): Axis => ({ kind: 'path', path, not: [] });
export const globAxis = (pattern: string, not: readonly string[] = []): Axis => ({ kind: 'glob', all: [pattern], not });
export const spansAxis = (spans: readonly Span[]): Axis => ({ kind: 'spans', spans: joined(spans) });

/** Says whether a set of texts has a member; made anew for each comparison, because it remembers every pattern it saw. */
export type Texts = { readonly sample: (all: readonly string[], not: readonly string[]) => string | undefined };

/** `outOfTime`: asked while a long search runs, which then gives up. */
export function texts(outOfTime: () => boolean): Texts {
  const make = globMaker();
  const known = new Map<string, Glob>();
  const globOf = (pattern: string): Glob => {
    const found = known.get(pattern);
    if (found !== undefined) return found;
    const tokens = Array.from({ length: pattern.length }, (_, i) => (pattern[i] === '*' ? MANY : pattern.charCodeAt(i)));
    const glob = make(pattern, tokens, false);
    known.set(pattern, glob);
    return glob;
  };
  return {
    sample: (all, not) => {
      if (not.length === 0 && all.length === 1) return (all[0] ?? '').replaceAll('*', 'x');
      const found = findString({ unions: all.map((pattern) => [globOf(pattern)]), not: not.map(globOf) }, outOfTime);
      // What could not be decided counts as there, so that nothing is missed.
      return found.kind === 'some' ? found.text : found.kind === 'none' ? undefined : (all[0] ?? 'x');
    },
  };
}

/** The requests of `box` that are not in `other`, as boxes that may overlap. */
export function subtract(box: Box, other: Box, known: Texts): readonly Box[] {
  const common: Axis[] = [];
  for (const [i, axis] of box.entries()) {
    const both = meet(axis, other[i] ?? axis, known);
    if (both === undefined) return [box];
    common.push(both);
  }
  return box.flatMap((axis, i) =>
    without(axis, other[i] ?? axis, known).map((piece) => [...common.slice(0, i), piece, ...box.slice(i + 1)]),
  );
}

/** What both have; undefined when nothing. */
export function meet(a: Axis, b: Axis, known: Texts): Axis | undefined {
  if (a.kind === 'path' && b.kind === 'path') {
    const path = within(a.path, b.path) ? a.path : within(b.path, a.path) ? b.path : undefined;
    return path === undefined ? undefined : pathWithout(path, [...a.not, ...b.not]);
  }
  if (a.kind === 'glob' && b.kind === 'glob') {
    const all = [...new Set([...a.all, ...b.all])];
    return globWithout(all.length > 1 ? all.filter((pattern) => pattern !== '*') : all, [...new Set([...a.not, ...b.not])], known);
  }
  if (a.kind === 'spans' && b.kind === 'spans') {
    const spans = a.spans.flatMap((x) =>
      b.spans.flatMap((y) => {
        const from = x.from > y.from ? x.from : y.from;
        const to = x.to < y.to ? x.to : y.to;
        return from <= to ? [{ from, to }] : [];
      }),
    );
    return spans.length === 0 ? undefined : { kind: 'spans', spans: joined(spans) };
  }
  return undefined;
}

function without(a: Axis, b: Axis, known: Texts): readonly Axis[] {
  if (a.kind === 'path' && b.kind === 'path') {
    const pieces = b.not.map((path) => meet(a, { kind: 'path', path, not: [] }, known));
    if (!within(a.path, b.path)) pieces.push(pathWithout(a.path, [...a.not, b.path]));
    return pieces.filter((piece) => piece !== undefined);
  }
  if (a.kind === 'glob' && b.kind === 'glob') {
    const pieces = [
      ...b.all.map((pattern) => globWithout(a.all, [...a.not, pattern], known)),
      ...b.not.map((pattern) => meet(a, { kind: 'glob', all: [...b.all, pattern], not: [] }, known)),
    ];
    return pieces.filter((piece) => piece !== undefined);
  }
  if (a.kind === 'spans' && b.kind === 'spans') {
    let left: readonly Span[] = a.spans;
    for (const { from, to } of b.spans) {
      left = left.flatMap((span) => {
        if (span.to < from || span.from > to) return [span];
        const pieces: Span[] = [];
        if (span.from < from) pieces.push({ from: span.from, to: from - 1n });
        if (span.to > to) pieces.push({ from: to + 1n, to: span.to });
        return pieces;
      });
    }
    return left.length === 0 ? [] : [{ kind: 'spans', spans: left }];
  }
  return [a];
}

function pathWithout(path: readonly string[], not: readonly (readonly string[])[]): Axis | undefined {
  const near: (readonly string[])[] = [];
  for (const each of not) {
    if (within(path, each)) return undefined;
    if (within(each, path) && !near.some((other) => within(each, other))) near.push(each);
  }
  return { kind: 'path', path, not: near };
}

function globWithout(all: readonly string[], not: readonly string[], known: Texts): Axis | undefined {
  const axis: Axis = { kind: 'glob', all, not };
  return known.sample(all, not) === undefined ? undefined : axis;
}

/** Is `path` at or below `above`? */
function within(path: readonly string[], above: readonly string[]): boolean {
  return above.length <= path.length && above.every((step, i) => step === path[i]);
}

/** Sorted, with stretches that overlap or touch made one. */
export function joined(spans: readonly Span[]): readonly Span[] {
  if (spans.length < 2) return spans;
  const sorted = [...spans].sort((a, b) => (a.from < b.from ? -1 : a.from > b.from ? 1 : 0));
  const out: Span[] = [];
  for (const span of sorted) {
    const last = out.at(-1);
    if (last !== undefined && span.from <= last.to + 1n) {
      if (span.to > last.to) out[out.length - 1] = { from: last.from, to: span.to };
    } else out.push(span);
  }
  return out;
}
