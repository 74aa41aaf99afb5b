import { normalPath } from '../read/governed-path.ts';
import { member, type TreeNode } from '../read/tree.ts';
import type { Declaration, System } from './declaration.ts';
import { wholeDocuments } from './whole-document.ts';

/** Settings, tasks and launch configurations of the editor; of a workspace file, each of its parts. */
export const vscode: System = {
  id: 'vscode',
  declarations: (tree, path) => {
    const normal = normalPath(path);
    if (normal.endsWith('.code-workspace')) return tree.documents.flatMap(partsOf);
    const type = TYPES.find(([pattern]) => pattern.test(normal))?.[1];
    return type === undefined ? [] : wholeDocuments('vscode', type, tree, path);
  },
};

const TYPES: readonly (readonly [RegExp, string])[] = [
  [/\/\.vscode\/settings\.json$|\/user\/settings\.json$|\/machine\/settings\.json$/, 'settings'],
  [/\/\.vscode\/tasks\.json$|\/user\/tasks\.json$/, 'tasks'],
  [/\/\.vscode\/launch\.json$/, 'launch'],
  [/\/\.vscode\/extensions\.json$/, 'extensions'],
  [/\/(\.vscode|user)\/keybindings\.json$/, 'keybindings'],
];

function partsOf(root: TreeNode): readonly Declaration[] {
  return ['settings', 'tasks', 'launch', 'extensions'].flatMap((type): readonly Declaration[] => {
    const node = member(root, type);
    return node === undefined ? [] : [{ system: 'vscode', type, key: type, name: type, node }];
  });
}
