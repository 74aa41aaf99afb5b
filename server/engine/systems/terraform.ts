import { member, membersOf, type TextTree, type TreeNode } from '../read/tree.ts';
import type { Declaration, System } from './declaration.ts';
import { mapTexts } from './nodes.ts';
import { withoutDynamic } from './terraform-dynamic.ts';
import { eachOf } from './terraform-each.ts';

/**
 * Blocks of Terraform and OpenTofu, in HCL or JSON syntax.
 *
 * - A resource has its own type, its address as key and its name as name: "aws_s3_bucket", "aws_s3_bucket.logs", "logs".
 * - A data source has "data." before both.
 * - Other blocks have their word as type: "module", "variable", "output", "provider", "terraform", "locals", "moved", "removed".
 * - Attributes outside of any block (variables of a `.tfvars`, inputs of Terragrunt) are one declaration, "tfvars" or "settings".
 *
 * `dynamic` blocks are written out. Values with `${…}` in JSON syntax are unresolved.
 */
export const terraform: System = { id: 'terraform', declarations };

function declarations(tree: TextTree, path: string): readonly Declaration[] {
  const [root] = tree.documents;
  if (root === undefined) return [];
  if (tree.format !== 'hcl' && (tree.format !== 'json' || !isTerraformJson(root, path))) return [];
  // Most texts have no such block, and need no copy without.
  const plain: Written = tree.text.includes('dynamic') ? (body) => [withoutDynamic(body)] : (body) => [body];
  const written: Written = tree.text.includes('for_each') ? (body) => plain(body).flatMap(eachOf) : plain;
  return tree.format === 'hcl' ? fromBlocks(root, path, written) : fromJson(mapTexts(root, unresolvedTemplate), path, written);
}

function isTerraformJson(root: TreeNode, path: string): boolean {
  if (/\.(tf|tofu|tfvars)\.json$/i.test(path)) return true;
  const kinds = membersOf(member(root, 'resource'));
  return kinds.length > 0 && kinds.every(({ key, value }) => /^[a-z][a-z0-9]*_[a-z0-9_]+$/.test(key) && value.type === 'object');
}

/** A block's body with what its `dynamic` blocks make, once for each of its `for_each`. */
type Written = (body: TreeNode) => readonly TreeNode[];

function fromBlocks(root: TreeNode, path: string, written: Written): readonly Declaration[] {
  const found: Declaration[] = [];
  const attributes: TreeNode[] = [];
  for (const property of root.children ?? []) {
    const [key, value] = property.children ?? [];
    const blocks = (value?.type === 'array' ? (value.children ?? []) : []).filter((each) => each.labels !== undefined);
    if (blocks.length === 0) attributes.push(property);
    for (const block of blocks) found.push(...declarationsIn(String(key?.value), block.labels ?? [], block, written));
  }
  if (attributes.length > 0) found.push(attributesOf({ ...root, children: attributes }, path));
  return distinct(found);
}

function fromJson(root: TreeNode, path: string, written: Written): readonly Declaration[] {
  const found: Declaration[] = [];
  const attributes: TreeNode[] = [];
  for (const property of root.children ?? []) {
    const [key, value] = property.children ?? [];
    const word = String(key?.value);
    const depth = LABELS.get(word);
    if (depth === undefined || value === undefined || /\.tfvars\.json$/i.test(path)) attributes.push(property);
    else for (const { labels, body } of labelled(value, depth, [])) found.push(...declarationsIn(word, labels, body, written));
  }
  if (attributes.length > 0) found.push(attributesOf({ ...root, children: attributes }, path));
  return distinct(found);
}

/** How many names stand between a block's word and its body. */
const LABELS: ReadonlyMap<string, number> = new Map([
  ['resource', 2],
  ['data', 2],
  ['ephemeral', 2],
  ['module', 1],
  ['variable', 1],
  ['output', 1],
  ['provider', 1],
  ['check', 1],
  ['locals', 0],
  ['terraform', 0],
  ['moved', 0],
  ['removed', 0],
  ['import', 0],
]);

function labelled(
  node: TreeNode,
  depth: number,
  labels: readonly string[],
): readonly { readonly labels: readonly string[]; readonly body: TreeNode }[] {
  if (node.type === 'array') return (node.children ?? []).flatMap((each) => labelled(each, depth, labels));
  if (depth === 0) return node.type === 'object' ? [{ labels, body: node }] : [];
  return membersOf(node).flatMap(({ key, value }) => labelled(value, depth - 1, [...labels, key]));
}

function declarationsIn(word: string, labels: readonly string[], body: TreeNode, written: Written): readonly Declaration[] {
  const bodies = written(body);
  const [only] = bodies;
  if (only !== undefined && bodies.length === 1) return [declarationOf(word, labels, body, only)];
  return bodies.map((node, i) => {
    const declaration = declarationOf(word, labels, body, node);
    return i === 0 ? declaration : { ...declaration, key: `${declaration.key}[${i}]` };
  });
}

function declarationOf(word: string, labels: readonly string[], body: TreeNode, node: TreeNode): Declaration {
  const name = labels.at(-1) ?? word;
  if (word === 'resource') return { system: 'terraform', type: labels[0] ?? word, key: labels.join('.'), name, node };
  if (word === 'data' || word === 'ephemeral') {
    return { system: 'terraform', type: `${word}.${labels[0] ?? ''}`, key: `${word}.${labels.join('.')}`, name, node };
  }
  const alias = word === 'provider' ? member(body, 'alias')?.value : undefined;
  const from =
    word === 'moved' || word === 'removed' || word === 'import' ? (member(body, 'from') ?? member(body, 'to'))?.value : undefined;
  const identity = [word, ...labels, alias ?? from].filter((each) => each !== undefined && each !== null);
  return { system: 'terraform', type: word, key: identity.join('.'), name, node };
}

function attributesOf(node: TreeNode, path: string): Declaration {
  const type = /\.tfvars(\.json)?$/i.test(path) ? 'tfvars' : 'settings';
  return { system: 'terraform', type, key: type, name: type, node };
}

/** Blocks that may be repeated, such as `locals`, are told apart by their number. */
function distinct(found: readonly Declaration[]): readonly Declaration[] {
  const seen = new Map<string, number>();
  return found.map((each) => {
    const times = (seen.get(each.key) ?? 0) + 1;
    seen.set(each.key, times);
    return times === 1 ? each : { ...each, key: `${each.key}#${times}` };
  });
}

function unresolvedTemplate(text: TreeNode): TreeNode {
  return /(?<!\$)\$\{|(?<!%)%\{/.test(String(text.value)) ? { ...text, unresolved: true } : text;
}
