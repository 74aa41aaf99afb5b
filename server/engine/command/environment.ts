import { isWatchedByName } from '../read/governed-path.ts';
import type { Effect } from './effect.ts';
import { setting } from './programs/git-settings.ts';
import { UNKNOWN } from './simple-command.ts';
import { commandLine } from './words.ts';

/**
 * Variables that say what programs run, load or write, whatever those are told: what giving them a value does.
 * @param words of the command that they are given to; empty where they are exported
 */
export function effectsOfEnvironment(assignments: Readonly<Record<string, string>>, words: readonly string[] = []): readonly Effect[] {
  return Object.entries(assignments).flatMap(([name, value]) => (value === '' ? [] : effectsOf(name, value, assignments, words)));
}

function effectsOf(name: string, value: string, all: Readonly<Record<string, string>>, words: readonly string[]): readonly Effect[] {
  if (FILES.test(name)) return [script(value)];
  if (name === 'KUBECONFIG') return [{ kind: 'script', program: 'kubeconfig', path: value.split(':')[0] ?? '', args: [] }];
  if (COMMANDS.test(name)) {
    if (ORDINARY.test(value)) return [];
    // An editor is given a file that is not told.
    return [{ kind: 'shell', text: /EDITOR|VISUAL/.test(name) ? `${value} ${UNKNOWN}` : value, perhaps: true }];
  }
  // A function that Bash takes from its environment.
  if (name.startsWith('BASH_FUNC_')) return [{ kind: 'shell', text: value.replace(/^\s*\(\)\s*\{|\}\s*$/g, ''), perhaps: true }];
  // What is between the parts of these is expanded when it is shown.
  if (name === 'PROMPT_COMMAND') return [{ kind: 'shell', text: value, perhaps: true }];
  if (/^PS[0-4]$/.test(name)) return /[$`]/.test(value) ? [{ kind: 'shell', text: `: "${value}"`, perhaps: true }] : [];
  const [, arguments_] = ARGUMENTS.find(([pattern]) => pattern.test(name)) ?? [];
  if (arguments_ !== undefined) {
    const given = value.split(/(?<!\\)\s+/).map((word) => word.replace(/\\(\s)/g, '$1'));
    return [{ kind: 'shell', text: commandLine([...arguments_.split(' '), ...given]), perhaps: true }];
  }
  if (name === 'PYTEST_PLUGINS') return [{ kind: 'script', program: 'python', path: `${value.replaceAll('.', '/')}.py`, args: [] }];
  const [, number] = /^GIT_CONFIG_KEY_(\d+)$/.exec(name) ?? [];
  if (number !== undefined) return setting(value, all[`GIT_CONFIG_VALUE_${number}`] ?? '');
  if (name === 'GIT_CONFIG_PARAMETERS') {
    const pairs = value.split(/'\s+'/).map((part) => part.replaceAll("'", '').split(/=(.*)/s));
    return pairs.flatMap(([key = '', text = '']) => setting(key, text));
  }
  if (OTHER_SETTINGS.test(name) && !/^\/dev\/null$|(^|\/)\.git\/?$|\.git$/.test(value) && words[0] !== undefined)
    return [weakens(name, `makes git read its settings from \`${shown(value)}\``, 'medium')];
  if (WRITTEN.test(name)) return isWatchedByName(value) ? [{ kind: 'write', path: value, text: undefined, append: true }] : [];
  if (UNCHECKED.test(name) && words[0] === 'git' && /^(commit|push|merge|rebase|am)$/.test(words[1] ?? ''))
    return /^(1|true)$/i.test(value) === /ALLOW|SKIP_/.test(name) || name === 'SKIP'
      ? [weakens(name, 'makes git skip the checks of this repository', 'medium')]
      : [];
  if (LOADED.test(name) || (name === 'NODE_OPTIONS' && /--(require|import|loader|experimental-loader)|-r\b/.test(value))) {
    const path =
      name === 'NODE_OPTIONS'
        ? (/(?:--[\w-]*(?:require|import|loader)|-r)[= ]+(\S+)/.exec(value)?.[1] ?? '')
        : value.replace(/^-[rMI]/, '');
    return [
      { kind: 'script', program: name.startsWith('RUBY') ? 'ruby' : name.startsWith('PERL') ? 'perl' : 'code', path, args: [] },
      ...(/^(LD|DYLD)_/.test(name) ? [weakens(name, `loads \`${shown(value)}\` into each program`, 'high')] : []),
    ];
  }
  // A folder of one's own in front: what is called may be found there.
  if (name === 'PATH' && words[0] !== undefined && !words[0].includes('/')) {
    const folders = value
      .split(':')
      .slice(0, 3)
      .filter((folder) => folder !== '' && !folder.startsWith('/') && folder !== UNKNOWN);
    return folders.map((folder) => script(`${folder.replaceAll(UNKNOWN, '.')}/${words[0] ?? ''}`));
  }
  return [];
}

