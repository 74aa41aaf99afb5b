import { member, type TextTree, type TreeNode } from '../read/tree.ts';
import { mapTexts } from './nodes.ts';
import { rewrite } from './rewrite.ts';

/**
 * Strings in brackets are expressions. A variable that is written in the template, and a parameter's default, stand for
 * themselves; anything else is unresolved text with `${…}`.
 */
export function resolveExpressions(node: TreeNode, template: TreeNode, tree: TextTree): TreeNode {
  // In JSON one begins behind a quote, be it in an escape; and no node stands in two places.
  const isJson = tree.format === 'json';
  const written = isJson ? tree.text.slice(node.offset, node.offset + node.length) : tree.text;
  if (isJson ? !written.includes('"[') && !written.includes('"\\') : !written.includes('[')) return node;
  const resolve = (each: TreeNode): TreeNode => {
    if (each.type !== 'string' || typeof each.value !== 'string' || !each.value.startsWith('[') || !each.value.endsWith(']')) return each;
    if (each.value.startsWith('[[')) return { ...each, value: each.value.slice(1) };
    const expression = each.value.slice(1, -1).trim();
    return (
      namedValue(expression, template) ?? {
        type: 'string',
        offset: each.offset,
        length: each.length,
        value: `\${${expression}}`,
        unresolved: true,
      }
    );
  };
  return isJson ? mapTexts(node, resolve) : rewrite(node, resolve);
}

function namedValue(expression: string, template: TreeNode): TreeNode | undefined {
  const [, kind, name] = /^(variables|parameters)\(\s*'([^']+)'\s*\)$/i.exec(expression) ?? [];
  if (kind === undefined || name === undefined) return undefined;
  const section = member(template, kind.toLowerCase());
  const found = kind.toLowerCase() === 'variables' ? member(section, name) : member(member(section, name), 'defaultValue');
  if (found === undefined || found.type === 'null') return undefined;
  // Of a secret, the default is no more than a placeholder; and what is itself worked out is not known.
  const secure = /^secure/i.test(String(member(member(section, name), 'type')?.value ?? ''));
  const text = typeof found.value === 'string' ? found.value : '';
  return secure || (text.startsWith('[') && !text.startsWith('[[')) ? undefined : found;
}
