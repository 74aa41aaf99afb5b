import { argumentsOf } from '../arguments.ts';
import type { Effect, Program } from '../effect.ts';
import { fileRead } from '../made.ts';
import { inputOf } from '../output.ts';
import { type SimpleCommand, UNKNOWN } from '../simple-command.ts';
import { commandLine } from '../words.ts';

/** Programs that have a command run somewhere else, or later: another account, a container, another terminal, a schedule. */
export const launchers: Program = {
  names: [
    'ssh',
    'su',
    'runuser',
    'capsh',
    'hash',
    'compgen',
    'complete',
    'script',
    'trap',
    'flock',
    'mapfile',
    'readarray',
    'enable',
    'bind',
    'systemd-run',
    'tmux',
    'screen',
    'pm2',
    'docker',
    'podman',
    'nerdctl',
    'docker-compose',
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
          ...(argumentsOf(args, SSH_VALUED).plain.length === 1 ? words(inputOf(command) ?? '') : []),
          ...argumentsOf(args, SSH_VALUED)
            .values('-F')
            .map((path): Effect => ({ kind: 'script', program: 'ssh-config', path, args: [] })),
        ];
      case 'trap':
        return words(args[0] === '--' ? (args[1] ?? '') : args[0]?.startsWith('-') === true ? '' : (args[0] ?? ''));
      case 'su':
      case 'runuser':
      case 'capsh':
      case 'script':
        return args.includes('--') && !args.some((arg) => /^-[a-zA-Z]*c$|^--command$/.test(arg))
          ? words(commandLine(args.slice(args.indexOf('--') + 1)))
          : [
              ...given(args, /^-[a-zA-Z]*c$|^--co\w*$/),
              ...(program === 'script' ? recorded(args, command) : program === 'su' ? asOther(args, command) : []),
            ];
      case 'hash':
        return args[0] === '-p' ? [{ kind: 'script', program: 'sh', path: args[1] ?? '', args: [] }] : [];
      case 'mapfile':
      case 'readarray':
        // The index and the line are further words of it.
        return given(args, /^-C$/).map((effect) => (effect.kind === 'shell' ? { ...effect, perhaps: true } : effect));
      case 'enable':
        return args[0] === '-f' ? [loads(args[1] ?? '')] : [];
      case 'bind':
        return args[0] === '-x' ? words((args[1] ?? '').replace(/^[^:]*:\s*/, '')) : [];
      case 'compgen':
      case 'complete':
        return given(args, /^-C$/);
      case 'expect':
        return [...given(args, /^-c$/).map((effect) => (effect.kind === 'shell' ? effect.text : '')), inputOf(command) ?? '']
          .filter((text) => text !== '')
          .flatMap((text): readonly Effect[] => [
            { kind: 'code', program, code: text },
            ...[...text.matchAll(/(?:^|[;\n{])\s*(?:spawn|exec|system)\s+([^;\n}]+)/g)].map(
              ([, line = '']): Effect => ({ kind: 'shell', text: line, perhaps: true }),
            ),
          ]);
      case 'flock':
        return args.includes('-c') ? given(args, /^-c$/) : words(commandLine(argumentsOf(args, new Set(['-w', '-E'])).plain.slice(1)));
      case 'systemd-run':
      case 'entr':
        return words(commandLine(afterOptions(args, /^(-p|--property|-u|--unit|-E|--setenv|--on-\w+|-M|-H)$/)));
      case 'tmux':
        return terminal(args);
      case 'screen':
        return words(typedOrStarted(args).replace(/(\\n|\^M)+$/, ''));
      case 'pm2':
        return args[0] !== 'start' || args[1] === undefined
          ? []
          : /\s/.test(args[1])
            ? words(args[1])
            : [{ kind: 'script', program: 'sh', path: args[1], args: args.slice(2) }];
      case 'docker':
      case 'podman':
      case 'nerdctl':
      case 'docker-compose':
        return [...container(args), ...inContainer(program === 'docker-compose' ? ['compose', ...args] : args, command)];
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
  const [, long, short] = args.map((arg) => /^(?:--co\w*=(.*)|-[aefqhVlmpP]*c(.+))$/s.exec(arg)).find((found) => found !== null) ?? [];
  return words(at === -1 ? (long ?? short ?? '') : (args[at + 1] ?? ''));
}

