import { governedBy } from '../read/governed-path.ts';
import type { System } from './declaration.ts';
import { wholeDocuments } from './whole-document.ts';

/** Prose that an agent follows: AGENTS.md and its like, rules, and the skills, commands and agents in an agent's folder. */
export const instructions: System = {
  id: 'instructions',
  declarations: (tree, path) => {
    if (tree.format !== 'lines') return [];
    const governed = governedBy(path);
    if (governed === undefined || governed.of === 'editor') return [];
    return wholeDocuments('instructions', governed.of === 'instructions' ? 'instructions' : 'skill', tree, path);
  },
};
