import { member } from '../read/tree.ts';
import type { System } from './declaration.ts';
import { fileName } from './whole-file.ts';

/** What pip is to install, and from where: {"line": [text]}. Belongs to the settings of package managers. */
export const requirements: System = {
  id: 'settings',
  declarations: (tree, path) =>
    tree.format === 'lines' && /(^|[/\\])(requirements|constraints)[^/\\]*\.txt$/i.test(path)
      ? tree.documents
          .filter((node) => member(node, 'line') !== undefined)
          .map((node) => ({ system: 'settings', type: 'requirements', key: 'requirements', name: fileName(path), node }))
      : [],
};
