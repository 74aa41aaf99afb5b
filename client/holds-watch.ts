import { mkdirSync, readdirSync, watch, type FSWatcher } from 'node:fs';
import { join } from 'node:path';
import type { Disposable } from 'vscode';

/**
 * Calls `found` once, as soon as a hold of any process is in the state folder: the one thing that is done in a window where
 * nothing else asks for the server. Costs a folder listing and one watch.
 */
export function whenSomethingIsHeld(stateFolder: string, found: () => void): Disposable {
  const folder = join(stateFolder, 'holds');
  let watcher: FSWatcher | undefined;
  const look = () => {
    if (!readdirSync(folder).some((name) => name.endsWith('.json'))) return;
    watcher?.close();
    watcher = undefined;
    found();
  };
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    watcher = watch(folder, { persistent: false }, () => lookQuietly(look));
    watcher.on('error', () => watcher?.close());
    look();
  } catch {
    // No folder can be watched here: the server finds its own way, or says why it cannot.
    found();
  }
  return { dispose: () => watcher?.close() };
}

function lookQuietly(look: () => void): void {
  try {
    look();
  } catch {
    // The folder went away; the next hold brings it back, and the server with it.
  }
}
