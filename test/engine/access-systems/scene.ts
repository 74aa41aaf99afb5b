import { accessFindings, type AccessAnswer } from '../../../server/engine/access/access-finding.ts';
import { formatOf, readText } from '../../../server/engine/read/format.ts';
import { readJson } from '../../../server/engine/read/json.ts';
import type { TextTree, TreeNode } from '../../../server/engine/read/tree.ts';
import { declarationsOf } from '../../../server/engine/systems/registry.ts';
import type { Declaration, SystemId } from '../../../server/engine/systems/declaration.ts';

/** A declaration for a test: what a system would have made of a text. */
export type Declared = { readonly system: SystemId; readonly type: string; readonly key: string; readonly body: unknown };

/** Compares declarations that are written as JSON, one list for each side. */
export function compared(before: readonly Declared[], after: readonly Declared[], path = 'file.yaml'): AccessAnswer {
  return accessFindings(path, sideOf(before, 'before'), sideOf(after, 'after'), { sensitivity: [], outOfTime: () => false });
}

function sideOf(
  declared: readonly Declared[],
  side: 'before' | 'after',
): { readonly tree: TextTree; readonly declarations: readonly Declaration[] } {
  const text = JSON.stringify(
    declared.map(({ body }) => body),
    null,
    1,
  );
  const read = readJson(text, side);
  const root: TreeNode | undefined = read.root;
  const tree: TextTree = { ...read, format: 'json', documents: root === undefined ? [] : [root] };
  const declarations = declared.flatMap(({ system, type, key }, i) => {
    const node = root?.children?.[i];
    const name = key.split(/[./]/).at(-1) ?? key;
    return node === undefined ? [] : [{ system, type, key, name, node }];
  });
  return { tree, declarations };
}

/** Kubernetes objects, named as their system would. */
export function kubernetes(...objects: readonly Record<string, unknown>[]): readonly Declared[] {
  return objects.map((body) => {
    const { namespace = '', name = '' } = (body['metadata'] ?? {}) as Record<string, string>;
    return { system: 'kubernetes', type: String(body['kind']), key: `${namespace}/${name}`, body };
  });
}

/** Terraform blocks by address: nested blocks are lists, as the reader makes them. */
export function terraform(blocks: Readonly<Record<string, unknown>>): readonly Declared[] {
  return Object.entries(blocks).map(([key, body]) => ({
    system: 'terraform',
    type: key.split('.').slice(0, -1).join('.'),
    key,
    body,
  }));
}

/** The same for texts: read and declared as the engine does it. */
export function comparedTexts(path: string, before: string, after: string): AccessAnswer {
  const read = (text: string, side: 'before' | 'after'): { readonly tree: TextTree; readonly declarations: readonly Declaration[] } => {
    const tree = readText(formatOf(path, text === '' ? after : text) ?? 'lines', text, side);
    return { tree, declarations: declarationsOf(tree, path) };
  };
  return accessFindings(path, read(before, 'before'), read(after, 'after'), { sensitivity: [], outOfTime: () => false });
}
