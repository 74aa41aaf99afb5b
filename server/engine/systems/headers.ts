import { member, membersOf, type TextTree, type TreeNode } from '../read/tree.ts';
import type { Declaration, System } from './declaration.ts';
import { itemsOf, madeArray, madeMember, madeObject, madeText } from './nodes.ts';
import { textAt, textOf } from './text-of.ts';
import { fileName } from './whole-file.ts';

/**
 * The headers that a host of websites is told to send, as those of Vercel, Netlify, Cloudflare, Firebase, Amplify and Azure's static
 * apps are: {"header": [{"name": "content-security-policy", "value", "where": "/*"}]}. Belongs to the settings.
 */
export const headers: System = {
  id: 'settings',
  declarations: (tree, path) => {
    if (!HOSTS.test(path)) return [];
    const found = tree.documents.flatMap((root) => (tree.format === 'lines' ? headersOfLines(root) : headersIn(root, '', 0)));
    const [at] = tree.documents;
    if (at === undefined) return [];
    const node = madeObject([madeMember('header', madeArray(found, at))], at);
    const whole = tree.format === 'lines' ? [] : [declaration(tree, path, at)];
    return [{ system: 'settings', type: 'headers', key: 'headers', name: fileName(path), node }, ...whole];
  },
};

const HOSTS =
  /(^|[/\\])(_headers|(vercel|now|firebase|serve|staticwebapp\.config|amplify|static)\.json|netlify\.toml|(customhttp|amplify)\.ya?ml)$/i;

/** What else stands there is a setting as any other. */
function declaration({ format }: TextTree, path: string, node: TreeNode): Declaration {
  return { system: 'settings', type: format, key: 'settings', name: fileName(path), node };
}

/** Every `headers`, as a list of names and values, an object of them, or a list of such by address. */
function headersIn(node: TreeNode, where: string, depth: number): readonly TreeNode[] {
  if (depth > 12) return [];
  if (node.type === 'array') return itemsOf(node).flatMap((item) => headersIn(item, where, depth + 1));
  const here = ['source', 'for', 'route', 'pattern'].map((key) => textAt(node, key)).find((text) => text !== undefined) ?? where;
  return membersOf(node).flatMap(({ key, value }) => {
    if (!/^(headers|globalHeaders|customHeaders|values)$/.test(key))
      return value.children === undefined ? [] : headersIn(value, here, depth + 1);
    if (value.type === 'object') {
      const texts = membersOf(value).filter((each) => textOf(each.value) !== undefined);
      return texts.length === 0
        ? headersIn(value, here, depth + 1)
        : texts.map((each) => headerOf(each.key, each.value, here, { ...each.value, offset: each.keyNode.offset, length: lengthOf(each) }));
    }
    return itemsOf(value).flatMap((item) => {
      const name = textAt(item, 'key');
      const text = member(item, 'value');
      return name === undefined || text === undefined ? headersIn(item, here, depth + 1) : [headerOf(name, text, here, item)];
    });
  });
}

function lengthOf({ keyNode, value }: { readonly keyNode: TreeNode; readonly value: TreeNode }): number {
  return value.offset + value.length - keyNode.offset;
}

function headerOf(name: string, value: TreeNode, where: string, at: TreeNode): TreeNode {
  const plain = name.toLowerCase();
  const properties = [madeMember('name', madeText(plain, at)), madeMember('value', value), madeMember('where', madeText(where, at))];
  return { ...madeObject(properties, at), labels: [plain, where] };
}

/** `/*` and below it, indented, `Name: value`. */
function headersOfLines(root: TreeNode): readonly TreeNode[] {
  let where = '';
  return itemsOf(member(root, 'line')).flatMap((line) => {
    const text = textOf(line) ?? '';
    const [, indent = '', name = '', value = ''] = /^(\s*)([A-Za-z][\w-]*):\s+(.*)$/.exec(text) ?? [];
    if (indent === '') {
      if (!text.trim().startsWith('#')) where = text.trim();
      return [];
    }
    const written = { ...madeText(value.trim(), line), offset: line.offset + text.length - value.length, length: value.length };
    return [headerOf(name, written, where, { ...line, type: 'object' })];
  });
}
