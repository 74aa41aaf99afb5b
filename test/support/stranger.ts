import type { Declaration } from '../../server/engine/systems/declaration.ts';

/** Something that no system knows. Where only one text has it, nothing may be taken for the same because it stands at the same place. */
export const STRANGER: Declaration = {
  system: 'settings',
  type: 'a stranger',
  key: 'stranger',
  name: 'stranger',
  node: { type: 'null', offset: 0, length: 0 },
};
