import type { Effect } from './effect.ts';

/** Variables that say what a program runs, whatever it is told: what giving them a value does. */
export function effectsOfEnvironment(assignments: Readonly<Record<string, string>>): readonly Effect[] {
  return Object.entries(assignments).flatMap(([name, value]): readonly Effect[] => {
    if (value === '') return [];
    if (FILES.test(name)) return [{ kind: 'script', program: 'sh', path: value, args: [] }];
    if (COMMANDS.test(name)) return /^[\w./-]+( -?[\w.-]+)*$/.test(value) && !value.includes('/') ? [] : [{ kind: 'shell', text: value }];
    if (/^GIT_CONFIG_(VALUE_\d+|PARAMETERS)$/.test(name) && /^!|'!/.test(value)) {
      return [{ kind: 'shell', text: value.replace(/^.*?!/s, '') }, weakens(name, `makes git run \`${value}\``)];
    }
    if (LOADED.test(name) || (name === 'NODE_OPTIONS' && /--(require|import|loader|experimental-loader)|-r\b/.test(value))) {
      return [
        { kind: 'script', program: 'code', path: value.replace(/^.*?[= ]/, ''), args: [] },
        ...(name === 'LD_PRELOAD' ? [weakens(name, `loads \`${value}\` into each program`)] : []),
      ];
    }
    return [];
  });
}

const FILES = /^(BASH_ENV|ENV|PYTHONSTARTUP)$/;
const COMMANDS =
  /^(GIT_(PAGER|EDITOR|SEQUENCE_EDITOR|SSH_COMMAND|SSH|EXTERNAL_DIFF|ASKPASS|PROXY_COMMAND)|PAGER|MANPAGER|EDITOR|VISUAL|LESSOPEN|LESSCLOSE|SSH_ASKPASS|PROMPT_COMMAND|BROWSER)$/;
const LOADED = /^(LD_PRELOAD|DYLD_INSERT_LIBRARIES|NODE_OPTIONS_FILE|PERL5OPT|RUBYOPT)$/;

function weakens(object: string, does: string): Effect {
  return {
    kind: 'change',
    change: { rule: 'command-runs-unread-code', system: 'this machine', does, object, kind: 'setting', severity: 'high' },
  };
}
