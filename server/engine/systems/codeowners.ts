import { member } from '../read/tree.ts';
import type { Declaration, System } from './declaration.ts';
import { itemsOf, numbered, textAt } from './text-of.ts';
import { fileName } from './whole-file.ts';

/** Who reviews which files; see read/codeowners.ts. The file (`codeowners`), and each of its lines (`entry`), known by section and pattern. */
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
    return [{ system: 'codeowners', type: 'codeowners', key: 'codeowners', name: fileName(path), node: root }, ...entries];
  },
};
