import {
  applyEdits,
  type FormattingOptions,
  getNodeValue,
  type JSONPath,
  modify,
  type Node,
  type ParseError,
  parseTree,
  printParseErrorCode,
} from 'jsonc-parser';

export type Settings = { readonly ok: true; readonly text: string } | { readonly ok: false; readonly problem: string };

/** The agent's tools that write files. */
const MATCHER = 'Edit|MultiEdit|Write|NotebookEdit';
/** Seconds. The hook answers within seven. */
const TIMEOUT = 10;
const EVENTS = ['PreToolUse', 'PostToolUse'] as const;

/** Adds our hook to the text of a settings file and keeps all else, comments and spacing included. The same text when it is there already. */
export function mergeHooks(text: string, file: string, command: string): Settings {
  const checked = check(text, file);
  if (!checked.ok) return checked;
  // If the hook itself fails, an agent that knows this key blocks the edit instead of making it.
  const wanted = { type: 'command', command, timeout: TIMEOUT, onFailure: 'block' };
  let result = text.trim() === '' ? '{}\n' : text;
  for (const event of EVENTS) {
    const present = ours(result, event);
    const [first, ...surplus] = present;
    if (first === undefined) {
      const groups = list(result, event).length;
      // In a file without hooks the whole key is written at once, so that it is laid out as one.
      result = set(result, ['hooks', event, groups], { matcher: MATCHER, hooks: [wanted] }, 'insert');
      continue;
    }
    for (const path of surplus.toReversed()) result = takeOut(result, path);
    if (JSON.stringify(valueAt(result, first)) !== JSON.stringify(wanted)) result = set(result, first, wanted);
    const matcher = [...first.slice(0, 3), 'matcher'];
    const siblings = valueAt(result, [...first.slice(0, 3), 'hooks']);
    const alone = Array.isArray(siblings) && siblings.length === 1;
    if (alone && valueAt(result, matcher) !== MATCHER) result = set(result, matcher, MATCHER);
  }
  return { ok: true, text: result };
}

/** Takes out exactly our hooks, and what held nothing but them. */
export function removeHooks(text: string, file: string): Settings {
  const checked = check(text, file);
  if (!checked.ok) return checked;
  let result = text;
  for (const event of EVENTS) for (const path of ours(result, event).toReversed()) result = takeOut(result, path);
  return { ok: true, text: result };
}

/** Where our hooks are: ['hooks', 'PreToolUse', 1, 'hooks', 0]. */
function ours(text: string, event: string): readonly JSONPath[] {
  return list(text, event).flatMap((group, at) => {
    const hooks: readonly unknown[] = isFields(group) && Array.isArray(group['hooks']) ? group['hooks'] : [];
    return hooks.flatMap((hook, index): JSONPath[] => (isOurs(hook) ? [['hooks', event, at, 'hooks', index]] : []));
  });
}

function isOurs(hook: unknown): boolean {
  return isFields(hook) && typeof hook['command'] === 'string' && /countersign-hook(\.cmd)?["']? claude-code$/.test(hook['command'].trim());
}

/** Removes one hook, then each of its containers that is empty without it. */
function takeOut(text: string, path: JSONPath): string {
  let result = set(text, path, undefined);
  const [, , group] = path;
  for (const container of [path.slice(0, 4), path.slice(0, 2), path.slice(0, 1)]) {
    const value = valueAt(result, container);
    if (typeof value !== 'object' || value === null || Object.keys(value).length > 0) break;
    // A group without hooks does nothing, whatever its matcher says.
    result = set(result, container.length === 4 ? ['hooks', path[1] ?? '', group ?? 0] : container, undefined);
  }
  return result;
}

function set(text: string, path: JSONPath, value: unknown, how?: 'insert'): string {
  const formattingOptions = formattingOf(text);
  return applyEdits(text, modify(text, path, value, { formattingOptions, ...(how === 'insert' ? { isArrayInsertion: true } : {}) }));
}

function list(text: string, event: string): readonly unknown[] {
  const value = valueAt(text, ['hooks', event]);
  return Array.isArray(value) ? value : [];
}

function valueAt(text: string, path: JSONPath): unknown {
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
function check(text: string, file: string): Settings {
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
  for (const event of EVENTS) {
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
function formattingOf(text: string): FormattingOptions {
  const indent = /^([\t ]+)\S/m.exec(text)?.[1] ?? '  ';
  return {
    insertSpaces: !indent.includes('\t'),
    tabSize: indent.includes('\t') ? 4 : indent.length,
    eol: text.includes('\r\n') ? '\r\n' : '\n',
  };
}

function isFields(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
