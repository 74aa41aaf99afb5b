import { member, membersOf, type TextTree, type TreeNode } from '../read/tree.ts';
import { itemsOf, madeArray, madeMember, madeObject, madeText, mapTexts } from './nodes.ts';
import { withoutDynamic } from './terraform-dynamic.ts';
import { eachOf } from './terraform-each.ts';

/**
 * The document of a Terraform text as JSON syntax has it, `resource.TYPE.NAME` and `data.TYPE.NAME` in place of blocks with labels,
 * with each `aws_iam_policy_document` as the IAM policy that it makes. What reads policies anywhere in JSON reads them here,
 * at the places where they stand in the HCL. A text of another format is returned as it is.
 */
export function withPolicies(tree: TextTree): TextTree {
  if (tree.format === 'json' && tree.text.includes('aws_iam_policy_document'))
    return { ...tree, documents: tree.documents.map(documentsInJson) };
  if (tree.format !== 'hcl') return tree;
  return { ...tree, documents: tree.documents.map((root) => ({ ...root, children: withoutFollowed((root.children ?? []).map(nested)) })) };
}

/** The same of JSON syntax, where objects and lists of one may stand for each other. */
function documentsInJson(root: TreeNode): TreeNode {
  return replaced(root, 'data', (data) =>
    replaced(data, 'aws_iam_policy_document', (named) =>
      mapObjects(named, (names) => ({
        ...names,
        children: (names.children ?? []).map((property) => {
          const [key, value] = property.children ?? [];
          if (key === undefined || value === undefined) return property;
          const made = mapObjects(value, (body) => (member(body, 'Statement') === undefined ? policyOf(body) : body));
          return { ...property, children: [key, itemsOf(made).length === 1 ? (itemsOf(made)[0] ?? made) : made] };
        }),
      })),
    ),
  );
}

function mapObjects(node: TreeNode, change: (object: TreeNode) => TreeNode): TreeNode {
  if (node.type === 'array') return { ...node, children: (node.children ?? []).map((each) => mapObjects(each, change)) };
  return node.type === 'object' ? change(node) : node;
}

/** The members of this name, in an object or in each of a list. */
function replaced(node: TreeNode, name: string, change: (value: TreeNode) => TreeNode): TreeNode {
  return mapObjects(node, (object) => ({
    ...object,
    children: (object.children ?? []).map((property) => {
      const [key, value] = property.children ?? [];
      return key?.value === name && value !== undefined ? { ...property, children: [key, change(value)] } : property;
    }),
  }));
}

/** Without the values of `locals` that stand where they are used as well: half a statement is none, and a whole one would count twice. */
function withoutFollowed(properties: readonly TreeNode[]): readonly TreeNode[] {
  if (!properties.some(isLocals)) return properties;
  const used = new Set<number>();
  const seen = new Set<readonly TreeNode[]>();
  const visit = (node: TreeNode): void => {
    used.add(node.offset);
    if (node.children === undefined || seen.has(node.children)) return;
    seen.add(node.children);
    node.children.forEach(visit);
  };
  for (const property of properties) if (!isLocals(property)) visit(property);
  const isUsed = (value: TreeNode): boolean =>
    used.has(value.offset) || ((value.children ?? []).length > 0 && (value.children ?? []).every((each) => used.has(each.offset)));
  return properties.map((property) => {
    const [key, blocks] = property.children ?? [];
    if (!isLocals(property) || key === undefined || blocks === undefined) return property;
    const kept = (blocks.children ?? []).map((block) => ({
      ...block,
      children: (block.children ?? []).filter((each) => each.children?.[1] === undefined || !isUsed(each.children[1])),
    }));
    return madeMember('locals', madeArray(kept, blocks), key);
  });
}

function isLocals(property: TreeNode): boolean {
  return property.children?.[0]?.value === 'locals';
}

/** The IAM policy that a block `data "aws_iam_policy_document"` makes; the nodes keep the places of the block. */
export function policyOf(body: TreeNode): TreeNode {
  const written = withoutDynamic(body);
  const statements = itemsOf(member(written, 'statement')).map(statementOf);
  const version = member(written, 'version');
  const at = head(written);
  const policy = madeObject(
    [
      madeMember('Version', version ?? madeText('2012-10-17', at)),
      ...membersOf(written).flatMap(({ key, keyNode, value }) => (key === 'policy_id' ? [madeMember('Id', value, keyNode)] : [])),
      madeMember('Statement', madeArray(statements, written)),
    ],
    written,
  );
  const more = ['source_policy_documents', 'override_policy_documents', 'source_json', 'override_json'];
  return membersOf(written).some(({ key }) => more.includes(key)) ? { ...policy, unresolved: true } : policy;
}

