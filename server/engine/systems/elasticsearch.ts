import { membersOf } from '../read/tree.ts';
import type { System } from './declaration.ts';
import { undotted } from './dotted.ts';
import { fileName } from './whole-file.ts';

/** The configuration of Elasticsearch and OpenSearch, with dotted keys as nested ones: {"xpack": {"security": {"enabled": false}}}. */
export const elasticsearch: System = {
  id: 'elasticsearch',
  declarations: (tree, path) => {
    const [root] = tree.documents;
    if (tree.format !== 'yaml' || root === undefined) return [];
    const byName = /(^|[/\\])(elasticsearch|opensearch)[^/\\]*\.ya?ml$/i.test(path);
    const byWords = membersOf(root).some(({ key }) =>
      /^(xpack\.|cluster\.name$|plugins\.security\.|discovery\.(seed_hosts|type)$)/.test(key),
    );
    const speaks = byName && !membersOf(root).some(({ key }) => key === 'apiVersion' || key === 'services');
    if (!speaks && !byWords) return [];
    return [{ system: 'elasticsearch', type: 'elasticsearch', key: 'elasticsearch', name: fileName(path), node: undotted(root) }];
  },
};
