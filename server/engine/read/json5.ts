import type { Place } from '../types.ts';
import type { TextTree } from './tree.ts';

/**
 * Reads JSON5. What it has beside JSON (bare keys, single quotes, a last comma) YAML has as well, but for its comments: they are blanked,
 * so that everything else stands where it stood.
 */
export function readJson5(text: string, side: Place['side']): TextTree {
  const { readYaml }: typeof import('./yaml.ts') = require('./yaml.ts');
  return { ...readYaml(withoutComments(text), side), format: 'json5', text };
}

function withoutComments(text: string): string {
  return text.replace(/"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|\/\/[^\n]*|\/\*[\s\S]*?\*\/|\t/g, (part) =>
    part.startsWith('/') || part === '\t' ? part.replace(/[^\n]/g, ' ') : part,
  );
}