/** An array of blocks with labels as objects within objects. */
function nested(property: TreeNode): TreeNode {
  const [key, blocks] = property.children ?? [];
  if (key === undefined || (key.value !== 'resource' && key.value !== 'data') || blocks?.type !== 'array') return property;
  const types = new Map<string, TreeNode[]>();
  for (const block of blocks.children ?? []) {
    const [type = '', name = ''] = block.labels ?? [];
    const list = types.get(type) ?? [];
    types.set(type, list);
    for (const body of eachOf(withoutDynamic(block))) {
      list.push(madeMember(name, key.value === 'data' && type === 'aws_iam_policy_document' ? policyOf(body) : body, head(block)));
    }
  }
  const members = [...types].map(([type, bodies]) =>
    madeMember(type, madeObject(bodies, bodies[0] ?? blocks), bodies[0]?.children?.[0] ?? blocks),
  );
  return madeMember(key.value, madeObject(members, blocks), key);
}

/** The word that starts a block: where to point for what is not written. */
function head(block: TreeNode): TreeNode {
  return { type: 'string', offset: block.offset, length: Math.min(block.length, 9), value: '' };
}

function statementOf(block: TreeNode): TreeNode {
  const properties: TreeNode[] = [];
  const principals = new Map<string, TreeNode[]>();
  if (member(block, 'effect') === undefined) properties.push(madeMember('Effect', madeText('Allow', head(block))));
  for (const { key, keyNode, value } of membersOf(block)) {
    const name = ELEMENTS.get(key);
    if (name !== undefined) properties.push(madeMember(name, plainVariables(value), keyNode));
    else if (key === 'principals' || key === 'not_principals') principals.set(key, [...(principals.get(key) ?? []), ...itemsOf(value)]);
    else if (key === 'condition') properties.push(madeMember('Condition', conditionsOf(itemsOf(value), value), keyNode));
  }
  for (const [key, blocks] of principals) {
    const [first] = blocks;
    if (first !== undefined)
      properties.push(madeMember(key === 'principals' ? 'Principal' : 'NotPrincipal', principalsOf(blocks), head(first)));
  }
  return madeObject(properties, block);
}

const ELEMENTS: ReadonlyMap<string, string> = new Map([
  ['sid', 'Sid'],
  ['effect', 'Effect'],
  ['actions', 'Action'],
  ['not_actions', 'NotAction'],
  ['resources', 'Resource'],
  ['not_resources', 'NotResource'],
]);

function principalsOf(blocks: readonly TreeNode[]): TreeNode {
  const byType = new Map<string, TreeNode[]>();
  for (const block of blocks) {
    const type = String(member(block, 'type')?.value ?? 'AWS');
    byType.set(type, [...(byType.get(type) ?? []), ...itemsOf(member(block, 'identifiers'))]);
  }
  const at = blocks[0] ?? madeText('', { type: 'null', offset: 0, length: 0 });
  const everyone = byType.get('*')?.[0];
  if (everyone !== undefined) return madeText('*', everyone);
  return madeObject(
    [...byType].map(([type, names]) => madeMember(type, madeArray(names.map(plainVariables), names[0] ?? at))),
    at,
  );
}

function conditionsOf(blocks: readonly TreeNode[], at: TreeNode): TreeNode {
  const byTest = new Map<string, Map<string, TreeNode[]>>();
  for (const block of blocks) {
    const test = String(member(block, 'test')?.value ?? '');
    const variable = String(member(block, 'variable')?.value ?? '');
    const keys = byTest.get(test) ?? new Map<string, TreeNode[]>();
    keys.set(variable, [...(keys.get(variable) ?? []), ...itemsOf(member(block, 'values'))]);
    byTest.set(test, keys);
  }
  return madeObject(
    [...byTest].map(([test, keys]) => {
      const members = [...keys].map(([key, values]) => madeMember(key, madeArray(values.map(plainVariables), values[0] ?? at)));
      return madeMember(test, madeObject(members, members[0] ?? at));
    }),
    at,
  );
}

/** `&{aws:username}` is how the block writes a variable of IAM. */
function plainVariables(node: TreeNode): TreeNode {
  return mapTexts(node, (text) => {
    const value = String(text.value);
    return value.includes('&{') ? { ...text, value: value.replaceAll('&{', '${') } : text;
  });
}
