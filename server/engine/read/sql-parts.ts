import { arrayNode, type Draft, field, textNode } from './draft.ts';
import type { Token } from './sql-tokens.ts';

/** How the parts of a statement are written down; see sql-statements.ts. */

export type Span = { readonly start: number; readonly end: number };

export function text(name: string, value: string, { start, end }: Span): Draft {
  return field(name, textNode(value, start, end));
}

export function boolean(name: string, value: boolean, { start, end }: Span): Draft {
  return field(name, { type: 'boolean', offset: start, length: end - start, value });
}

export function flag(name: string, found: Span | undefined): Draft[] {
  return found === undefined ? [] : [boolean(name, true, found)];
}

export function list(name: string, items: Draft[]): Draft[] {
  const [first] = items;
  const last = items.at(-1);
  return first === undefined || last === undefined ? [] : [field(name, arrayNode(items, first.offset, last.offset + last.length))];
}

export function names(name: string, tokens: readonly Token[], as: 'list' | 'single' = 'list'): Draft[] {
  const nodes = tokens.map(nameNode);
  const [first] = nodes;
  if (as === 'list') return list(name, nodes);
  return first === undefined ? [] : [field(name, first)];
}

export function nameNode({ text: value, start, end }: Token): Draft {
  return textNode(value, start, end);
}
