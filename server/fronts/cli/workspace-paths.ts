import { readdirSync } from 'node:fs';
import { join } from 'node:path';

/** More files than this are not counted: a pattern is then not told to match nothing. */
const MOST = 50_000;

const LEFT_OUT: ReadonlySet<string> = new Set(['.git', 'node_modules', '.venv', '.terraform']);

/** The files of a workspace, relative, with forward slashes. Undefined where there are too many, or a folder cannot be read. */
export function workspacePaths(root: string): readonly string[] | undefined {
  const found: string[] = [];
  const folders = [''];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    try {
      for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
        const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
        if (entry.isDirectory()) {
          if (!LEFT_OUT.has(entry.name)) folders.push(path);
        } else found.push(path);
      }
    } catch {
      return undefined;
    }
    if (found.length > MOST) return undefined;
  }
  return found;
}
