import { member, type TreeNode } from '../read/tree.ts';
import type { System } from './declaration.ts';
import { madeArray, madeMember, madeObject, madeText } from './nodes.ts';
import { itemsOf, textOf } from './text-of.ts';
import { fileName } from './whole-file.ts';

/**
 * What pip is to install, and from where: {"line": [text], "package": [{"name": "flask", "hash": [text]}]}; `hash` is there where the
 * package is held to one. Belongs to the settings of package managers.
 */
export const requirements: System = {
  id: 'settings',
  declarations: (tree, path) =>
    tree.format === 'lines' && REQUIREMENTS.test(path)
      ? tree.documents
          .filter((node) => member(node, 'line') !== undefined)
          .map((node) => ({
            system: 'settings',
            type: 'requirements',
            key: 'requirements',
            name: fileName(path),
            node: madeObject([...(node.children ?? []), madeMember('package', packagesOf(node))], node),
          }))
      : [],
};

const REQUIREMENTS = /(^|[/\\])((requirements|constraints)[^/\\]*|requirements[/\\][^/\\]+)\.(txt|in)$/i;

/** A package with the lines that continue it. */
function packagesOf(root: TreeNode): TreeNode {
  const found: { readonly name: string; readonly at: TreeNode; readonly hashes: TreeNode[] }[] = [];
  let goesOn = false;
  for (const line of itemsOf(member(root, 'line'))) {
    const text = textOf(line) ?? '';
    if (/^\s*#/.test(text)) continue;
    const name = goesOn ? undefined : /^\s*([A-Za-z0-9][\w.-]*)/.exec(text)?.[1];
    if (name !== undefined) found.push({ name: name.toLowerCase().replace(/[_.]/g, '-'), at: line, hashes: [] });
    if ((goesOn || name !== undefined) && text.includes('--hash=')) found.at(-1)?.hashes.push(line);
    goesOn = text.endsWith('\\');
  }
  const items = found.map(({ name, at, hashes: [first] }) =>
    madeObject([madeMember('name', madeText(name, at)), ...(first === undefined ? [] : [madeMember('hash', madeText('held', first))])], at),
  );
  return madeArray(items, root);
}
