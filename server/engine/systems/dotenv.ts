import type { System } from './declaration.ts';

/** A file of environment variables, as one. */
export const dotenv: System = {
  id: 'dotenv',
  declarations: (tree) => tree.documents.map((node) => ({ system: 'dotenv', type: 'dotenv', key: 'dotenv', name: 'environment', node })),
};
