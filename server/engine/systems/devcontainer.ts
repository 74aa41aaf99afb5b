import { normalPath } from '../read/governed-path.ts';
import type { System } from './declaration.ts';
import { wholeDocuments } from './whole-document.ts';

/** What runs when the editor opens the folder in a container. */
export const devcontainer: System = {
  id: 'devcontainer',
  declarations: (tree, path) =>
    /\/\.devcontainer\.json$|\/devcontainer\.json$/.test(normalPath(path))
      ? wholeDocuments('devcontainer', 'devcontainer', tree, path)
      : [],
};
