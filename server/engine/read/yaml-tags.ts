import type { TreeNode } from './tree.ts';
import { resolvePlain } from './yaml-scalar.ts';

/** What an explicit tag makes of a scalar's text. `!!str` and the like decide its type; undefined: the tag does not. */
export function coreTagged(tag: string, text: string, offset: number, length: number): TreeNode | undefined {
  const name = coreName(tag);
  if (name === 'binary') return { type: 'string', offset, length, value: binaryText(text) };
  if (name === 'str' || name === 'timestamp' || tag === '!') return { type: 'string', offset, length, value: text };
  if (name === 'null') return { type: 'null', offset, length, value: null };
  if (name === 'bool') return booleanOf(text, offset, length);
  if (name === 'int' || name === 'float') {
    const value = resolvePlain(text.replaceAll('_', ''));
    return typeof value === 'number' ? { type: 'number', offset, length, value } : { type: 'string', offset, length, value: text };
  }
  return undefined;
}

/**
 * A node under a local tag. CloudFormation's short forms are written out (`!Ref x` is `{"Ref": "x"}`); any other local tag
 * is worked out by who reads the file, so its value is not known here.
 */
export function locallyTagged(tag: string, node: TreeNode, tagStart: number): TreeNode {
  if (coreName(tag) !== undefined || tag === '!' || !tag.startsWith('!')) return node;
  const name = tag.slice(1);
  if (INTRINSICS.has(name)) return intrinsic(name, node, tagStart, tag.length);
  if (name === 'unsafe') return node;
  if (node.type === 'object' || node.type === 'array') return name === 'reference' ? referenceOf(node) : { ...node, unresolved: true };
  if (node.type === 'property') return node;
  return { type: 'string', offset: node.offset, length: node.length, value: `\${${name} ${String(node.value ?? '')}}`, unresolved: true };
}

/** What is written in base64 is the text to those who read it. */
function binaryText(text: string): string {
  const written = text.replace(/\s+/g, '');
  const decoded = Buffer.from(written, 'base64').toString('utf8');
  return /^[A-Za-z0-9+/]+=*$/.test(written) && !/[^\t\n\r -~]/.test(decoded) ? decoded : text;
}

/** `str` of `!!str`, also when it is written in full. */
function coreName(tag: string): string | undefined {
  if (tag.startsWith('!!')) return tag.slice(2);
  return /^(?:!<)?tag:yaml\.org,2002:([^>]*)>?$/.exec(tag)?.[1];
}

function booleanOf(text: string, offset: number, length: number): TreeNode {
  const value = /^(true|yes|on|y)$/i.test(text) ? true : /^(false|no|off|n)$/i.test(text) ? false : undefined;
  return value === undefined ? { type: 'string', offset, length, value: text } : { type: 'boolean', offset, length, value };
}

function intrinsic(name: string, node: TreeNode, tagStart: number, tagLength: number): TreeNode {
  const end = Math.max(node.offset + node.length, tagStart + tagLength);
  const key = name === 'Ref' || name === 'Condition' ? name : `Fn::${name}`;
  const value = name === 'GetAtt' && node.type === 'string' ? attributeOf(node) : node;
  const keyNode: TreeNode = { type: 'string', offset: tagStart, length: tagLength, value: key };
  const property: TreeNode = { type: 'property', offset: tagStart, length: end - tagStart, children: [keyNode, value] };
  return { type: 'object', offset: tagStart, length: end - tagStart, children: [property] };
}

/** `a.b.c` is the attribute `b.c` of `a`. */
function attributeOf(node: TreeNode): TreeNode {
  const text = String(node.value);
  const dot = text.indexOf('.');
  if (dot === -1) return node;
  const inner = node.offset + (node.length - text.length) / 2;
  const part = (start: number, end: number): TreeNode => ({
    type: 'string',
    offset: Math.floor(inner) + start,
    length: end - start,
    value: text.slice(start, end),
  });
  return { type: 'array', offset: node.offset, length: node.length, children: [part(0, dot), part(dot + 1, text.length)] };
}

/** GitLab's `!reference [job, script]`: the value stands elsewhere in this file or in one it includes. */
function referenceOf(node: TreeNode): TreeNode {
  const path = (node.children ?? []).map((each) => String(each.value ?? '')).join('.');
  return { type: 'string', offset: node.offset, length: node.length, value: `\${${path}}`, unresolved: true };
}

const INTRINSICS = new Set([
  'Ref',
  'Condition',
  'And',
  'Base64',
  'Cidr',
  'Contains',
  'EachMemberEquals',
  'EachMemberIn',
  'Equals',
  'FindInMap',
  'GetAtt',
  'GetAZs',
  'GetStackOutput',
  'If',
  'ImportValue',
  'Join',
  'Length',
  'Not',
  'Or',
  'RefAll',
  'Select',
  'Split',
  'Sub',
  'ToJsonString',
  'Transform',
  'ValueOf',
  'ValueOfAll',
]);
