import { governedBy } from '../../read/governed-path.ts';
import { argumentsOf } from '../arguments.ts';
import type { Effect, Invocation, Program } from '../effect.ts';
import { perlEdit, readBy, sedEdit } from '../made.ts';
import { inputOf } from '../output.ts';
import { UNKNOWN } from '../simple-command.ts';
import { LISTS } from '../substituted.ts';

/** Programs that write, move or remove files. */
export const files: Program = {
  names: [
    'tee',
    'sponge',
    'cp',
    'install',
    'mv',
    'rm',
    'unlink',
    'rmdir',
    'shred',
    'ln',
    'link',
    'sed',
    'gsed',
    'perl',
    'awk',
    'gawk',
    'mawk',
    'nawk',
    'dd',
    'truncate',
    'rsync',
    'tar',
    'unzip',
    'bsdtar',
    '7z',
    '7za',
    '7zz',
    'unrar',
    'cpio',
    'jar',
    'unar',
    'ar',
    'dpkg',
    'dpkg-deb',
    'mount',
    'jq',
    'yq',
    'sort',
    'chmod',
    'chown',
    'chgrp',
    'chattr',
    'setfacl',
    'openssl',
    'uniq',
  ],
  effects: (invocation) => BY_NAME[invocation.program]?.(invocation) ?? [],
};

type Effects = (invocation: Invocation) => readonly Effect[];

type Write = Extract<Effect, { kind: 'write' }>;
const unknownText = (path: string): Write => ({ kind: 'write', path, text: undefined, append: false });

const tee: Effects = ({ args, command }) => {
  const read = argumentsOf(args);
  const append = read.has('-a', '--append');
  return read.plain.map((path) => ({ kind: 'write', path, text: inputOf(command), append, made: readBy(command) }));
};

/** `-sft FOLDER`, `-tFOLDER`, `--target=FOLDER`: the options that name the folder, each in its own word. */
function withFolderApart(args: readonly string[]): readonly string[] {
  return args.flatMap((arg) => {
    const [, bunch = '', joined = ''] = /^-([a-zA-SU-Z]*)t(.*)$/s.exec(arg) ?? [];
    const [, value] = /^--targ\w*(?:-\w*)?=(.*)$/s.exec(arg) ?? [];
    if (value !== undefined) return ['-t', value];
    if (/^-[^-]*t/.test(arg) && /^[abdfilnpPrRsuvxLHTDc]*$/.test(bunch))
      return [...(bunch === '' ? [] : [`-${bunch}`]), '-t', ...(joined === '' ? [] : [joined])];
    return [arg];
  });
}

const copy: Effects = ({ args: given, program }) => {
  const args = withFolderApart(given);
  const read = argumentsOf(args, new Set(['-t', '--target-directory', '-m', '-o', '-g', '-S', '--mode', '--owner', '--group']));
  const folder = read.value('-t', '--target-directory');
  const from = folder === undefined ? read.plain.slice(0, -1) : read.plain;
  const to = folder ?? read.plain.at(-1);
  if (to === undefined) return [];
  const inFolder = folder !== undefined || from.length > 1 || to.endsWith('/');
  return from.flatMap((source): readonly Effect[] => {
    // A folder as target is told apart where the file system is seen.
    const path = inFolder ? `${to.replace(/\/$/, '')}/${source.replace(/\/$/, '').split('/').at(-1) ?? ''}` : to;
    const contents = source.endsWith('/.') || read.has('-T', '--no-target-directory');
    const copied: Effect = {
      kind: 'copy',
      from: source,
      path: contents && folder === undefined ? to : path,
      ...(contents ? { contents } : {}),
    };
    return program === 'mv' ? [copied, { kind: 'delete', path: source }] : [copied];
  });
};

const remove: Effects = ({ args }) => argumentsOf(args, new Set(['-n', '-s'])).plain.map((path) => ({ kind: 'delete', path }));

