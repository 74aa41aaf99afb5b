import type { Format, TextTree } from '../read/tree.ts';
import { cloudformation } from './cloudformation.ts';
import type { Declaration, System, SystemId } from './declaration.ts';
import { kubernetes } from './kubernetes.ts';
import { terraform } from './terraform.ts';
import { terraformPlan } from './terraform-plan.ts';

/** Everything a text declares, in the words of every system that it speaks. Empty: nothing here is known, which is not the same as safe. */
export function declarationsOf(tree: TextTree, path: string): readonly Declaration[] {
  if (tree.documents.length === 0) return [];
  return SYSTEMS.filter(([formats]) => formats.includes(tree.format)).flatMap(([, system]) => system.declarations(tree, path));
}

const DATA: readonly Format[] = ['json', 'yaml'];

/** In which formats a system is written. */
const SYSTEMS: readonly (readonly [formats: readonly Format[], system: System])[] = [
  [['hcl', 'json'], terraform],
  [['json'], terraformPlan],
  [DATA, kubernetes],
  [DATA, cloudformation],
];

/** The systems that have a file here. */
export const KNOWN_SYSTEMS: readonly SystemId[] = SYSTEMS.map(([, { id }]) => id);
