/** Is a change of a repository's file exactly what `countersign init` writes there, and nothing else? */
import { posix } from 'node:path';
import { stateFolder } from '../../gate/state-folder.ts';
import { GITHUB, GITHUB_FILE, GITLAB, GITLAB_FILE, GITLAB_INCLUDE, GITLAB_ROOT, README, README_FILE } from './check-ci-files.ts';
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
  if (before === '' && CI_FILES.get(path) === after) return true;
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

/** What init --ci writes where nothing was: it makes CI ask, and lets nobody in. Keys are no such file. */
const CI_FILES: ReadonlyMap<string, string> = new Map([
  [GITHUB_FILE, GITHUB],
  [GITLAB_FILE, GITLAB],
  [GITLAB_ROOT, GITLAB_INCLUDE],
  [README_FILE, README],
]);

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
