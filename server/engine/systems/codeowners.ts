import { member, type TreeNode } from '../read/tree.ts';
import type { Declaration, System } from './declaration.ts';
import { madeArray, madeMember, madeObject } from './nodes.ts';
import { itemsOf, numbered, textAt } from './text-of.ts';
import { fileName } from './whole-file.ts';

/**
 * Who reviews which files; see read/codeowners.ts. The file (`codeowners`), and each of its lines (`entry`), known by section and pattern.
 * The file also has `handedOver`: the patterns of lines that take a part of an earlier line's path from all of its owners.
 */
export const codeowners: System = {
  id: 'codeowners',
  declarations: (tree, path) => {
    const [root] = tree.documents;
    if (tree.format !== 'codeowners' || root === undefined) return [];
    const unique = numbered();
    const entries = itemsOf(member(root, 'entry')).map((node): Declaration => {
      const pattern = textAt(node, 'pattern') ?? '';
      return { system: 'codeowners', type: 'entry', key: unique(`${textAt(node, 'section') ?? ''}\n${pattern}`), name: pattern, node };
    });
    return [{ system: 'codeowners', type: 'codeowners', key: 'codeowners', name: fileName(path), node: withHandedOver(root) }, ...entries];
  },
};

function withHandedOver(root: TreeNode): TreeNode {
  const owned = new Map<string, readonly string[]>();
  const taken: TreeNode[] = [];
  for (const entry of itemsOf(member(root, 'entry'))) {
    const pattern = textAt(entry, 'pattern') ?? '';
    const owners = itemsOf(member(entry, 'owners')).map(({ value }) => String(value));
    const above = enclosing(pattern).find((each) => owned.has(each));
    const theirs = above === undefined ? [] : (owned.get(above) ?? []);
    const at = member(entry, 'pattern');
    if (at !== undefined && owners.length > 0 && theirs.length > 0 && !theirs.some((owner) => owners.includes(owner)))
      taken.push({ ...at, value: `${pattern} of ${theirs.join(' ')}` });
    owned.set(pattern, owners);
  }
  const [first] = taken;
  return first === undefined ? root : madeObject([...(root.children ?? []), madeMember('handedOver', madeArray(taken, first))], root);
}

/** "/infra/modules/a" → "/infra/modules/", "/infra/modules", "/infra/", "/infra": the nearest first. */
function enclosing(pattern: string): readonly string[] {
  const steps = pattern.replace(/\/$/, '').split('/');
  return Array.from({ length: Math.min(steps.length, 20) }, (_, i) => steps.slice(0, steps.length - 1 - i).join('/'))
    .filter((path) => path !== '')
    .flatMap((path) => [`${path}/`, path]);
}
