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
      namedValue(expression, template) ??
      workedOut(expression, template, each) ?? {
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

/** `concat`, `format` and `if` over what is known. */
function workedOut(expression: string, template: TreeNode, at: TreeNode): TreeNode | undefined {
  if (!/^(concat|format|if|toLower|toUpper)\(/i.test(expression) || expression.length > LONGEST) return undefined;
  const value = valueOf(expression, template, 0);
  return value === undefined ? undefined : { type: 'string', offset: at.offset, length: at.length, value };
}

const LONGEST = 5000;
const DEEPEST_CALLS = 20;

/** Undefined for what is not known. */
function valueOf(expression: string, template: TreeNode, depth: number): string | undefined {
  const text = expression.trim();
  if (depth > DEEPEST_CALLS) return undefined;
  const quoted = /^'((?:[^']|'')*)'$/.exec(text);
  if (quoted?.[1] !== undefined) return quoted[1].replaceAll("''", "'");
  if (/^-?\d+$/.test(text)) return text;
  if (/^(true|false)\(\s*\)$/i.test(text)) return text.replace(/\(\s*\)/, '').toLowerCase();
  const named = namedValue(text, template);
  if (named !== undefined) return named.children === undefined && named.unresolved !== true ? String(named.value) : undefined;
  const [, name, inside] = /^(\w+)\(([^]*)\)$/.exec(text) ?? [];
  const given = name === undefined ? undefined : argumentsIn(inside ?? '');
  if (name === undefined || given === undefined) return undefined;
  if (/^if$/i.test(name)) {
    const [condition, yes = '', no = ''] = given;
    const chosen = valueOf(condition ?? '', template, depth + 1);
    return chosen === 'true' ? valueOf(yes, template, depth + 1) : chosen === 'false' ? valueOf(no, template, depth + 1) : undefined;
  }
  const values = given.map((each) => valueOf(each, template, depth + 1));
  if (!values.every((each) => each !== undefined)) return undefined;
  const [first = '', ...rest] = values;
  switch (name.toLowerCase()) {
    case 'concat':
      return values.join('');
    case 'format':
      return first.replace(/\{(\d+)\}/g, (whole, index: string) => rest[Number(index)] ?? whole);
    case 'tolower':
      return first.toLowerCase();
    case 'toupper':
      return first.toUpperCase();
    default:
      return undefined;
  }
}

/** At the commas outside of brackets and quotes; undefined where brackets do not match. */
function argumentsIn(text: string): readonly string[] | undefined {
  const found: string[] = [];
  let open = 0;
  let start = 0;
  let isQuoted = false;
  for (let i = 0; i < text.length; i++) {
    const sign = text.charAt(i);
    if (sign === "'") isQuoted = !isQuoted;
    else if (isQuoted) continue;
    else if (sign === '(') open++;
    else if (sign === ')') {
      if (open-- === 0) return undefined;
    } else if (sign === ',' && open === 0) {
      found.push(text.slice(start, i));
      start = i + 1;
    }
  }
  return open === 0 && !isQuoted ? [...found, text.slice(start)] : undefined;
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
