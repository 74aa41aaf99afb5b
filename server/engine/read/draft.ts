import type { Place, Position, Problem } from '../types.ts';
import { LARGEST_TEXT, MOST_PROBLEMS } from './limits.ts';
import { positionsOf } from './positions.ts';
import type { Format, TextTree, TreeNode } from './tree.ts';

/** A node while it is being made. */
export type Draft = {
  type: TreeNode['type'];
  offset: number;
  length: number;
  value?: string | number | boolean | null;
  children?: Draft[];
  unresolved?: boolean;
  labels?: readonly string[];
  runs?: readonly (readonly [index: number, offset: number])[];
};

/** A text and what is said of it while it is read. */
export type Source = {
  readonly format: Format;
  readonly text: string;
  readonly side: Place['side'];
  readonly problems: Problem[];
  readonly positionAt: (offset: number) => Position;
  readonly placeOf: (start: number, end: number) => Place;
};

export function sourceOf(format: Format, text: string, side: Place['side']): Source {
  return { format, text, side, problems: [], ...positionsOf(text, side) };
}

/** The tree of what was read; `root` is absent when nothing could be. */
export function treeOf(source: Source, root: TreeNode | undefined): TextTree {
  const { format, text, side, problems, positionAt, placeOf } = source;
  return { format, text, side, documents: root === undefined ? [] : [root], problems, positionAt, placeOf };
}

/** Says that a text is larger than what is read, if it is. */
export function isTooLarge(source: Source): boolean {
  const { text, problems, side } = source;
  if (text.length <= LARGEST_TEXT) return false;
  const message = `This file has ${text.length} characters; at most ${LARGEST_TEXT} are read. Split it.`;
  problems.push({ kind: 'too-large', message, blinds: side === 'after' });
  return true;
}

/** `what` goes on from "Line 7 ": "is not valid HCL (…). Correct it." The first ones are kept. */
export function report(source: Source, kind: Problem['kind'], start: number, end: number, what: string): void {
  if (source.problems.length >= MOST_PROBLEMS) return;
  const place = source.placeOf(start, end);
  source.problems.push({ kind, message: `Line ${place.start.line} ${what}`, place, blinds: source.side === 'after' });
}

export function reportDuplicate(source: Source, key: Draft): void {
  const name = String(key.value).slice(0, 80);
  const what = `repeats the key "${name}"; readers differ in which one counts. Keep one.`;
  report(source, 'duplicate-key', key.offset, key.offset + key.length, what);
}

export function textNode(value: string, start: number, end: number): Draft {
  return { type: 'string', offset: start, length: end - start, value };
}

/** Text that is worked out elsewhere. */
export function unresolvedNode(expression: string, start: number, end: number): Draft {
  return { type: 'string', offset: start, length: end - start, value: `\${${expression}}`, unresolved: true };
}

export function arrayNode(children: Draft[], start: number, end: number): Draft {
  return { type: 'array', offset: start, length: end - start, children };
}

export function objectNode(children: Draft[], start: number, end: number): Draft {
  return { type: 'object', offset: start, length: end - start, children };
}

export function propertyNode(key: Draft, value: Draft | undefined): Draft {
  const end = value === undefined ? key.offset + key.length : Math.max(value.offset + value.length, key.offset + key.length);
  return { type: 'property', offset: key.offset, length: end - key.offset, children: value === undefined ? [key] : [key, value] };
}

/** A member whose name is not written in the text: its key stands where its value stands. */
export function field(name: string, value: Draft): Draft {
  return propertyNode(textNode(name, value.offset, value.offset + value.length), value);
}

/** The value of a key, the last one of its name. */
export function valueIn(node: Draft, key: string): Draft | undefined {
  return node.children?.findLast((each) => each.children?.[0]?.value === key)?.children?.[1];
}

/** What stands in a block: `name = value`, or a nested block. */
export type Entry = { readonly kind: 'attribute' | 'block'; readonly key: Draft; readonly value: Draft };

/** Attributes as they come; blocks of one name gathered in an array where the first of them stands. */
export function propertiesOf(entries: readonly Entry[], source: Source): Draft[] {
  const properties: Draft[] = [];
  const seen = new Set<string>();
  const blocks = new Map<string, Draft>();
  for (const { kind, key, value } of entries) {
    const name = String(key.value);
    if (kind === 'attribute') {
      if (seen.has(name)) reportDuplicate(source, key);
      seen.add(name);
      properties.push(propertyNode(key, value));
      continue;
    }
    const list = blocks.get(name);
    if (list === undefined) {
      const made = arrayNode([value], value.offset, value.offset + value.length);
      blocks.set(name, made);
      properties.push(propertyNode(key, made));
    } else {
      list.children?.push(value);
      list.length = value.offset + value.length - list.offset;
    }
  }
  return properties;
}
