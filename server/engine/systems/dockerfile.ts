import { editMemory } from '../edit-memory.ts';
import { member, type TreeNode } from '../read/tree.ts';
import type { System } from './declaration.ts';
import { itemsOf, madeArray, madeMember, madeObject, madeText } from './nodes.ts';
import { wholeFile } from './whole-file.ts';

const file = wholeFile('dockerfile', 'dockerfile');

/**
 * A Dockerfile; see read/dockerfile.ts for its `stage` and `instruction`. `runsAs` is the user of the last `USER` of the last stage, and
 * "root" where that has none: however long the file, a rule need not go through it.
 */
export const dockerfile: System = {
  id: file.id,
  declarations: (tree, path) => {
    const triggers = /\bonbuild\b/i.test(tree.text);
    return file.declarations(tree, path).map((declaration) => {
      const node = withUser(declaration.node);
      return { ...declaration, node: triggers ? withTriggers(node) : node };
    });
  },
};

/** What `ONBUILD` runs in the images that are built on this one, as instructions behind the others. */
function withTriggers(node: TreeNode): TreeNode {
  const members = (node.children ?? []).map((property) => {
    const [key, stages] = property.children ?? [];
    if (key?.value !== 'stage' || stages === undefined) return property;
    return madeMember('stage', madeArray(itemsOf(stages).map(withOwnTriggers), stages), key);
  });
  return { ...node, children: members };
}

function withOwnTriggers(stage: TreeNode): TreeNode {
  const list = member(stage, 'instruction');
  const inner = itemsOf(list).flatMap((each) => (member(each, 'keyword')?.value === 'ONBUILD' ? (member(each, 'instruction') ?? []) : []));
  if (list === undefined || inner.length === 0) return stage;
  const members = (stage.children ?? []).map((property) => {
    const [key] = property.children ?? [];
    return key?.value === 'instruction' ? madeMember('instruction', madeArray([...itemsOf(list), ...inner], list), key) : property;
  });
  return { ...stage, children: members };
}

function withUser(node: TreeNode): TreeNode {
  const known = asked.get(node);
  if (known !== undefined) return known;
  const made = madeObject([...(node.children ?? []), ...userOf(node)], node);
  asked.set(node, made);
  return made;
}

/** The same tree has the same declaration: what is remembered of it counts for everybody. */
const asked = editMemory<TreeNode, TreeNode>();

function userOf(node: TreeNode): readonly TreeNode[] {
  const stage = itemsOf(member(node, 'stage')).at(-1);
  if (stage === undefined) return [];
  const last = itemsOf(member(stage, 'instruction')).findLast((each) => member(each, 'keyword')?.value === 'USER');
  if (last === undefined) return [madeMember('runsAs', madeText('root', member(stage, 'from') ?? stage))];
  const user = member(last, 'user');
  return [madeMember('runsAs', user === undefined ? madeText('', last) : userNamed(user, node, stage))];
}

/** With the values that the file gives to its variables, and user 0 however it is written. */
function userNamed(user: TreeNode, node: TreeNode, stage: TreeNode): TreeNode {
  const written = String(user.value);
  if (!/[$]|^0\d/.test(written)) return user;
  const values = new Map<string, string>();
  const variables = [
    ...itemsOf(member(node, 'argument')),
    ...itemsOf(member(stage, 'instruction')).flatMap((each) => itemsOf(member(each, 'variable'))),
  ];
  for (const each of variables) {
    const value = member(each, 'value')?.value;
    if (typeof value === 'string') values.set(String(member(each, 'name')?.value), value);
  }
  const named = written.replace(
    /\$(?:\{(\w+)(?::?([-+])([^}]*))?\}|(\w+))/g,
    (whole, braced?: string, how?: string, other?: string, bare?: string) => {
      const value = values.get(braced ?? bare ?? '');
      if (how === '+') return value === undefined ? '' : (other ?? '');
      return value ?? (how === '-' ? (other ?? '') : whole);
    },
  );
  const value = named.replace(/^0+$/, '0');
  return value === written ? user : madeText(value, user);
}
