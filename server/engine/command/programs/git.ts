import { argumentsOf } from '../arguments.ts';
import type { DirectChange } from '../../types.ts';
import type { Effect, Program } from '../effect.ts';
import { inputOf } from '../output.ts';

/** Version control: what puts other texts into files, and what loosens the rules around a repository. */
export const git: Program = {
  names: ['git'],
  effects: ({ args: all, command }) => {
    const args = withoutGlobal(all);
    const [verb, ...rest] = args;
    const read = argumentsOf(rest, new Set(['-m', '-C', '-b', '-B', '--message', '-s', '--source']));
    switch (verb) {
      case 'apply':
      case 'am': {
        if (read.has('--check', '--stat', '--numstat')) return [];
        const text = inputOf(command);
        if (text === undefined)
          return read.plain.length > 0
            ? read.plain.map((path): Effect => ({ kind: 'script', program: 'git apply', path }))
            : [unclear('the patch is not in the command')];
        return [...text.matchAll(/^(?:\+\+\+|---) [ab]\/(\S+)/gm)].map(
          (found): Effect => ({ kind: 'write', path: found[1] ?? '', text: undefined, append: false }),
        );
      }
      case 'checkout':
      case 'restore': {
        const paths = rest.includes('--') ? rest.slice(rest.indexOf('--') + 1) : verb === 'restore' ? read.plain : [];
        return paths.map((path): Effect => ({ kind: 'write', path, text: undefined, append: false }));
      }
      case 'config': {
        const [key, value] = read.plain;
        return key !== undefined && value !== undefined && RUNS.test(key)
          ? [change('command-runs-unread-code', `makes git run \`${value}\``, key, 'setting', 'high')]
          : [];
      }
      case 'push':
        return read.has('--force', '-f', '--mirror', '--delete', '-d') || rest.some((arg) => /^\+|^:/.test(arg))
          ? [change('command-destroys-data', 'overwrites what others have pushed', read.plain.slice(0, 2).join(' '), 'branch', 'medium')]
          : [];
      case 'commit':
        return read.has('--no-verify', '-n')
          ? [change('command-weakens-safeguard', 'commits without the checks of this repository', 'pre-commit', 'check', 'medium')]
          : [];
      case 'stash':
        return /^(pop|apply)$/.test(rest[0] ?? '') ? [unclear('what the stash holds is not in the command')] : [];
      default:
        return [];
    }
  },
};

const RUNS =
  /^(core\.(hookspath|editor|pager|sshcommand|fsmonitor)|alias\..*|filter\..*|diff\..*\.(command|textconv)|credential\.helper|include.*\.path)$/i;

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
