import { member, membersOf, type TextTree, type TreeNode } from '../read/tree.ts';
import type { Declaration, System } from './declaration.ts';
import { resolveIntrinsics } from './cloudformation-intrinsics.ts';
import { madeMember, madeText } from './nodes.ts';
import { rewrite, withYaml11Booleans } from './rewrite.ts';
import { textAt } from './text-of.ts';

/** Resources, parameters and outputs of a template (CloudFormation, SAM, what CDK makes), JSON or YAML. */
export const cloudformation: System = {
  id: 'cloudformation',
  words: ['Resources'],
  declarations: (tree) => tree.documents.filter(isTemplate).flatMap((root) => templateDeclarations(root, tree)),
};

/** Everything a template declares. Serverless keeps one below its `resources`. */
export function templateDeclarations(root: TreeNode, tree: TextTree): readonly Declaration[] {
  const booleans = withYaml11Booleans(tree);
  const defaults = defaultsOf(root);
  const bodyOf = (node: TreeNode): TreeNode => rewrite(node, (each) => resolveIntrinsics(booleans?.(each) ?? each, defaults));
  const resources = resourcesOf(root).map(([name, node]): Declaration => {
    const type = textAt(node, 'Type') ?? '';
    return { system: 'cloudformation', type, key: name, name, node: withSource(type, bodyOf(node)) };
  });
  const others = SECTIONS.flatMap(([section, type]) =>
    membersOf(member(root, section))
      .filter(({ value }) => value.type === 'object')
      .map(({ key, value }): Declaration => ({ system: 'cloudformation', type, key: `${type}/${key}`, name: key, node: bodyOf(value) })),
  );
  return [...resources, ...others];
}

/** Of a nested stack, who keeps its template: `source` is a bucket, or a host. */
function withSource(type: string, body: TreeNode): TreeNode {
  if (type !== 'AWS::CloudFormation::Stack' && type !== 'AWS::Serverless::Application') return body;
  const properties = member(body, 'Properties');
  const address = member(properties, 'TemplateURL') ?? member(properties, 'Location');
  const source = sourceOf(String(address?.value ?? ''));
  if (address === undefined || source === undefined) return body;
  return { ...body, children: [...(body.children ?? []), madeMember('source', madeText(source, address))] };
}

function sourceOf(address: string): string | undefined {
  const [, host = '', first = ''] = /^(?:https?|s3):\/\/([^/]+)\/?([^/]*)/i.exec(address) ?? [];
  if (host === '') return undefined;
  if (/^s3:/i.test(address)) return `bucket ${host}`;
  if (/^s3([.-][\w-]+)*\.amazonaws\.com(\.cn)?$/i.test(host)) return `bucket ${first}`;
  const own = /^(.+)\.s3([.-][\w-]+)*\.amazonaws\.com(\.cn)?$/i.exec(host)?.[1];
  return own === undefined ? `host ${host}` : `bucket ${own}`;
}

/** `Globals` is SAM's: what every function or API of the template has. */
const SECTIONS = [
  ['Parameters', 'parameter'],
  ['Outputs', 'output'],
  ['Globals', 'globals'],
] as const;

function isTemplate(root: TreeNode): boolean {
  if (root.type !== 'object') return false;
  const resources = member(root, 'Resources');
  if (resources?.type !== 'object') return false;
  if (member(root, 'AWSTemplateFormatVersion') !== undefined) return true;
  return membersOf(resources).some(({ value }) => /^(AWS|Alexa|Custom)::/.test(textAt(value, 'Type') ?? ''));
}

/** `Fn::ForEach::Name: [id, list, {"Logical${id}": {…}}]` declares the resources of its body. */
function resourcesOf(root: TreeNode): readonly (readonly [string, TreeNode])[] {
  const visit = (section: TreeNode | undefined, depth: number): readonly (readonly [string, TreeNode])[] =>
    membersOf(section).flatMap(({ key, value }) => {
      if (key.startsWith('Fn::ForEach::') && value.type === 'array' && depth < 5) return visit(value.children?.at(-1), depth + 1);
      return value.type === 'object' ? [[key, value] as const] : [];
    });
  return visit(member(root, 'Resources'), 0);
}

/** Defaults of parameters whose value is the default itself: not those that name a parameter kept elsewhere, and not those that are secret. */
function defaultsOf(root: TreeNode): ReadonlyMap<string, TreeNode> {
  const found = new Map<string, TreeNode>();
  for (const { key, value } of membersOf(member(root, 'Parameters'))) {
    const given = member(value, 'Default');
    const type = textAt(value, 'Type') ?? 'String';
    const secret = /^true$/i.test(String(member(value, 'NoEcho')?.value ?? ''));
    if (given !== undefined && given.children === undefined && given.type !== 'null' && !secret && !/^AWS::SSM|List/.test(type))
      found.set(key, given);
  }
  return found;
}
