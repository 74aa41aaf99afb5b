import { member, membersOf, type TreeNode } from '../read/tree.ts';
import type { Declaration, System } from './declaration.ts';
import { flagDeclarations } from './kubernetes-flags.ts';
import { jsonPatchOf } from './kubernetes-patch.ts';
import { madeArray, madeMember, madeObject, madeText } from './nodes.ts';
import { rewrite, withYaml11Booleans } from './rewrite.ts';
import { itemsOf, numbered, textAt } from './text-of.ts';

/** Every object of a manifest, also the items of a List, and the flags that the cluster's own programs start with. Templates of Helm count: their open values are unresolved. */
export const kubernetes: System = {
  id: 'kubernetes',
  declarations: (tree, path) => {
    const unique = numbered();
    const booleans = withYaml11Booleans(tree);
    const objects = tree.documents
      .flatMap(objectsOf)
      .map((node) => declarationOf(node, booleans === undefined ? node : rewrite(node, booleans), unique))
      .flatMap((declaration) => [declaration, ...flagDeclarations(declaration.node, declaration.key)]);
    const overlays = /(^|\/)[Kk]ustomization(\.ya?ml)?$/.test(path) ? tree.documents.filter(isBareOverlay) : [];
    const inValues = isValuesFile(path) ? tree.documents.flatMap(objectsInValues).map((node) => declarationOf(node, node, unique)) : [];
    const patches = tree.documents.flatMap((root) => patchDeclarations(root, unique));
    return [
      ...objects,
      ...patches,
      ...inValues,
      ...overlays.map(overlayOf),
      ...tree.documents.filter(isNetworkConfig).map(networkConfigOf),
    ];
  },
};

/** A JSON patch, as the object that it makes of its target, and as its operations (`patch`). */
function patchDeclarations(root: TreeNode, unique: (key: string) => string): readonly Declaration[] {
  const patch = root.type === 'array' ? jsonPatchOf(root) : undefined;
  if (patch === undefined) return [];
  const { kind, body, operations } = patch;
  const node = madeObject([madeMember('operations', madeArray(operations, root))], root);
  return [
    { system: 'kubernetes', type: kind, key: unique(`patch of ${kind}`), name: `patch of a ${kind}`, node: body },
    { system: 'kubernetes', type: 'patch', key: unique('patch'), name: 'patch', node },
  ];
}

function isValuesFile(path: string): boolean {
  return /(^|\/)([^/]*[-_.])?values([-_.][^/]*)?\.(ya?ml|json)$/i.test(path);
}

/** What the values of a chart add to it as it stands: `extraObjects` and its like. Rules without a role around them are those of one. */
function objectsInValues(root: TreeNode): readonly TreeNode[] {
  if (isKubernetesObject(root)) return [];
  const visit = (node: TreeNode, depth: number): readonly TreeNode[] => {
    if (depth > 6) return [];
    if (node.type === 'array') return itemsOf(node).flatMap((each) => visit(each, depth + 1));
    if (isKubernetesObject(node)) return [node];
    return membersOf(node).flatMap(({ key, value }) => {
      const isRules =
        /rules$/i.test(key) &&
        itemsOf(value).some((item) => member(item, 'verbs') !== undefined && member(item, 'resources') !== undefined);
      return isRules ? [roleOf(key, value)] : visit(value, depth + 1);
    });
  };
  return visit(root, 0);
}

function roleOf(key: string, rules: TreeNode): TreeNode {
  const name = madeObject([madeMember('name', madeText(key, rules))], rules);
  return madeObject(
    [
      madeMember('apiVersion', madeText('rbac.authorization.k8s.io/v1', rules)),
      madeMember('kind', madeText('ClusterRole', rules)),
      madeMember('metadata', name),
      madeMember('rules', rules),
    ],
    rules,
  );
}

/** Kustomize asks for neither kind nor version. */
function isBareOverlay(node: TreeNode): boolean {
  return node.type === 'object' && textAt(node, 'kind') === undefined;
}

function overlayOf(node: TreeNode): Declaration {
  return { system: 'kubernetes', type: 'Kustomization', key: 'Kustomization', name: 'kustomization', node };
}

/** What a node's network is set up with, at /etc/cni/net.d. */
function isNetworkConfig(node: TreeNode): boolean {
  return textAt(node, 'cniVersion') !== undefined;
}

function networkConfigOf(node: TreeNode): Declaration {
  const name = textAt(node, 'name') ?? 'network';
  return { system: 'kubernetes', type: 'cni', key: 'cni', name, node };
}

/** An object has a kind and says which API it belongs to. */
function isKubernetesObject(node: TreeNode | undefined): boolean {
  const version = textAt(node, 'apiVersion');
  if (textAt(node, 'kind') === undefined || version === undefined) return false;
  // Azure's templates have both words in their resources, with a date for the version.
  return /^(([\w-]+(\.[\w-]+)*)\/)?v\d+((alpha|beta)\d+)?$|\$\{/.test(version) || version.includes('/');
}

function objectsOf(node: TreeNode): readonly TreeNode[] {
  if (node.type === 'array') return itemsOf(node).flatMap(objectsOf);
  if (!isKubernetesObject(node)) return [];
  const items = member(node, 'items');
  return textAt(node, 'kind')?.endsWith('List') === true && items !== undefined ? itemsOf(items).flatMap(objectsOf) : [node];
}

/** A name is text, even one that YAML 1.1 would take for a boolean. */
function declarationOf(node: TreeNode, body: TreeNode, unique: (key: string) => string): Declaration {
  const type = textAt(node, 'kind') ?? '';
  const metadata = member(node, 'metadata');
  const name = textAt(metadata, 'name') ?? textAt(metadata, 'generateName') ?? '';
  const key = unique([type, textAt(metadata, 'namespace') ?? '', name].join('/'));
  return { system: 'kubernetes', type, key, name: name === '' ? type : name, node: body };
}
