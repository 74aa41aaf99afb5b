/** What git prints of a repository, for a patch that comes from there. Only looks: nothing that its settings name is run. */

const MILLISECONDS = 1000;
const MOST_BYTES = 8 * 1024 * 1024;

/** @param args those of the command, behind `git`. Undefined where they are not all known to be harmless, or git does not answer in time. */
export function printedByGit(args: readonly string[], cwd: string): string | undefined {
  const [verb = '', ...rest] = args[0] === 'stash' ? [`${args[0]} ${args[1] ?? ''}`, ...args.slice(2)] : args;
  const isPatch =
    verb === 'show' || verb === 'diff' || ((verb === 'log' || verb === 'stash show') && rest.some((arg) => /^(-p|--patch)$/.test(arg)));
  if (!isPatch && !(verb === 'format-patch' && rest.includes('--stdout'))) return undefined;
  const end = rest.indexOf('--');
  const options = end === -1 ? rest : rest.slice(0, end);
  if (!options.every((arg) => KNOWN_OPTION.test(arg) || PLAIN_WORD.test(arg))) return undefined;
  const settings = ['core.fsmonitor=false', 'log.showSignature=false', 'color.ui=false'].flatMap((one) => ['-c', one]);
  const asked = [...verb.split(' '), '--no-ext-diff', '--no-textconv', ...rest];
  const { spawnSync } = process.getBuiltinModule('node:child_process');
  const { status, stdout } = spawnSync('git', ['--no-pager', '--no-optional-locks', ...settings, ...asked], {
    cwd,
    env: { ...withoutGit(process.env), GIT_NO_LAZY_FETCH: '1', GIT_TERMINAL_PROMPT: '0' },
    timeout: MILLISECONDS,
    maxBuffer: MOST_BYTES,
    windowsHide: true,
  });
  return status === 0 && !stdout.includes(0) ? stdout.toString('utf8') : undefined;
}

const KNOWN_OPTION =
  /^(-p|-R|-\d+|-U\d+|--unified=\d+|-M|-C|-k|-w|-b|-m|--binary|--cached|--staged|--stdout|--root|--full-index|--no-prefix|--patch|--no-renames|--merge-base|--first-parent|--reverse|--format=|--pretty=\w*|--diff-filter=\w+|--no-stat|--no-signature)$/;

/** A revision, a range or a path. */
const PLAIN_WORD = /^[\w.@^~:/][\w.@^~:/{}+-]*$/;

function withoutGit(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('GIT_')));
}
