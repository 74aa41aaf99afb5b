/** Is a change of a repository's file exactly what `countersign init` writes there, and nothing else? */
import { posix } from 'node:path';
import { stateFolder } from '../../gate/state-folder.ts';
import { commandOf } from './init.ts';
import { LAUNCHER } from './launcher.ts';
import { mcpFileOf, mcpStart } from './mcp-settings.ts';
import { type WiredFile, WIRINGS } from './wiring.ts';

/** Any home will do: in a project's files it is a variable. */
const HOME = '/home/person';

/**
 * For the check of a change: such a hook makes an agent ask, from the place where init installs it and from nowhere else, so that
 * nobody need acknowledge it. The same with anything beside it, or taken out, is a change like any other.
 */
export function isInitsWork({ path, before, after }: { readonly path: string; readonly before: string; readonly after: string }): boolean {
  if (before === after || after === '') return false;
  return LAUNCHERS.some((launcher) =>
    WIRINGS.some((wiring) => {
      const hooks = wiring.files('project').filter((file) => isAt(file, path));
      const server = mcpFileOf(wiring.id, 'project', mcpStart(launcher, 'project', HOME));
      const servers = server !== undefined && isAt(server, path) ? [server] : [];
      const command = commandOf(launcher, wiring.id, 'project', HOME);
      return [hooks, servers, [...hooks, ...servers]].some((files) => files.length > 0 && merged(files, before, path, command) === after);
    }),
  );
}

/** Where init lays its launcher, where nobody says otherwise. */
const LAUNCHERS = (['linux', 'darwin'] as const).map((platform) => posix.join(stateFolder({}, platform, HOME), 'bin', LAUNCHER.posix));

function isAt(file: WiredFile, path: string): boolean {
  return file.path.join('/') === path;
}

function merged(files: readonly WiredFile[], before: string, path: string, command: string): string | undefined {
  let text = before;
  for (const file of files) {
    const result = file.merge(text, path, command);
    if (!result.ok) return undefined;
    text = result.text;
  }
  return text;
}
