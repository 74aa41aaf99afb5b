/** Changes of an agent's settings file (JSON with comments) that keep every byte they are not about. */
import {
  applyEdits,
  findNodeAtLocation,
  getNodeValue,
  type JSONPath,
  modify,
  type Node,
  type ParseError,
  parseTree,
  printParseErrorCode,
} from 'jsonc-parser';

export type Settings = { readonly ok: true; readonly text: string } | { readonly ok: false; readonly problem: string };

/** The tree of a settings file, for looking things up. Undefined for an empty text. */
export function treeOf(text: string): Node | undefined {
  return parseTree(text, [], LENIENT);
}

/** The text must be what the agent can read: an object. The problem names file, line and column. */
export function checkedObject(text: string, file: string): { readonly ok: true; readonly root: Node } | Refused {
  const errors: ParseError[] = [];
  const root = parseTree(text, errors, LENIENT);
  const [error] = errors;
  if (error !== undefined) return refused(text, file, error.offset, `is not valid JSON (${printParseErrorCode(error.error)})`);
  if (root === undefined) return refused(text, file, 0, 'is empty');
  return root.type === 'object' ? { ok: true, root } : refused(text, file, root.offset, 'does not hold a JSON object');
}

type Refused = { readonly ok: false; readonly problem: string };

export function refused(text: string, file: string, offset: number, what: string): Refused {
  const lines = text.slice(0, offset).split('\n');
  const place = `line ${lines.length}, column ${(lines.at(-1)?.length ?? 0) + 1}`;
  return { ok: false, problem: `${file} ${what}: ${place}. Mend this place and run countersign init again. Nothing was written.` };
}

export function propertyOf(node: Node, key: string): Node | undefined {
  return node.children?.find(({ children }) => children?.[0]?.value === key)?.children?.[1];
}

/** What stands at a path; undefined where nothing does. */
export function valueAt(text: string, path: JSONPath): unknown {
  let value: unknown = getValue(treeOf(text));
  for (const key of path) value = isKeyed(value) ? value[key] : undefined;
  return value;
}

function isKeyed(value: unknown): value is Readonly<Record<string | number, unknown>> {
  return typeof value === 'object' && value !== null;
}

function getValue(node: Node | undefined): unknown {
  return node === undefined ? undefined : getNodeValue(node);
}

/** The value at a path, replaced or added. */
export function set(text: string, path: JSONPath, value: unknown): string {
  const { unit, eol } = layoutOf(text);
  const formattingOptions = { insertSpaces: !unit.includes('\t'), tabSize: unit.includes('\t') ? 4 : unit.length, eol };
  return applyEdits(text, modify(text, path, value, { formattingOptions }));
}

/** A new last element of an object or list, on a line of its own, behind the comments that belong to the one before. */
export function insertLast(text: string, container: Node, name: string, value: unknown): string {
  const { unit, eol } = layoutOf(text);
  const outer = /^[\t ]*/.exec(text.slice(text.lastIndexOf('\n', container.offset) + 1))?.[0] ?? '';
  const inner = `${eol}${outer}${unit}`;
  const written = `${inner}${name}${JSON.stringify(value, null, unit).replaceAll('\n', inner)}`;
  const last = container.children?.at(-1);
  const end = last === undefined ? container.offset + 1 : last.offset + last.length;
  // From the last element on: spaces and comments, a comma perhaps, and again what stands on the same line.
  const rest = text.slice(end, container.offset + container.length - 1);
  const comma = last === undefined ? '' : (COMMA.exec(rest)?.[0] ?? '');
  const sameLine = /^(?:[\t ]|\/\*.*?\*\/)*(?:\/\/.*)?/.exec(rest.slice(comma.length))?.[0].trimEnd() ?? '';
  const at = end + comma.length + sameLine.length;
  const separator = last === undefined || comma !== '' ? '' : ',';
  // Where the container ended on the line of its last element, its end moves to a line of its own.
  const tail = text.slice(at, container.offset + container.length - 1).includes('\n') ? '' : `${eol}${outer}`;
  return `${text.slice(0, end)}${separator}${text.slice(end, at)}${written}${tail}${text.slice(at).replace(tail === '' ? /^/ : /^[\t ]+/, '')}`;
}

/** Takes an element or property out with its line and the comma it needed; comments of others stay. */
export function cut(text: string, path: JSONPath): string {
  const root = treeOf(text);
  const value = root && findNodeAtLocation(root, path);
  const node = value?.parent?.type === 'property' ? value.parent : value;
  const container = node?.parent;
  if (node === undefined || container === undefined) return text;
  const siblings = container.children ?? [];
  const index = siblings.indexOf(node);
  const lineStart = /(?:\r?\n)?[\t ]*$/.exec(text.slice(0, node.offset))?.[0].length ?? 0;
  const start = node.offset - lineStart;
  const end = node.offset + node.length;
  const ownComma = /^\s*,/.exec(text.slice(end))?.[0].length ?? 0;
  const after = text.slice(end + ownComma);
  const previous = siblings[index - 1];
  if (siblings.length === 1 && text.slice(container.offset + 1, start).trim() === '' && /^\s*[\]}]/.test(after)) {
    return text.slice(0, container.offset + 1) + after.trimStart();
  }
  if (previous === undefined || index < siblings.length - 1) return text.slice(0, start) + after;
  const from = previous.offset + previous.length;
  const between = text.slice(from, start).replace(COMMA, (found) => found.slice(0, -1));
  // A list that stood on one line ends on that line again.
  const oneLine = !text.slice(container.offset, from).includes('\n') && between.trim() === '';
  return `${text.slice(0, from)}${between}${oneLine ? after.replace(/^\s+/, '') : after}`;
}

/** With the spaces and comments before it, each of which ends in one place alone. */
const COMMA = /^(?:\s|\/\/[^\n]*(?:\n|$)|\/\*(?:[^*]|\*(?!\/))*\*\/)*,/;

const LENIENT = { allowTrailingComma: true, disallowComments: false } as const;

/** As the file is laid out already. */
function layoutOf(text: string): { readonly unit: string; readonly eol: string } {
  return { unit: /^([\t ]+)\S/m.exec(text)?.[1] ?? '  ', eol: text.includes('\r\n') ? '\r\n' : '\n' };
}
