import type { Format } from '../read/tree.ts';
import type { System, SystemId } from './declaration.ts';

/** A system whose files are one thing each: the declaration is the whole document, named as the file. */
export function wholeFile(id: SystemId, format: Format): System {
  return {
    id,
    declarations: (tree, path) => {
      const [node] = tree.documents;
      return tree.format !== format || node === undefined ? [] : [{ system: id, type: id, key: id, name: fileName(path), node }];
    },
  };
}

export function fileName(path: string): string {
  return path.split(/[/\\]/).at(-1) ?? path;
}