const link: Effects = ({ args }) => {
  const read = argumentsOf(withFolderApart(args), new Set(['-t', '--target-directory', '-S']));
  const folder = read.value('-t', '--target-directory');
  const targets = folder === undefined && read.plain.length > 1 ? read.plain.slice(0, -1) : read.plain;
  const to = folder ?? (read.plain.length > 1 ? read.plain.at(-1) : '.');
  return targets.map((target): Effect => {
    const name = target.replace(/\/+$/, '').split('/').at(-1) ?? target;
    const isInFolder = folder !== undefined || read.plain.length !== 2;
    return { kind: 'copy', from: target, path: isInFolder ? `${to?.replace(/\/$/, '') ?? '.'}/${name}` : (to ?? name), linked: true };
  });
};

const sed: Effects = ({ args, command }) => {
  const edit = sedEdit(args);
  const inPlace = edit?.inPlace ?? args.some((arg) => /^-[a-zA-Z]*i|^--in-place/.test(arg) && !/^-[ef]/.test(arg));
  const read = argumentsOf(args, new Set(['-e', '--expression', '-f', '--file', '-l']));
  const scripts = [...read.values('-e', '--expression')];
  const files = read.values('-f', '--file');
  const targets = edit?.files ?? (scripts.length > 0 || files.length > 0 ? read.plain : read.plain.slice(1));
  const script = edit?.edit.script ?? (scripts.length > 0 ? scripts.join('\n') : files.length > 0 ? '' : (read.plain[0] ?? ''));
  const made = edit === undefined ? undefined : ({ from: 'itself', edits: [edit.edit] } as const);
  // `w file` and `s///w file` write; `e` runs a command, and `s///e` what the line has become.
  const written = [
    ...script.matchAll(/(?:^|[;\n}/|#,{!]|\$|\d)[^\S\n]*[gpIM\d]*w\s+([^\s;}]+)/g),
    ...script.matchAll(/(?:^|[;\n{}]|[\d$]\s*)w([^\s;}]+)/g),
    ...script.matchAll(/s([/|#,@:!])(?:\\.|(?!\1).)*\1(?:\\.|(?!\1).)*\1[gpIMe\d]*w([^\s;}]+)/gs),
  ].map((found) => unknownText(found.at(-1) ?? ''));
  const [, run] = /(?:^|[;\n{]|\d|\$|\/)\s*e\s+(\S.*)$/s.exec(script) ?? [];
  const replaced = [...script.matchAll(/s([/|#,@:!])(?:\\.|(?!\1).)*\1((?:\\.|(?!\1).)*)\1[gpIM\d]*e[gpIM\d]*\s*(?:$|[;\n}])/gs)].map(
    ([, , text = '']) => text,
  );
  return [
    ...(inPlace ? targets.filter((path) => path !== '').map((path): Effect => ({ ...unknownText(fromList(path, command)), made })) : []),
    ...written,
    ...[...(run === undefined ? [] : [run]), ...replaced].flatMap((text): readonly Effect[] => [
      { kind: 'shell', text: text.replace(/\\(.)/g, '$1'), perhaps: true },
      { kind: 'unclear', why: 'sed runs commands that it makes from text' },
    ]),
    ...files.map((path): Effect => ({ kind: 'script', program: 'sed', path, args: [] })),
  ];
};

/** `sed -i … $(grep -rl …)`: any file below. */
function fromList(path: string, { source }: Invocation['command']): string {
  const [, inner] = /\$\(\s*([^)]*)|`([^`]*)`/.exec(path === UNKNOWN ? source : '') ?? [];
  return inner !== undefined && LISTS.test(inner) ? './**/*' : path;
}

const perl: Effects = ({ args, program, command }) => {
  const options = args.filter((arg) => /^-[a-zA-Z0-9.]+$/.test(arg) && !/^-[MmIx]/.test(arg));
  const inPlace = options.some((arg) => /^-[a-zA-Z0-9]*i/.test(arg));
  const code = args.flatMap((arg, i) => (/^-(?![MmIx])[a-zA-Z0-9]*[eE]$/.test(arg) ? [args[i + 1] ?? ''] : []));
  if (inPlace) {
    const edit = perlEdit(args);
    const made = edit?.prints === true ? ({ from: 'itself', edits: [edit.edit] } as const) : undefined;
    const targets =
      edit?.files ?? argumentsOf(args, new Set(['-e', '-pe', '-pie', '-M', '-ne', ...options.filter((arg) => /[eE]$/.test(arg))])).plain;
    return targets.map((path): Effect => ({ ...unknownText(fromList(path, command)), made }));
  }
  if (code.length > 0) return [{ kind: 'code', program, code: [...code, ...args].join('\n') }];
  const script = args.find((arg) => !arg.startsWith('-'));
  if (script !== undefined) return [{ kind: 'script', program, path: script, args: args.slice(args.indexOf(script) + 1) }];
  const text = inputOf(command);
  return text === undefined ? [] : [{ kind: 'code', program, code: text }];
};

const awk: Effects = ({ args, command }) => {
  const read = argumentsOf(args, new Set(['-v', '-f', '-F', '-i', '--assign', '--file']));
  const scripts = read.values('-f', '--file').map((path): Effect => ({ kind: 'script', program: 'awk', path, args: read.plain }));
  if (args.includes('inplace')) return read.plain.slice(scripts.length > 0 ? 0 : 1).map(unknownText);
  const code = scripts.length > 0 ? '' : (read.plain[0] ?? '');
  // Its variables and the names of its files may be what it writes.
  const words = [
    ...[...read.plain.slice(1), ...read.values('-v', '--assign')].filter((word) => word.includes('=')),
    ...Object.values(command.assignments),
  ];
  const runs = [...code.matchAll(/(?:system\s*\(\s*|\|&?\s*|(?<=[{;]\s*))"((?:[^"\\]|\\.)*)"/g)].map(([, line = '']) =>
    line.replace(/\\(.)/g, '$1'),
  );
  return [
    ...scripts,
    ...(code === '' ? [] : [{ kind: 'code', program: 'awk', code: [code, ...words].join('\n') } as const]),
    ...(/\bsystem\s*\(|\|/.test(code) ? runs.map((text): Effect => ({ kind: 'shell', text, perhaps: true })) : []),
  ];
};

const dd: Effects = ({ args, command }) => {
  const from = args.find((arg) => arg.startsWith('if='))?.slice(3);
  const whole = args.every((arg) => /^(if|of|bs|status)=/.test(arg));
  const made = !whole ? undefined : from === undefined ? readBy(command) : ({ from: [from], edits: [] } as const);
  return args.flatMap((arg) => (arg.startsWith('of=') ? [{ ...unknownText(arg.slice(3)), made }] : []));
};

const truncate: Effects = ({ args }) =>
  argumentsOf(args, new Set(['-s', '--size', '-r', '--reference'])).plain.map((path) => ({
    kind: 'write',
    path,
    text: undefined,
    append: false,
  }));

/** A source with a slash at its end means what is in it. */
const rsync: Effects = ({ args }) => {
  const { plain } = argumentsOf(
    args.map((arg) => (arg.startsWith('--') ? '-x' : arg)),
    new Set(['-e', '-f', '-M', '-B', '-T']),
  );
  const to = plain.at(-1);
  // To another machine.
  if (to === undefined || /^[\w.@-]{2,}:|^rsync:\/\//.test(to)) return [];
  return plain.slice(0, -1).map((from): Effect => {
    const folder = to.replace(/\/+$/, '') === '' ? to : to.replace(/\/+$/, '');
    if (from.endsWith('/')) return { kind: 'copy', from, path: folder, contents: true };
    return { kind: 'copy', from, path: to.endsWith('/') ? `${folder}/${from.split('/').at(-1) ?? ''}` : folder };
  });
};

const TAR_FOLDER = new Set(['-C', '--directory', '-f', '--file', '-d']);

/** An archive may hold anything: only the folder it goes to is known. */
const unpack: Effects = ({ args, program }) => {
  const extracts =
    (program === 'unzip' && !args.some((arg) => /^-[a-zA-Z]*[ltvpz]/.test(arg) && !arg.startsWith('-d'))) ||
    (/^(7z|7za|7zz|unrar)$/.test(program) && /^[ex]$/.test(args[0] ?? '')) ||
    (program === 'cpio' && args.some((arg) => /^-[a-zA-Z]*[ip]|^--(extract|pass-through)/.test(arg))) ||
    args.some((arg, i) => /^--(extract|get)$/.test(arg) || (/^-?[a-zA-Z]*x[a-zA-Z]*$/.test(arg) && (arg.startsWith('-') || i === 0)));
  if (!extracts && program !== 'unar') return [];
  const read = argumentsOf(args, program === 'unar' ? new Set(['-o', '-output-directory', '-p', '-e']) : TAR_FOLDER);
  return [
    {
      kind: 'write',
      path: `${read.value('-C', '--directory', '-d', ...(program === 'unar' ? ['-o', '-output-directory'] : [])) ?? '.'}/`,
      text: undefined,
      append: false,
    },
  ];
};

/** `dpkg-deb -x PACKAGE FOLDER` */
const packageOf: Effects = ({ args }) => {
  const plain = args.filter((arg) => !arg.startsWith('-'));
  const opens = args.some((arg) => /^(-[xX]|--v?extract|-R|--raw-extract)$/.test(arg));
  return opens && plain[1] !== undefined ? [{ ...unknownText(`${plain[1].replace(/\/$/, '')}/`) }] : [];
};

/** `mount -t overlay … FOLDER`: what is seen there is what other folders hold. */
const overlaid: Effects = ({ args }) => {
  const { plain } = argumentsOf(args, new Set(['-o', '-t', '--options', '--types']));
  const to = plain.at(-1);
  return args.some((arg) => /overlay|unionfs|mergerfs/.test(arg)) && to !== undefined ? [unknownText(`${to.replace(/\/$/, '')}/`)] : [];
};

/** `uniq [input [output]]` */
const unique: Effects = ({ args }) =>
  argumentsOf(args, new Set(['-f', '-s', '-w']))
    .plain.slice(1, 2)
    .map(unknownText);

/** `yq -i '.a = 1' f`, `yq e -i …`, `yq w -i f path value`. Of what is harmless wherever it stands, only files that are watched are asked about. */
const inPlaceOption: Effects = ({ args }) => {
  if (!args.some((arg) => /^(-[a-zA-Z]*i|--inplace|--in-place)$/.test(arg))) return [];
  const { plain } = argumentsOf(args);
  const [first = '', ...rest] = plain[0] !== undefined && /^(e|ea|eval|eval-all|w|write|d|delete)$/.test(plain[0]) ? plain.slice(1) : plain;
  return (rest.length === 0 || rest.some((word) => /^\w+(\.\w+)*$/.test(first) && word.startsWith('.')) ? plain : [first, ...rest])
    .filter((path) => !/[=|()[\]]/.test(path))
    .map(
      (path): Effect => (SETS_ORDINARY.test(first) && !/[|;,]/.test(first) ? { ...unknownText(path), ordinary: true } : unknownText(path)),
    );
};

/** Images, counts, versions, names and labels. */
const SETS_ORDINARY =
  /^(?!.*\b(roleRef|subjects?|\w*[sS]ecret\w*|serviceAccount\w*)\b)\s*\.[\w.[\]"-]*\b(image|tag|replicas|version|appVersion|name|labels|annotations|description)\b[\w.[\]"/-]*\s*=\s*("[^"]*"|[\w.]+)\s*$/;

const output: Effects = ({ args }) => {
  // `sort -uo file`
  const apart = args.flatMap((arg) => (/^-[a-zA-Z]+o$/.test(arg) && !/^-out$/.test(arg) && !arg.startsWith('--') ? ['-o'] : [arg]));
  return argumentsOf(apart, new Set(['-o', '--output', '-out']))
    .values('-o', '--output', '-out')
    .map(unknownText);
};

const mode: Effects = ({ args, program }) => {
  // `-x` takes a right away, and is no option.
  const plain = args.filter((arg) => !arg.startsWith('-') || /^-[rwxXst]+$/.test(arg));
  const [mode_, ...targets] = plain;
  const hidden =
    program === 'chmod' && mode_ !== undefined && /^0?[0-3][0-7]{2}$|^[ua]*-[wx]*r|^[ua]*=(?!\w*r)/.test(mode_)
      ? targets.filter((path) => governedBy(path)?.of === 'agent')
      : [];
  if (hidden.length > 0) return hidden.map(unreadable);
  const touched = targets.map((path): Effect => ({ kind: 'mode', path }));
  if (program !== 'chmod' || mode_ === undefined) return touched;
  const open = /^[0-7]?[0-7][0-7][2367]$/.test(mode_) || /(^|,)[ugo]*[oa][ugo]*[+=][rwxXst]*w/.test(mode_) || /(^|,)\+[rx]*w/.test(mode_);
  const setsId = /^[2467][0-7]{3}$/.test(mode_) || /[ug]\+[rwx]*s/.test(mode_);
  const stops = /-[rwXst]*x|^[0-7]*[0246]{3}$/.test(args.join(' '))
    ? targets.filter((path) => /(^|\/)(\.git\/hooks|\.husky|\.githooks)\//.test(path))
    : [];
  if (stops.length > 0) {
    return stops.map((object) => ({
      kind: 'change',
      change: {
        rule: 'command-weakens-safeguard',
        system: 'this repository',
        does: `keeps git from running \`${object}\``,
        object,
        kind: 'check',
        severity: 'medium',
      },
    }));
  }
  return [
    ...touched,
    ...(open || setsId ? targets : []).map(
      (object): Effect => ({
        kind: 'change',
        change: {
          rule: 'command-changes-access',
          system: 'this machine',
          does: setsId ? `lets whoever runs \`${object}\` act as its owner` : `lets every user of this machine change \`${object}\``,
          object,
          kind: 'file',
          severity: /^\/($|etc|usr|var|bin|root|home$)/.test(object) || setsId ? 'high' : 'medium',
        },
      }),
    ),
  ];
};

/** Settings that nobody can read say nothing any more. */
function unreadable(object: string): Effect {
  return {
    kind: 'change',
    change: {
      rule: 'command-weakens-safeguard',
      system: 'your agents',
      does: `keeps \`${object}\` from being read`,
      object,
      kind: 'setting',
      severity: 'high',
    },
  };
}

const BY_NAME: Readonly<Record<string, Effects>> = {
  tee,
  sponge: tee,
  cp: copy,
  install: copy,
  mv: copy,
  rm: remove,
  unlink: remove,
  shred: remove,
  ln: link,
  link,
  sed,
  gsed: sed,
  perl,
  awk,
  gawk: awk,
  mawk: awk,
  nawk: awk,
  dd,
  truncate,
  rsync,
  tar: unpack,
  unzip: unpack,
  bsdtar: unpack,
  '7z': unpack,
  '7za': unpack,
  '7zz': unpack,
  unrar: unpack,
  cpio: unpack,
  jar: unpack,
  unar: unpack,
  ar: unpack,
  dpkg: packageOf,
  'dpkg-deb': packageOf,
  mount: (invocation) =>
    invocation.args.some((arg) => /^(--r?bind|-B|-R)$|bind/.test(arg))
      ? link({ ...invocation, args: argumentsOf(invocation.args, new Set(['-o', '-t'])).plain })
      : overlaid(invocation),
  jq: inPlaceOption,
  yq: inPlaceOption,
  sort: output,
  uniq: unique,
  openssl: output,
  chmod: mode,
  chown: mode,
  chgrp: mode,
  chattr: mode,
  setfacl: mode,
};
