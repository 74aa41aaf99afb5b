import { isTable } from '../../engine/is-table.ts';
import type { JSONPath, Node } from 'jsonc-parser';
import { checkedObject, cut, insertLast, propertyOf, refused, set, type Settings, treeOf, valueAt } from './json-settings.ts';

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
    const hooks: readonly unknown[] = isTable(entry) && Array.isArray(entry['hooks']) ? entry['hooks'] : [];
    return hooks.flatMap((hook, index): JSONPath[] => (isOurs(hook, layout.id) ? [['hooks', event, at, 'hooks', index]] : []));
  });
}

function isOurs(hook: unknown, id: string): boolean {
  if (!isTable(hook)) return false;
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
  const root = treeOf(text);
  const hooks = root && propertyOf(root, 'hooks');
  const groups = hooks && propertyOf(hooks, event);
  if (groups !== undefined) return insertLast(text, groups, '', group);
  if (hooks !== undefined) return insertLast(text, hooks, `${JSON.stringify(event)}: `, [group]);
  return root === undefined ? text : insertLast(text, root, '"hooks": ', { [event]: [group] });
}

function list(text: string, event: string): readonly unknown[] {
  const value = valueAt(text, ['hooks', event]);
  return Array.isArray(value) ? value : [];
}

/** The file must be what the agent can read, and its hooks of the shape we add to. */
function check(text: string, file: string, { events }: HookLayout): Settings {
  if (text.trim() === '') return { ok: true, text };
  const checked = checkedObject(text, file);
  if (!checked.ok) return checked;
  const { root } = checked;
  const doubled = duplicateKey(root);
  if (doubled !== undefined) return refused(text, file, doubled.offset, `has the key ${JSON.stringify(doubled.value)} twice`);
  const hooks = propertyOf(root, 'hooks');
  if (hooks === undefined) return { ok: true, text };
  if (hooks.type !== 'object') return refused(text, file, hooks.offset, 'has "hooks" that is not an object');
  for (const { event } of events) {
    const groups = propertyOf(hooks, event);
    if (groups !== undefined && groups.type !== 'array') return refused(text, file, groups.offset, `has "${event}" that is not a list`);
  }
  return { ok: true, text };
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
