import { isWatchedByName } from '../../read/governed-path.ts';
import { argumentsOf } from '../arguments.ts';
import type { DirectChange } from '../../types.ts';
import type { Effect, Invocation, Program } from '../effect.ts';
import { commandLine } from '../words.ts';
import { runs, runsFor, setting } from './git-settings.ts';
import { fromGit, gitAm, gitApply } from './patches.ts';

/** Version control: what puts other texts into files, and what loosens the rules around a repository. */
export const git: Program = {
  names: ['git'],
  effects: (invocation) => [
    ...globalsOf(invocation.args),
    ...ofOther(invocation),
    ...verbOf(invocation).map((effect) => below(folderOf(invocation.args), effect)),
    ...runsOf(invocation.args),
  ],
};

/** What another repository holds comes into the folders of this one. */
function ofOther({ args, command }: Invocation): readonly Effect[] {
  const verbs = withoutGlobal(args);
  const globals = args.slice(0, args.length - verbs.length);
  const isOther =
    globals.some(
      (arg, i) => /^--work-tree(=|$)/.test(arg) || (/^--git-dir(=|$)/.test(arg) && !OWN.test(arg.split('=')[1] ?? globals[i + 1] ?? '')),
    ) ||
    Object.entries(command.assignments).some(
      ([name, value]) => /^GIT_(WORK_TREE|INDEX_FILE|OBJECT_DIRECTORY)$/.test(name) || (name === 'GIT_DIR' && !OWN.test(value)),
    );
  if (!isOther || !/^(checkout|restore|reset|checkout-index|read-tree|switch|pull|merge|rebase|stash)$/.test(verbs[0] ?? '')) return [];
  if (verbs[0] === 'reset' && !verbs.includes('--hard')) return [];
  if (verbs[0] === 'stash' && /^(list|show)$/.test(verbs[1] ?? '')) return [];
  const folder = globals.flatMap((arg, i) =>
    arg === '--work-tree' ? [globals[i + 1] ?? '.'] : (/^--work-tree=(.*)$/.exec(arg)?.slice(1, 2) ?? []),
  );
  const path = folder[0] ?? command.assignments['GIT_WORK_TREE'] ?? '.';
  return [{ kind: 'write', path: `${path.replace(/\/+$/, '')}/`, text: undefined, append: false }];
}

/** The repository's own folder, from within it. */
const OWN = /^(\.\/)?\.git\/?$/;

/** `git -C folder …` */
function folderOf(args: readonly string[]): string {
  const globals = args.slice(0, args.length - withoutGlobal(args).length);
  return globals.flatMap((arg, i) => (arg === '-C' ? [globals[i + 1] ?? ''] : [])).join('/');
}

function below(folder: string, effect: Effect): Effect {
  const at = (path: string) => (folder === '' || /^[/~]/.test(path) ? path : `${folder}/${path}`);
  if (effect.kind === 'copy') return { ...effect, from: at(effect.from), path: at(effect.path) };
  if (effect.kind === 'patch') return { ...effect, patch: { ...effect.patch, folder } };
  return effect.kind === 'write' || effect.kind === 'delete' ? { ...effect, path: at(effect.path) } : effect;
}

