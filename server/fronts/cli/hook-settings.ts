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

/** How an agent's settings file holds hooks, and what ours look like in it. */
export type HookLayout = {
  /** As in `countersign hook <id>`. */
  readonly id: string;
  /** `groups`: lists of `{matcher, hooks: […]}` below each event. `flat`: lists of hooks. */
  readonly kind: 'groups' | 'flat';
  /** Keys that the file must have beside its hooks. */
  readonly root?: Readonly<Record<string, unknown>> | undefined;
  readonly events: readonly {
    readonly event: string;
    readonly matcher?: string | undefined;
    readonly hook: (command: string) => object;
  }[];
};

/** Adds our hook to the text of a settings file and keeps all else, comments and spacing included. The same text when it is there already. */
export function mergeHooks(text: string, file: string, layout: HookLayout, command: string): Settings {
  const checked = check(text, file, layout);
  if (!checked.ok) return checked;
  let result = text.trim() === '' ? '{}\n' : text;
  for (const [key, value] of Object.entries(layout.root ?? {})) {
    if (valueAt(result, [key]) === undefined) result = set(result, [key], value);
  }
  for (const { event, matcher, hook } of layout.events) {
    // If the hook itself fails, an agent that knows such a key blocks the edit instead of making it.
    const wanted = hook(command);
    const [first, ...surplus] = ours(result, event, layout);
    if (first === undefined) {
      const group = matcher === undefined ? { hooks: [wanted] } : { matcher, hooks: [wanted] };
      result = append(result, event, layout.kind === 'groups' ? group : wanted);
      continue;
    }
    for (const path of surplus.toReversed()) result = takeOut(result, path);
    if (JSON.stringify(valueAt(result, first)) !== JSON.stringify(wanted)) result = set(result, first, wanted);
    if (layout.kind === 'flat' || matcher === undefined) continue;
    const siblings = valueAt(result, [...first.slice(0, 3), 'hooks']);
    const alone = Array.isArray(siblings) && siblings.length === 1;
    const path = [...first.slice(0, 3), 'matcher'];
    if (alone && valueAt(result, path) !== matcher) result = set(result, path, matcher);
  }
  return { ok: true, text: result };
}

/** Takes out exactly our hooks, and what held nothing but them. */
export function removeHooks(text: string, file: string, layout: HookLayout): Settings {
  const checked = check(text, file, layout);
  if (!checked.ok) return checked;
  let result = text;
  for (const { event } of layout.events) for (const path of ours(result, event, layout).toReversed()) result = takeOut(result, path);
  return { ok: true, text: result };
}

/** Where our hooks are: ['hooks', 'PreToolUse', 1, 'hooks', 0], or in a flat list ['hooks', 'preToolUse', 1]. */
function ours(text: string, event: string, layout: HookLayout): readonly JSONPath[] {
  return list(text, event).flatMap((entry, at): readonly JSONPath[] => {
    if (layout.kind === 'flat') return isOurs(entry, layout.id) ? [['hooks', event, at]] : [];
    const hooks: readonly unknown[] = isFields(entry) && Array.isArray(entry['hooks']) ? entry['hooks'] : [];
    return hooks.flatMap((hook, index): JSONPath[] => (isOurs(hook, layout.id) ? [['hooks', event, at, 'hooks', index]] : []));
  });
}

function isOurs(hook: unknown, id: string): boolean {
  if (!isFields(hook)) return false;
  const command = hook['command'] ?? hook['bash'];
  return typeof command === 'string' && OURS.exec(command.trim())?.[1] === id;
}