const FILES = /^(BASH_ENV|ENV|PYTHONSTARTUP)$/;
const COMMANDS =
  /^(GIT_(PAGER|EDITOR|SEQUENCE_EDITOR|SSH_COMMAND|SSH|EXTERNAL_DIFF|ASKPASS|PROXY_COMMAND)|(GH_|AWS_|SYSTEMD_|MAN|BAT_|DELTA_)?PAGER|(GH_|KUBE_)?EDITOR|VISUAL|LESSOPEN|LESSCLOSE|SSH_ASKPASS|SUDO_ASKPASS|(GH_)?BROWSER|SHELL|CC|CXX|LD|AR|RUSTC|RUSTDOC|RUSTC_(WORKSPACE_)?WRAPPER|CARGO_TARGET_\w+_(RUNNER|LINKER)|CARGO_BUILD_RUSTC\w*|CMAKE_\w+_LAUNCHER|PERL5DB|npm_config_(script_shell|shell|git|editor))$/i;
/** One program that everybody has, perhaps with options; shells, compilers, editors, pagers. */
const ORDINARY =
  /^(\/(usr\/)?(local\/)?bin\/)?(cat|less|more|most|bat|delta|diff-so-fancy|true|false|:|vim?|nvim|nano|emacs(client)?|code|subl|zed|cursor|hx|micro|ba?sh|zsh|sh|ssh|gcc|g\+\+|cc|c\+\+|clang(\+\+)?|sccache|ccache|rustc|ld|mold|lld|firefox|xdg-open|open|echo|none)(-?[\d.]+)?( -[\w=./-]+)*$/;
const LOADED = /^(LD_PRELOAD|LD_AUDIT|DYLD_INSERT_LIBRARIES|PERL5OPT|RUBYOPT)$/;
const OTHER_SETTINGS = /^GIT_(CONFIG(_GLOBAL|_SYSTEM)?|DIR|TEMPLATE_DIR|EXEC_PATH)$/;
const WRITTEN = /^(GIT_TRACE\w*|TF_LOG_PATH|\w+_LOG(_?FILE|_?PATH)?|\w*OUTPUT(_?FILE|_?PATH)?)$/;
/** Switches off the hooks of a repository. */
const UNCHECKED = /^(HUSKY|LEFTHOOK|SKIP|PRE_COMMIT_ALLOW_NO_CONFIG|HUSKY_SKIP_HOOKS)$/;
/** Further words of a program. */
const ARGUMENTS: readonly (readonly [RegExp, string])[] = [
  [/^PYTEST_ADDOPTS$/, 'pytest'],
  [/^GOFLAGS$/, 'go test'],
  [/^(GNU)?MAKEFLAGS$/, 'make'],
  [/^TF_CLI_ARGS\w*$/, 'terraform plan'],
  [/^MAKEFILES$/, 'make -f'],
  [/^(CARGO_ENCODED_)?RUSTFLAGS$/, 'rustc'],
];

function script(path: string): Effect {
  return { kind: 'script', program: 'sh', path, args: [] };
}

function shown(value: string): string {
  return value.replaceAll(UNKNOWN, '…').slice(0, 80);
}

function weakens(object: string, does: string, severity: 'high' | 'medium'): Effect {
  return {
    kind: 'change',
    change: { rule: 'command-runs-unread-code', system: 'this machine', does, object, kind: 'setting', severity },
  };
}
