import { member, membersOf, type TextTree, type TreeNode } from '../read/tree.ts';
import type { Declaration, System } from './declaration.ts';
import { itemsOf } from './nodes.ts';
import { fileName } from './whole-file.ts';

/**
 * Security rules of Firebase.
 *
 * - Firestore and Cloud Storage: each `match`, of type "firestore" or "storage", with its whole path as key and name; its node has `allow`
 *   ([{methods, condition}]) but not the matches within, which are declarations of their own.
 * - Functions that only return, of type "function": {name, returns}.
 * - Realtime Database (JSON): one of type "database", whose node is the object `rules` with its ".read" and ".write".
 */
export const firebaseRules: System = { id: 'firebase-rules', declarations };

function declarations(tree: TextTree, path: string): readonly Declaration[] {
  const [root] = tree.documents;
  if (root === undefined) return [];
  if (tree.format === 'json') return fromJson(root, path);
  if (tree.format !== 'firebase-rules') return [];
  const found: Declaration[] = [];
  const seen = new Map<string, number>();
  const visit = (node: TreeNode, above: string, type: string): void => {
    for (const match of itemsOf(member(node, 'match'))) {
      const name = `${above}${match.labels?.[0] ?? ''}`;
      const times = (seen.get(name) ?? 0) + 1;
      seen.set(name, times);
      const own = (match.children ?? []).filter((each) => each.children?.[0]?.value !== 'match');
      const key = times === 1 ? name : `${name}#${times}`;
      found.push({ system: 'firebase-rules', type, key, name, node: { ...match, children: own } });
      visit(match, name, type);
    }
  };
  for (const service of itemsOf(member(root, 'service')))
    visit(service, '', /storage/i.test(service.labels?.[0] ?? '') ? 'storage' : 'firestore');
  visit(root, '', 'firestore');
  for (const node of itemsOf(member(root, 'function'))) {
    const name = String(member(node, 'name')?.value);
    found.push({ system: 'firebase-rules', type: 'function', key: `function/${name}`, name, node });
  }
  return found;
}

function fromJson(root: TreeNode, path: string): readonly Declaration[] {
  const node = member(root, 'rules');
  if (node?.type !== 'object') return [];
  const speaks = /rules[^/\\]*\.json$/i.test(path) || holdsRule(node, 0);
  return speaks ? [{ system: 'firebase-rules', type: 'database', key: 'database', name: fileName(path), node }] : [];
}

function holdsRule(node: TreeNode, depth: number): boolean {
  return (
    depth < 20 && membersOf(node).some(({ key, value }) => /^\.(read|write|validate|indexOn)$/.test(key) || holdsRule(value, depth + 1))
  );
}