const OURS = /countersign-hook(?:\.cmd)?["']? ([a-z-]+)(?: \|\| \{[^{}]*\})?$/;

/** Removes one hook, then each of its containers that is empty without it. */
function takeOut(text: string, path: JSONPath): string {
  let result = cut(text, path);
  const [, , group] = path;
  const containers = path.length > 3 ? [path.slice(0, 4), path.slice(0, 2), path.slice(0, 1)] : [path.slice(0, 2), path.slice(0, 1)];
  for (const container of containers) {
    const value = valueAt(result, container);
    if (typeof value !== 'object' || value === null || Object.keys(value).length > 0) break;
    // A group without hooks does nothing, whatever its matcher says.
    result = cut(result, container.length === 4 ? ['hooks', path[1] ?? '', group ?? 0] : container);
  }
  return result;
}

/** Adds a group or hook behind those of its event. What was there keeps its bytes: only the new lines are laid out. */
function append(text: string, event: string, group: object): string {
  const root = parseTree(text, [], LENIENT);
  const hooks = root && propertyOf(root, 'hooks');
  const groups = hooks && propertyOf(hooks, event);
  if (groups !== undefined) return insertLast(text, groups, '', group);
  if (hooks !== undefined) return insertLast(text, hooks, `${JSON.stringify(event)}: `, [group]);
  return root === undefined ? text : insertLast(text, root, '"hooks": ', { [event]: [group] });
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
  const comma = last === undefined ? '' : (/^(?:\s|\/\/.*|\/\*[^]*?\*\/)*,/.exec(rest)?.[0] ?? '');
  const sameLine = /^(?:[\t ]|\/\*.*?\*\/)*(?:\/\/.*)?/.exec(rest.slice(comma.length))?.[0].trimEnd() ?? '';
  const at = end + comma.length + sameLine.length;
  const separator = last === undefined || comma !== '' ? '' : ',';
  // Where the container ended on the line of its last element, its end moves to a line of its own.
  const tail = text.slice(at, container.offset + container.length - 1).includes('\n') ? '' : `${eol}${outer}`;
  return `${text.slice(0, end)}${separator}${text.slice(end, at)}${written}${tail}${text.slice(at).replace(tail === '' ? /^/ : /^[\t ]+/, '')}`;
}

function set(text: string, path: JSONPath, value: unknown): string {
  const { unit, eol } = layoutOf(text);
  const formattingOptions = { insertSpaces: !unit.includes('\t'), tabSize: unit.includes('\t') ? 4 : unit.length, eol };
  return applyEdits(text, modify(text, path, value, { formattingOptions }));
}

/** Takes an element or property out with its line and the comma it needed; comments of others stay. */
export function cut(text: string, path: JSONPath): string {
  const root = parseTree(text, [], LENIENT);
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
  const between = text.slice(from, start).replace(/^((?:\s|\/\/.*|\/\*[^]*?\*\/)*),/, '$1');
  // A list that stood on one line ends on that line again.
  const oneLine = !text.slice(container.offset, from).includes('\n') && between.trim() === '';
  return `${text.slice(0, from)}${between}${oneLine ? after.replace(/^\s+/, '') : after}`;
}

function list(text: string, event: string): readonly unknown[] {
  const value = valueAt(text, ['hooks', event]);
  return Array.isArray(value) ? value : [];
}

export function valueAt(text: string, path: JSONPath): unknown {
  let value: unknown = getValue(parseTree(text, [], LENIENT));
  for (const key of path) value = isKeyed(value) ? value[key] : undefined;
  return value;
}

function isKeyed(value: unknown): value is Readonly<Record<string | number, unknown>> {
  return typeof value === 'object' && value !== null;
}

function getValue(node: Node | undefined): unknown {
  return node === undefined ? undefined : getNodeValue(node);
}

const LENIENT = { allowTrailingComma: true, disallowComments: false } as const;

/** The file must be what the agent can read, and its hooks of the shape we add to. */
function check(text: string, file: string, { events }: HookLayout): Settings {
  if (text.trim() === '') return { ok: true, text };
  const errors: ParseError[] = [];
  const root = parseTree(text, errors, LENIENT);
  const [error] = errors;
  if (error !== undefined || root === undefined) {
    return refuse(
      text,
      file,
      error?.offset ?? 0,
      error === undefined ? 'is empty' : `is not valid JSON (${printParseErrorCode(error.error)})`,
    );
  }
  if (root.type !== 'object') return refuse(text, file, root.offset, 'does not hold a JSON object');
  const doubled = duplicateKey(root);
  if (doubled !== undefined) return refuse(text, file, doubled.offset, `has the key ${JSON.stringify(doubled.value)} twice`);
  const hooks = propertyOf(root, 'hooks');
  if (hooks === undefined) return { ok: true, text };
  if (hooks.type !== 'object') return refuse(text, file, hooks.offset, 'has "hooks" that is not an object');
  for (const { event } of events) {
    const groups = propertyOf(hooks, event);
    if (groups !== undefined && groups.type !== 'array') return refuse(text, file, groups.offset, `has "${event}" that is not a list`);
  }
  return { ok: true, text };
}

function refuse(text: string, file: string, offset: number, what: string): Settings {
  const lines = text.slice(0, offset).split('\n');
  const place = `line ${lines.length}, column ${(lines.at(-1)?.length ?? 0) + 1}`;
  return { ok: false, problem: `${file} ${what}: ${place}. Mend this place and run countersign init again. Nothing was written.` };
}

function propertyOf(node: Node, key: string): Node | undefined {
  return node.children?.find(({ children }) => children?.[0]?.value === key)?.children?.[1];
}

/** Only where we would write: at the top and in "hooks". */
function duplicateKey(root: Node): Node | undefined {
  for (const node of [root, propertyOf(root, 'hooks')]) {
    const seen = new Set<unknown>();
    for (const property of node?.type === 'object' ? (node.children ?? []) : []) {
      const key = property.children?.[0];
      if (key === undefined) continue;
      if (seen.has(key.value)) return key;
      seen.add(key.value);
    }
  }
  return undefined;
}

/** As the file is laid out already. */
function layoutOf(text: string): { readonly unit: string; readonly eol: string } {
  return { unit: /^([\t ]+)\S/m.exec(text)?.[1] ?? '  ', eol: text.includes('\r\n') ? '\r\n' : '\n' };
}

function isFields(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