/** `script FILE` opens a shell, and gives it what it reads. */
function recorded(args: readonly string[], command: SimpleCommand): readonly Effect[] {
  const isTold = args.some((arg) => /^-[a-zA-Z]*c|^--co/.test(arg)) || argumentsOf(args, SCRIPT_VALUED).plain.length > 1;
  const text = inputOf(command);
  if (isTold || args.some((arg) => /^(-h|-V|--help|--version)$/.test(arg))) return [];
  if (text !== undefined) return words(text);
  return command.input.kind === 'terminal' ? [{ kind: 'open-ended', program: 'script' }] : [];
}

/** `su`, `su - NAME`: a shell to type into. */
function asOther(args: readonly string[], { input }: SimpleCommand): readonly Effect[] {
  if (input.kind !== 'terminal' || args.some((arg) => /^-[a-zA-Z]*c|^--(co|help|version)/.test(arg))) return [];
  return [{ kind: 'open-ended', program: 'su' }];
}

const SCRIPT_VALUED = new Set(['-T', '-t', '-B', '-I', '-O', '-E', '-m', '-o']);

function afterOptions(args: readonly string[], valued: RegExp | ReadonlySet<string>): readonly string[] {
  const takesValue = (arg: string): boolean => (valued instanceof RegExp ? valued.test(arg) : valued.has(arg));
  let i = 0;
  while (args[i]?.startsWith('-') === true && args[i] !== '--') i += takesValue(args[i] ?? '') ? 2 : 1;
  return args[i] === '--' ? args.slice(i + 1) : args.slice(i);
}

/** `screen -S x -X stuff LINE`, `screen -dmS x WORDS` */
function typedOrStarted(args: readonly string[]): string {
  const at = args.indexOf('stuff');
  return at === -1 ? commandLine(afterOptions(args, /^-([a-zA-Z]*S|c|e|h|s|t|T|p)$/)) : args.slice(at + 1).join(' ');
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
  const at = args.findIndex((arg) => arg === 'run' || arg === 'create');
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

/** What runs in a container that is there: `docker exec db psql -c …`, `docker compose run web …`; of an image that is a known program. */
function inContainer(args: readonly string[], command: SimpleCommand): readonly Effect[] {
  const globals = afterOptions(args, /^(-c|--context|-H|--host|-l|--log-level|--config)$/);
  const isCompose = globals[0] === 'compose';
  const verbs = isCompose
    ? afterOptions(globals.slice(1), /^(-f|--file|-p|--project-name|--profile|--env-file|--project-directory)$/)
    : globals[0] === 'container'
      ? globals.slice(1)
      : globals;
  const [verb, ...rest] = verbs;
  if (verb !== 'exec' && verb !== 'run') return [];
  const [name = '', ...inner] = afterOptions(rest, INSIDE_VALUED);
  const entry = argumentsOf(rest, INSIDE_VALUED).value('--entrypoint');
  const program = entry ?? (verb === 'run' && !isCompose ? IMAGES.find(([image]) => image.test(name))?.[1] : undefined);
  const words_ = [...(program === undefined || program === '' ? [] : [program]), ...inner];
  if (words_.length === 0) return [];
  const text = inputOf(command);
  const path = fileRead(command);
  const input =
    text !== undefined
      ? ` <<'END_OF_INPUT'\n${text.replace(/\n?$/, '\n')}END_OF_INPUT`
      : path === undefined
        ? ''
        : ` < ${commandLine([path])}`;
  return [{ kind: 'shell', text: `${commandLine(words_)}${input}`, perhaps: true, elsewhere: true }];
}

const INSIDE_VALUED = new Set([...RUN_VALUED, '--detach-keys', '--index']);

/** Images that start the program they are named after. */
const IMAGES: readonly (readonly [RegExp, string])[] = [
  [/(^|\/)aws-cli(:|$)/, 'aws'],
  [/(^|\/)terraform(:|$)/, 'terraform'],
  [/(^|\/)(opentofu|tofu)(:|$)/, 'tofu'],
  [/(^|\/)kubectl(:|$)/, 'kubectl'],
  [/(^|\/)helm(:|$)/, 'helm'],
  [/(^|\/)pulumi[\w-]*(:|$)/, 'pulumi'],
];

function loads(path: string): Effect {
  return {
    kind: 'change',
    change: {
      rule: 'command-runs-unread-code',
      system: 'this machine',
      does: `loads \`${path}\` into the shell`,
      object: path,
      kind: 'program',
      severity: 'medium',
    },
  };
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
