import { normalPath } from '../read/governed-path.ts';
import type { System } from './declaration.ts';
import { wholeDocuments } from './whole-document.ts';

/** Settings of Claude Code: what it may do unasked, and what it runs by itself. Of a plugin, its hooks. */
export const claudeSettings: System = {
  id: 'claude-settings',
  declarations: (tree, path) => {
    const normal = normalPath(path);
    const type = TYPES.find(([pattern]) => pattern.test(normal))?.[1];
    return type === undefined ? [] : wholeDocuments('claude-settings', type, tree, path);
  },
};

const TYPES: readonly (readonly [RegExp, string])[] = [
  [/\/managed-settings[^/]*\.json$|\/managed-settings\.d\/[^/]+\.json$/, 'managed-settings'],
  [/\/\.claude\/settings[^/]*\.json$/, 'settings'],
  [/\/\.claude\.json$/, 'global'],
  [/\/hooks\/hooks\.json$/, 'plugin-hooks'],
  [/\/\.claude-plugin\/[^/]+\.json$/, 'plugin'],
];
