import { argumentsOf } from '../arguments.ts';
import type { Effect, Program } from '../effect.ts';
import { type SimpleCommand, UNKNOWN } from '../simple-command.ts';
import { commandLine } from '../words.ts';

/** Programs that have a command run somewhere else, or later: another account, a container, another terminal, a schedule. */
export const launchers: Program = {
  names: [
    'ssh',
    'su',
    'runuser',
    'capsh',
    'script',
    'trap',
    'flock',
    'systemd-run',
    'tmux',
    'screen',
    'docker',
    'podman',
    'nerdctl',
    'entr',
    'expect',
    'pkill',
    'killall',
    'kill',
  ],
  effects: ({ program, args, command }) => {
    switch (program) {
      case 'ssh':
        return [
          ...words(argumentsOf(args, SSH_VALUED).plain.slice(1).join(' ')),
          ...argumentsOf(args, SSH_VALUED)
            .values('-F')
            .map((path): Effect => ({ kind: 'script', program: 'ssh-config', path, args: [] })),
        ];
      case 'trap':
        return words(args[0] === '-' || args[0]?.startsWith('-') === true ? '' : (args[0] ?? ''));
      case 'su':
      case 'runuser':
      case 'capsh':
      case 'script':
        return args.includes('--') && !args.some((arg) => /^-[a-zA-Z]*c$|^--command$/.test(arg))
          ? words(commandLine(args.slice(args.indexOf('--') + 1)))
          : given(args, /^-[a-zA-Z]*c$|^--command$/);
      case 'expect':
        return given(args, /^-c$/).flatMap((effect) => (effect.kind === 'shell' ? [{ kind: 'code', program, code: effect.text }] : []));
      case 'flock':
        return args.includes('-c') ? given(args, /^-c$/) : words(commandLine(argumentsOf(args, new Set(['-w', '-E'])).plain.slice(1)));
      case 'systemd-run':
      case 'entr':
        return words(commandLine(afterOptions(args, /^(-p|--property|-u|--unit|-E|--setenv|--on-\w+|-M|-H)$/)));
      case 'tmux':
        return terminal(args);
      case 'screen':
        return words(
          args
            .filter((arg) => !/^(-|stuff$)/.test(arg))
            .join(' ')
            .replace(/(\\n|\^M)+$/, ''),
        );
      case 'docker':
      case 'podman':
      case 'nerdctl':
        return container(args);
      default:
        return ends(program, args, command);
    }
  },
};

const SSH_VALUED = new Set('-b -c -D -E -e -F -I -i -J -L -l -m -O -o -p -Q -R -S -W -w'.split(' '));

function words(text: string): readonly Effect[] {
  return text.trim() === '' ? [] : [{ kind: 'shell', text }];
}

function given(args: readonly string[], option: RegExp): readonly Effect[] {
  const at = args.findIndex((arg) => option.test(arg));
  const joined = args.find((arg) => arg.startsWith('--command='));
  return words(at === -1 ? (joined?.slice('--command='.length) ?? '') : (args[at + 1] ?? ''));
}

function afterOptions(args: readonly string[], valued: RegExp): readonly string[] {
  let i = 0;
  while (args[i]?.startsWith('-') === true && args[i] !== '--') i += valued.test(args[i] ?? '') ? 2 : 1;
  return args[i] === '--' ? args.slice(i + 1) : args.slice(i);
}

/** `send-keys 'line' Enter`, `new-session -d 'line'` */
function terminal(args: readonly string[]): readonly Effect[] {
  const read = argumentsOf(args, new Set(['-t', '-s', '-n', '-c', '-F', '-x', '-y']));
  const keys = read.plain.slice(1).filter((word) => !/^(Enter|C-[a-z]|Escape|Space|KPEnter)$/.test(word));
  return /^(send(-keys)?|new(-session)?|new-window|neww|split-window|splitw|run(-shell)?|respawn-\w+|pipe-pane|if(-shell)?)$/.test(
    read.plain[0] ?? '',
  )
    ? words(keys.join(' '))
    : [];
}

const RUN_VALUED = new Set(
  '-v --volume --mount -w --workdir -e --env --env-file -u --user --name --network --net -p --publish --entrypoint --platform -m --memory --cpus -l --label -h --hostname --add-host --device --gpus --pull --restart --tmpfs --ulimit --security-opt --cap-add --cap-drop --log-driver --ipc --pid'.split(
    ' ',
  ),
);

/** A container that is given a folder of this machine runs its command there too. */
function container(args: readonly string[]): readonly Effect[] {
  const at = args.indexOf('run');
  if (at === -1) return [];
  const rest = args.slice(at + 1);
  const read = argumentsOf(rest, RUN_VALUED);
  const mounts = [...read.values('-v', '--volume', '--mount')].filter(
    (mount) => /^[./~$]|source=|src=/.test(mount) || mount.startsWith(UNKNOWN),
  );
  if (mounts.length === 0) return [];
  const entry = read.value('--entrypoint');
  const image = imageAt(rest);
  const command = [...(entry === undefined ? [] : [entry]), ...rest.slice(image + 1)];
  return words(commandLine(command));
}

function imageAt(rest: readonly string[]): number {
  let i = 0;
  while (rest[i]?.startsWith('-') === true) i += RUN_VALUED.has(rest[i] ?? '') ? 2 : 1;
  return i;
}

/** Ending our own hook or server. */
function ends(program: string, args: readonly string[], { source, input }: SimpleCommand): readonly Effect[] {
  // `kill $(pgrep -f countersign)`, `pgrep … | xargs kill`
  const from = input.kind === 'pipe' ? (input.from?.source ?? '') : '';
  const object = [...args, ...(`${source} ${from}`.match(/[\w.-]*countersign[\w.-]*/gi) ?? [])].find((arg) => /countersign/i.test(arg));
  return object === undefined
    ? []
    : [
        {
          kind: 'change',
          change: {
            rule: 'command-weakens-safeguard',
            system: 'this machine',
            does: `ends Countersign itself with \`${program}\``,
            object,
            kind: 'program',
            severity: 'high',
          },
        },
      ];
}
