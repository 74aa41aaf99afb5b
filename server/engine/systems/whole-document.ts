import type { TextTree } from '../read/tree.ts';
import type { Declaration, SystemId } from './declaration.ts';

/** Each document of a file as one declaration, named after the file. */
export function wholeDocuments(system: SystemId, type: string, { documents }: TextTree, path: string): readonly Declaration[] {
  const name = path.split(/[/\\]/).at(-1) ?? path;
  return documents.map((node, index) => ({ system, type, key: index === 0 ? type : `${type} ${index + 1}`, name, node }));
}
