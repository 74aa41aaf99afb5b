import { isWatchedByName } from '../../engine/read/governed-path.ts';
import { realFolder } from '../../gate/state-folder.ts';

/**
 * Is this a file that decides something: what an agent may do, who has access? Also behind a link. No command writes its output
 * over one. `file`: absolute.
 */
export function decidesSomething(file: string): boolean {
  return [file, realFolder(file)].some(isWatchedByName);
}
