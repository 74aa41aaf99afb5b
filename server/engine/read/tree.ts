import type { Place, Position, Problem } from '../types.ts';
import type { Reading } from './read-blocks.ts';

/**
 * The formats that have a reader, one file each in this folder. `undefined` from `formatOf` means: unread, not safe.
 */
export type Format =
  | 'json'
  | 'json5'
  | 'yaml'
  | 'hcl'
  | 'toml'
  | 'ini'
  | 'dotenv'
  | 'dockerfile'
  | 'sql'
  | 'bicep'
  | 'nginx'
  | 'sudoers'
  | 'sshd'
  | 'pg-hba'
  | 'codeowners'
  | 'npmrc'
  | 'firebase-rules'
  | 'lines';

/**
 * A node of a document of any format; the shape is that of jsonc-parser's nodes, so that what reads JSON reads every format.
 *
 * - An object has `property` children, each with a key node and (unless half-typed) a value node.
 * - Short forms of a format are written out as its JSON form: CloudFormation's `!Ref x` is `{"Ref": "x"}`, `!GetAtt a.b` is
 *   `{"Fn::GetAtt": ["a", "b"]}`. YAML anchors and merge keys are followed: the node stands where its text stands.
 * - Text that is worked out elsewhere (HCL references, Bicep symbols, `{{ templates }}`) is a string whose `value` is the text
 *   with each such part as `${expression}`, and `unresolved` is true. It never counts as a literal.
 * - A block of HCL, Bicep or nginx is an object with `labels`; blocks of one name are the items of an array below that name.
 */
export type TreeNode = {
  readonly type: 'object' | 'array' | 'property' | 'string' | 'number' | 'boolean' | 'null';
  /** In UTF-16 units of the whole text, quotes included. */
  readonly offset: number;
  readonly length: number;
  readonly value?: string | number | boolean | null;
  readonly children?: readonly TreeNode[];
  /** Part of the value is not in this text. */
  readonly unresolved?: boolean;
  /** Of a block: `resource "aws_s3_bucket" "logs"` has ["aws_s3_bucket", "logs"]. */
  readonly labels?: readonly string[];
  /**
   * Of a string whose value is not, character by character, what stands after its opening quote (escapes, heredocs, block scalars):
   * from `index` in the value on, until the next run, the value stands at `offset` in the text. See value-offset.ts.
   */
  readonly runs?: readonly (readonly [index: number, offset: number])[];
};

/** A text, read as far as it goes. */
export type TextTree = {
  readonly format: Format;
  readonly text: string;
  readonly side: Place['side'];
  /** One for each document of the text (YAML may have several); empty when nothing could be read. */
  readonly documents: readonly TreeNode[];
  /** What was not read or is ambiguous. A problem of the text after blinds; one of the text before only makes the answer more careful. */
  readonly problems: readonly Problem[];
  readonly positionAt: (offset: number) => Position;
  readonly placeOf: (start: number, end: number) => Place;
  /** Of a language of blocks that nothing can be said against: what the other text of the edit need not have read again. */
  readonly reading?: Reading;
};

/** What every reader exports: half-typed or whole, it never throws and ends in time linear in the text. */
export type Reader = (text: string, side: Place['side']) => TextTree;

export type Member = { readonly key: string; readonly keyNode: TreeNode; readonly value: TreeNode };

/** Members of an object in order, half-typed ones without a value left out. */
export function membersOf(node: TreeNode | undefined): readonly Member[] {
  return membersAmong(node, undefined);
}

/** Those that go by one of these keys; undefined: all. */
export function membersAmong(node: TreeNode | undefined, keys: { readonly has: (key: string) => boolean } | undefined): readonly Member[] {
  if (node?.type !== 'object' || node.children === undefined) return [];
  const members: Member[] = [];
  for (const { children } of node.children) {
    const keyNode = children?.[0];
    const value = children?.[1];
    if (keyNode === undefined || value === undefined) continue;
    const key = String(keyNode.value);
    if (keys === undefined || keys.has(key)) members.push({ key, keyNode, value });
  }
  return members;
}

/** The value of a member, the last one when the key is repeated; undefined for anything that is no object. */
export function member(node: TreeNode | undefined, key: string): TreeNode | undefined {
  if (node?.type !== 'object' || node.children === undefined) return undefined;
  for (let i = node.children.length - 1; i >= 0; i--) {
    const pair = node.children[i]?.children;
    const name = pair?.[0]?.value;
    if (name !== key && (typeof name === 'string' || String(name) !== key)) continue;
    const value = pair?.[1];
    if (value !== undefined) return value;
  }
  return undefined;
}
