import { type AST, ParseError, parseTOML } from 'toml-eslint-parser';
import type { Place } from '../types.ts';
import { arrayNode, type Draft, isTooLarge, objectNode, propertyNode, report, type Source, sourceOf, textNode, treeOf } from './draft.ts';
import type { TextTree } from './tree.ts';
import { tomlRuns } from './toml-runs.ts';

/** Reads TOML, half-typed or whole: a line that cannot be read is said and left out. Tables become objects where their names put them. */
export function readToml(text: string, side: Place['side']): TextTree {
  const source = sourceOf('toml', text, side);
  if (isTooLarge(source)) return treeOf(source, undefined);
  // A space of the same width instead of a byte order mark keeps every offset.
  const program = parsed(text.startsWith('\uFEFF') ? ` ${text.slice(1)}` : text, source);
  return treeOf(source, program === undefined ? undefined : treeOfProgram(program, source));
}

/** As often as the parser stops at a line, the line is blanked and the text read again. */
const MOST_TRIES = 8;

function parsed(text: string, source: Source): AST.TOMLProgram | undefined {
  let current = text;
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    try {
      return parseTOML(current, { tomlVersion: '1.1' });
    } catch (error) {
      if (!(error instanceof ParseError)) {
        report(source, 'too-deep', 0, 1, 'begins a text that is nested too deep to be read. Flatten it.');
        return undefined;
      }
      const fault = faultyLine(current, Math.min(error.index, current.length - 1));
      const kind = /multiple times|already/i.test(error.message) ? 'duplicate-key' : 'partly-read';
      const reason = error.message.toLowerCase().slice(0, 120);
      report(source, kind, fault.start, fault.end, `is not valid TOML (${reason}). Correct it; what follows may not have been seen.`);
      const { start, end } = fault;
      const blanked = current.slice(0, start) + current.slice(start, end).replace(/[^\r]/g, ' ') + current.slice(end);
      if (blanked === current) return undefined;
      current = blanked;
    }
  }
  // What stands before the last fault is still worth reading.
  report(source, 'unreadable', 0, 1, 'begins a text with too many faults. Correct them.');
  return undefined;
}

/** The line to blame: where the line before was left open, the parser stops at the next. */
function faultyLine(text: string, at: number): { readonly start: number; readonly end: number } {
  const near = Math.max(0, at - 1000);
  const before = text.slice(near, text.lastIndexOf('\n', at - 1) + 1).trimEnd();
  const open = /(^|\n)([^\n]*[=,[{]|[ \t]*\[[^\]\n]*)$/.test(before);
  let end = open ? near + before.length : text.indexOf('\n', at);
  if (end === -1) end = text.length;
  for (;;) {
    const start = text.lastIndexOf('\n', end - 1) + 1;
    if (start === 0 || text.slice(start, end).trim() !== '') return { start, end };
    end = start - 1;
  }
}

function treeOfProgram(program: AST.TOMLProgram, source: Source): Draft {
  const root = objectNode([], 0, source.text.length);
  const names: Names = new Map();
  for (const entry of program.body[0].body) {
    if (entry.type === 'TOMLKeyValue') {
      put(names, [root], entry, source);
      continue;
    }
    const path = tableAt(names, root, entry.key.keys.map(keyNode), entry.kind === 'array', entry.range);
    for (const pair of entry.body) put(names, path, pair, source);
  }
  return root;
}

/** Members by name, so that lists of members need not be walked again and again. */
type Names = Map<Draft, Map<string, Draft>>;

/** The objects from the root to a table, made where they are not there yet. */
function tableAt(names: Names, root: Draft, keys: readonly Draft[], repeated: boolean, range: Range): readonly Draft[] {
  const path = [root];
  let current = root;
  keys.forEach((key, i) => {
    current = step(names, current, key, repeated && i === keys.length - 1, range);
    path.push(current);
  });
  for (const each of path) extend(each, range[1]);
  return path;
}

type Range = readonly [number, number];

/** Puts a pair below the last object of the path; `a.b = 1` makes the object `a`. */
function put(names: Names, path: readonly Draft[], pair: AST.TOMLKeyValue, source: Source): void {
  const keys = pair.key.keys.map(keyNode);
  const name = keys.pop();
  let current = path.at(-1);
  if (name === undefined || current === undefined) return;
  const whole = [...path];
  for (const key of keys) {
    current = step(names, current, key, false, pair.range);
    whole.push(current);
  }
  add(names, current, name, valueOf(names, pair.value, source));
  for (const each of whole) extend(each, pair.range[1]);
}

function step(names: Names, from: Draft, key: Draft, repeated: boolean, range: Range): Draft {
  const known = names.get(from)?.get(String(key.value));
  if (repeated) {
    const item = objectNode([], range[0], range[1]);
    if (known?.type === 'array') {
      known.children?.push(item);
      extend(known, range[1]);
    } else add(names, from, key, arrayNode([item], range[0], range[1]));
    return item;
  }
  const found = known?.type === 'array' ? known.children?.at(-1) : known;
  if (found?.type === 'object') return found;
  const made = objectNode([], key.offset, range[1]);
  add(names, from, key, made);
  return made;
}

function add(names: Names, to: Draft, key: Draft, value: Draft): void {
  to.children?.push(propertyNode(key, value));
  const members = names.get(to) ?? new Map<string, Draft>();
  members.set(String(key.value), value);
  names.set(to, members);
}

function valueOf(names: Names, node: AST.TOMLContentNode, source: Source): Draft {
  const [start, end] = node.range;
  if (node.type === 'TOMLInlineTable') {
    const table = objectNode([], start, end);
    for (const pair of node.body) put(names, [table], pair, source);
    return table;
  }
  if (node.type !== 'TOMLArray') return scalarOf(node, source.text);
  const items = node.elements.map((each) => valueOf(names, each, source));
  return arrayNode(items, start, end);
}

function scalarOf(node: AST.TOMLValue, text: string): Draft {
  const [start, end] = node.range;
  const at = { offset: start, length: end - start };
  switch (node.kind) {
    case 'string': {
      const runs = tomlRuns(text, start, end);
      return runs === undefined ? textNode(node.value, start, end) : { ...textNode(node.value, start, end), runs };
    }
    case 'boolean':
      return { type: 'boolean', ...at, value: node.value };
    case 'integer':
    case 'float':
      return Number.isInteger(node.value) && !Number.isSafeInteger(node.value)
        ? textNode(text.slice(start, end), start, end)
        : { type: 'number', ...at, value: node.value };
    default:
      return textNode(text.slice(start, end), start, end);
  }
}

function keyNode(key: AST.TOMLBare | AST.TOMLQuoted): Draft {
  return textNode(key.type === 'TOMLBare' ? key.name : key.value, key.range[0], key.range[1]);
}

function extend(draft: Draft, end: number): void {
  draft.length = Math.max(draft.length, end - draft.offset);
}
