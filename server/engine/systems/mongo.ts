import { membersOf } from '../read/tree.ts';
import type { System } from './declaration.ts';
import { undotted } from './dotted.ts';
import { fileName } from './whole-file.ts';

/** The configuration of MongoDB's servers: {"net": {"bindIp": …}, "security": {"authorization": …}}. */
export const mongo: System = {
  id: 'mongo',
  declarations: (tree, path) => {
    const [root] = tree.documents;
    if (tree.format !== 'yaml' || root === undefined) return [];
    const words = new Set(membersOf(root).map(({ key }) => key.split('.')[0]));
    const known = ['net', 'security', 'storage', 'systemLog', 'processManagement', 'replication', 'sharding'].filter((key) =>
      words.has(key),
    );
    const spoken = /(^|[/\\])mongo[ds]?[^/\\]*\.(conf|cfg|ya?ml)$/i.test(path) ? 1 : 3;
    return known.length < spoken ? [] : [{ system: 'mongo', type: 'mongo', key: 'mongo', name: fileName(path), node: undotted(root) }];
  },
};