function verbOf({ args: all, command }: Invocation): readonly Effect[] {
  const args = withoutGlobal(all);
  const [verb, ...rest] = args;
  const read = argumentsOf(rest, new Set(['-m', '-C', '-b', '-B', '--message', '-s', '--source']));
  switch (verb) {
    case 'apply':
      return gitApply(rest, command);
    case 'am':
      return [
        ...gitAm(rest, command),
        ...(rest.includes('--no-verify')
          ? [
              change(
                'command-weakens-safeguard',
                'applies patches without the checks of this repository',
                'applypatch-msg',
                'check',
                'medium',
              ),
            ]
          : []),
      ];
    case 'checkout':
    case 'restore': {
      if (read.has('-b', '-B', '--orphan', '--detach')) return [];
      // Only what is noted for the next commit changes.
      // Git takes names that are cut short, and letters in a bunch.
      const toFiles = rest.some((arg) => /^(--w|-[a-zA-Z]*W)/.test(arg));
      if (verb === 'restore' && read.has('-S', '--staged') && !toFiles) return [];
      // Without `--` a word may be a branch too; only a watched name counts then.
      const plain = verb === 'restore' ? read.plain : read.plain.filter(isWatchedByName);
      const listed = rest.some((arg) => arg.startsWith('--pathspec-from')) ? ['.'] : [];
      const paths = rest.includes('--') ? rest.slice(rest.indexOf('--') + 1) : plain;
      return [
        ...paths.map((path): Effect => ({ kind: 'write', path, text: undefined, append: false })),
        ...treesOf(verb, [...read.plain, ...listed], read.value('-s', '--source') ?? shortSource(rest), rest).map((args) => fromGit(args)),
      ];
    }
    case 'config': {
      // `git config [set] [--file F] key value`
      const words = argumentsOf(rest, new Set(['-f', '--file', '--blob', '--type', '--default', '--value', '--comment'])).plain;
      const [key = '', value = ''] = /^(set|unset|get|list|rename-section|remove-section|edit)$/.test(words[0] ?? '')
        ? words.slice(1)
        : words;
      const file = read.value('-f', '--file');
      const written: readonly Effect[] =
        value !== '' && file !== undefined ? [{ kind: 'write', path: file, text: undefined, append: true }] : [];
      if (/^http\.(.*\.)?sslverify$/i.test(key) && /^(false|0|no|off)$/i.test(value))
        return [change('command-weakens-safeguard', 'makes git trust any server', key, 'setting', 'medium')];
      if (/^alias\./i.test(key)) return [...written, ...(value.startsWith('!') ? [runsFor(key, value)] : [])];
      const goes = (rest[0] === 'unset' || read.has('--unset', '--unset-all')) && /hookspath/i.test(key);
      return [...written, ...(goes || runs(key, value) ? [runsFor(key, goes ? '' : value)] : [])];
    }
    case 'push':
      if (rest.some((arg) => arg.startsWith('--no-ver')))
        return [change('command-weakens-safeguard', 'pushes without the checks of this repository', 'pre-push', 'check', 'medium')];
      return read.has('--force', '-f', '--mirror', '--delete', '-d') || rest.some((arg) => /^\+|^:/.test(arg))
        ? [change('command-destroys-data', 'overwrites what others have pushed', read.plain.slice(0, 2).join(' '), 'branch', 'medium')]
        : [];
    case 'commit':
      return read.has('--no-verify', '-n') || rest.some((arg) => arg.startsWith('--no-ver'))
        ? [change('command-weakens-safeguard', 'commits without the checks of this repository', 'pre-commit', 'check', 'medium')]
        : [];
    case 'merge':
    case 'rebase':
      return rest.some((arg) => arg.startsWith('--no-verif'))
        ? [
            change(
              'command-weakens-safeguard',
              `runs \`git ${verb}\` without the checks of this repository`,
              'pre-merge-commit',
              'check',
              'medium',
            ),
          ]
        : [];
    case 'remote':
      // Such an address is a command, which each fetch runs.
      return rest.some((arg) => arg.startsWith('ext::')) ? [runsFor('remote', rest.find((arg) => arg.startsWith('ext::')) ?? '')] : [];
    case 'stash':
      return /^(pop|apply|branch)$/.test(rest[0] ?? '') ? [unclear('what the stash holds is not in the command')] : [];
    case 'update-index':
      return read.has('--assume-unchanged', '--skip-worktree')
        ? [change('command-weakens-safeguard', 'makes git overlook changes', read.plain[0] ?? '', 'file', 'medium')]
        : [];
    case 'checkout-index':
      return read.plain.map((path): Effect => ({ kind: 'write', path, text: undefined, append: false }));
    case 'mv':
      return [
        { kind: 'copy', from: read.plain[0] ?? '', path: read.plain[1] ?? '' },
        { kind: 'delete', path: read.plain[0] ?? '' },
      ];
    case 'rm':
      return read.has('--cached') ? [] : read.plain.map((path): Effect => ({ kind: 'delete', path }));
    case 'merge-file':
      return read.has('-p', '--stdout')
        ? []
        : read.plain.slice(0, 1).map((path): Effect => ({ kind: 'write', path, text: undefined, append: false }));
    case 'bisect':
      return rest[0] === 'run' ? [{ kind: 'shell', text: commandLine(rest.slice(1)) }] : [];
    case 'submodule':
      return rest[0] === 'foreach'
        ? [
            {
              kind: 'shell',
              text: rest
                .slice(1)
                .filter((word) => word !== '--recursive')
                .join(' '),
            },
          ]
        : [];
    default:
      return [];
  }
}

