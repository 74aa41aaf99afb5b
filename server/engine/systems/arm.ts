import { member, membersOf, type TextTree, type TreeNode } from '../read/tree.ts';
import { resolveExpressions } from './arm-expressions.ts';
import type { Declaration, System } from './declaration.ts';
import { itemsOf, numbered, textAt, textOf } from './text-of.ts';
import { WrittenDeclaration } from './written-declaration.ts';

/** Resources of an Azure Resource Manager template, nested ones and those of nested deployments too; and `parameter` and `output`. */
export const arm: System = {
  id: 'arm',
  words: ['$schema', 'resources', 'properties'],
  declarations: (tree) => tree.documents.flatMap((root) => templateOf(root)).flatMap((template) => declarationsIn(template, tree)),
};

/** A template stands by itself, or below `properties.template` of what is sent to Azure. */
function templateOf(root: TreeNode): readonly TreeNode[] {
  if (isTemplate(root)) return [root];
  const inner = member(member(root, 'properties'), 'template');
  return inner !== undefined && isTemplate(inner) ? [inner] : [];
}

function isTemplate(node: TreeNode): boolean {
  if (/deploymentTemplate\.json/i.test(textAt(node, '$schema') ?? '')) return true;
  return resourcesIn(node).some((each) => /^Microsoft\.\w+\//i.test(textAt(each, 'type') ?? ''));
}

/** A list, or in the newer language an object by symbolic name. */
function resourcesIn(node: TreeNode): readonly TreeNode[] {
  return listed(member(node, 'resources'));
}

function listed(resources: TreeNode | undefined): readonly TreeNode[] {
  return resources?.type === 'object' ? membersOf(resources).map(({ value }) => value) : itemsOf(resources);
}

type Parts = { readonly [Key in 'type' | 'name' | 'resources' | 'properties']: TreeNode | undefined };

/** What is asked of every resource, found at once; of a repeated key the last one counts. */
function partsOf(node: TreeNode): Parts {
  let [type, name, resources, properties]: (TreeNode | undefined)[] = [];
  for (const { children } of node.children ?? []) {
    const value = children?.[1];
    if (value === undefined) continue;
    const key = children?.[0]?.value;
    if (key === 'type') type = value;
    else if (key === 'name') name = value;
    else if (key === 'resources') resources = value;
    else if (key === 'properties') properties = value;
  }
  return { type, name, resources, properties };
}

function declarationsIn(template: TreeNode, tree: TextTree): readonly Declaration[] {
  const unique = numbered();
  const found: Declaration[] = [];
  const declare = declaring(template, tree);
  const visit = (node: TreeNode, parent: string, parentName: string, depth: number): void => {
    if (node.type !== 'object' || depth > 20) return;
    const { type: typeNode, name: nameNode, resources, properties } = partsOf(node);
    const own = textOf(typeNode) ?? '';
    const type = parent === '' || /^[\w]+\.[\w.]+\//.test(own) ? own : `${parent}/${own}`;
    const name = textOf(nameNode) ?? '';
    const key = parentName === '' ? name : `${parentName}/${name}`;
    if (type !== '') found.push(declare({ type, key: unique(`${type}/${key}`), name: plainName(name) }, node));
    for (const child of listed(resources)) visit(child, type, key, depth + 1);
    const nested = member(properties, 'template');
    if (nested !== undefined && /\/deployments$/i.test(type)) for (const each of resourcesIn(nested)) visit(each, '', key, depth + 1);
  };
  for (const each of resourcesIn(template)) visit(each, '', '', 0);
  for (const [section, type] of [
    ['parameters', 'parameter'],
    ['outputs', 'output'],
  ] as const) {
    for (const { key, value } of membersOf(member(template, section)))
      found.push({ system: 'arm', type, key: `${type}/${key}`, name: key, node: value });
  }
  return found;
}

type Named = Pick<Declaration, 'type' | 'key' | 'name'>;

/** Of a text that was read without a doubt, bodies are worked out by need. They hang on the template's parameters and variables. */
function declaring(template: TreeNode, tree: TextTree): (named: Named, at: TreeNode) => Declaration {
  const bodyOf = (at: TreeNode): TreeNode => resolveExpressions(at, template, tree);
  if (tree.format !== 'json' || tree.problems.length > 0) return (named, at) => ({ system: 'arm', ...named, node: bodyOf(at) });
  const source = tree.text;
  const around = {
    text: ['parameters', 'variables']
      .map((section) => {
        const node = member(template, section);
        return node === undefined ? '' : source.slice(node.offset, node.offset + node.length);
      })
      .join('\n'),
  };
  return ({ type, key, name }, at) =>
    new WrittenDeclaration({
      system: 'arm',
      type,
      key,
      name,
      words: () => source.slice(at.offset, at.offset + at.length),
      around,
      body: () => bodyOf(at),
    });
}

/** `[parameters('storageName')]` is best called `storageName`. */
function plainName(name: string): string {
  if (!name.startsWith('[')) return name;
  return /^\[(?:parameters|variables)\('([^']+)'\)\]$/.exec(name)?.[1] ?? name;
}
