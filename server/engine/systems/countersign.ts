import { normalPath } from '../read/governed-path.ts';
import { member } from '../read/tree.ts';
import type { System } from './declaration.ts';
import { wholeDocuments } from './whole-document.ts';

/** Countersign's own files: its policy, its packs and their lock. */
export const countersign: System = {
  id: 'countersign',
  declarations: (tree, path) => {
    const normal = normalPath(path);
    const [root] = tree.documents;
    const isPack = member(root, 'pack') !== undefined && member(root, 'rules')?.type === 'array';
    const type = isPack ? 'pack' : TYPES.find(([pattern]) => pattern.test(normal))?.[1];
    return type === undefined ? [] : wholeDocuments('countersign', type, tree, path);
  },
};

const TYPES: readonly (readonly [RegExp, string])[] = [
  [/\/countersign\/policy\.(ya?ml|json)$|\/\.countersign\/policy\.(ya?ml|json)$/, 'policy'],
  [/\/\.countersign\/[^/]*lock[^/]*$/, 'lock'],
  [/\/\.countersign\/acks?\//, 'acknowledgement'],
  // What `countersign init --ci` explains to people says nothing to Countersign.
  [/\/\.countersign\/(?!readme\.md$)/i, 'file'],
];