/** All that is in a folder, as it is in another commit: `git checkout REF -- .`, `git restore --source=REF .` */
function treesOf(
  verb: string,
  plain: readonly string[],
  source: string | undefined,
  rest: readonly string[],
): readonly (readonly string[])[] {
  const at = rest.indexOf('--');
  const given = verb === 'restore' ? source : at === -1 ? plain[0] : rest.slice(0, at).find((arg) => !arg.startsWith('-'));
  const folders = (verb === 'restore' || at !== -1 ? plain : plain.slice(1)).filter(
    (path) => path !== given && (FOLDER.test(path) || !/[^/]\.[^/]*$/.test(path)),
  );
  return given === undefined || folders.length === 0 || FOLDER.test(given) ? [] : [['diff', '-R', given, '--', ...folders]];
}

function shortSource(rest: readonly string[]): string | undefined {
  const at = rest.findIndex((arg) => /^--so[a-z]*(=|$)/.test(arg));
  return at === -1 ? undefined : (/=(.*)$/s.exec(rest[at] ?? '')?.[1] ?? rest[at + 1]);
}

/** What surely names a folder. */
const FOLDER = /^(\.{1,2}|:\/|\*)$|\/$|^:[(!^/]/;

/** `-c key=value` before the verb is a setting for this one call. */
function globalsOf(args: readonly string[]): readonly Effect[] {
  return args.slice(0, args.length - withoutGlobal(args).length).flatMap((arg, i): readonly Effect[] => {
    if (/^--(config-env|exec-path)=/.test(arg))
      return [change('command-runs-unread-code', 'makes git run what is set elsewhere', arg, 'setting', 'medium')];
    return arg === '-c' ? settingIn(args[i + 1] ?? '') : [];
  });
}

function settingIn(word: string): readonly Effect[] {
  const [, key = '', value = ''] = /^([^=]+)=(.*)$/s.exec(word) ?? [];
  return setting(key, value);
}

/** Options of many verbs that name a command to run. */
function runsOf(args: readonly string[]): readonly Effect[] {
  const verb = withoutGlobal(args)[0] ?? '';
  return args.flatMap((arg, i): readonly Effect[] => {
    const [, joined] = RUN_OPTION.exec(arg) ?? [];
    if (joined !== undefined) return joined === '' ? [] : [{ kind: 'shell', text: joined }];
    const apart =
      RUN_OPTION.test(`${arg}=`) || (/^-[iryd]*x$/.test(arg) && /^(rebase|difftool)$/.test(verb)) || (arg === '-u' && verb === 'clone');
    if (apart && args[i + 1] !== undefined) return [{ kind: 'shell', text: args[i + 1] ?? '' }];
    if (verb === 'clone' && /^(-c|--config)$/.test(arg)) return settingIn(args[i + 1] ?? '');
    if (verb === 'clone' && arg.startsWith('--config=')) return settingIn(arg.slice('--config='.length));
    if (/^(clone|init)$/.test(verb) && arg.startsWith('--template=') && arg !== '--template=')
      return [change('command-runs-unread-code', 'takes the hooks of a folder into a repository', arg, 'setting', 'medium')];
    if (verb === 'grep' && /^-O./.test(arg)) return [{ kind: 'shell', text: arg.slice(2), perhaps: true }];
    if (!arg.startsWith('ext::')) return [];
    // In such an address `% ` is a space within a word, and `%%` a percent sign.
    const words = arg.slice('ext::'.length).match(/(?:%.|[^\s%])+/g) ?? [];
    return [{ kind: 'shell', text: commandLine(words.map((word) => word.replace(/%(.)/g, '$1'))) }];
  });
}

const RUN_OPTION =
  /^--(?:upload-pack|receive-pack|exec|extcmd|tree-filter|index-filter|msg-filter|env-filter|commit-filter|open-files-in-pager|sendmail-cmd|smtp-server)=(.*)$/s;

function withoutGlobal(args: readonly string[]): readonly string[] {
  let i = 0;
  while (args[i]?.startsWith('-'))
    i += args[i] === '-C' || args[i] === '-c' || args[i] === '--git-dir' || args[i] === '--work-tree' ? 2 : 1;
  return args.slice(i);
}

function unclear(why: string): Effect {
  return { kind: 'unclear', why };
}

function change(rule: DirectChange['rule'], does: string, object: string, kind: string, severity: DirectChange['severity']): Effect {
  return {
    kind: 'change',
    change: { rule, system: 'this repository', does, object: object === '' ? 'the repository' : object, kind, severity },
  };
}
