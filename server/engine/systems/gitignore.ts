import { membersOf } from '../read/tree.ts';
import type { System } from './declaration.ts';
import { itemsOf, madeArray, madeMember, madeObject } from './nodes.ts';
import { fileName } from './whole-file.ts';

/** `.gitignore` and its kin: {"line": [patterns]}, without comments and the spaces around. */
export const gitignore: System = {
  id: 'gitignore',
  declarations: (tree, path) => {
    const [root] = tree.documents;
    const lines = membersOf(root)[0]?.value;
    if (tree.format !== 'lines' || root === undefined || lines === undefined || !/ignore$/i.test(path)) return [];
    const patterns = itemsOf(lines).flatMap((line) => {
      const written = String(line.value);
      const value = written.trim();
      const offset = line.offset + written.length - written.trimStart().length;
      return value === '' || value.startsWith('#') ? [] : [{ ...line, value, offset, length: value.length }];
    });
    const node = madeObject([madeMember('line', madeArray(patterns, lines))], root);
    return [{ system: 'gitignore', type: 'gitignore', key: 'gitignore', name: fileName(path), node }];
  },
};
