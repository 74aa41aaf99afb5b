import { argumentsOf } from '../arguments.ts';
import type { Effect, Invocation, Program } from '../effect.ts';
import { inputOf } from '../output.ts';

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
    'dd',
    'truncate',
    'patch',
    'ed',
    'ex',
    'vi',
    'vim',
    'nvim',
    'nano',
    'emacs',
    'rsync',
    'curl',
    'wget',
    'tar',
    'unzip',
    'bsdtar',
    '7z',
    '7za',
    '7zz',
    'unrar',
    'cpio',
    'jar',
    'mount',
    'jq',
    'yq',
    'sort',
    'chmod',
    'chown',
    'chattr',
    'setfacl',
    'gzip',
    'gunzip',
    'base64',
    'openssl',
    'split',
    'uniq',
    'rename',
  ],
  effects: (invocation) => BY_NAME[invocation.program]?.(invocation) ?? [],
};

type Effects = (invocation: Invocation) => readonly Effect[];

const unknownText = (path: string): Effect => ({ kind: 'write', path, text: undefined, append: false });

const tee: Effects = ({ args, command }) => {
  const read = argumentsOf(args);
  const append = read.has('-a', '--append');
  return read.plain.map((path) => ({ kind: 'write', path, text: inputOf(command), append }));
};

const copy: Effects = ({ args, program }) => {
  const read = argumentsOf(args, new Set(['-t', '--target-directory', '-m', '-o', '-g', '-S', '--mode', '--owner', '--group']));
  const folder = read.value('-t', '--target-directory');
  const from = folder === undefined ? read.plain.slice(0, -1) : read.plain;
  const to = folder ?? read.plain.at(-1);
  if (to === undefined) return [];
  const inFolder = folder !== undefined || from.length > 1 || to.endsWith('/');
  return from.flatMap((source): readonly Effect[] => {
    // A folder as target is told apart where the file system is seen.
    const path = inFolder ? `${to.replace(/\/$/, '')}/${source.replace(/\/$/, '').split('/').at(-1) ?? ''}` : to;
    const copied: Effect = { kind: 'copy', from: source, path };
    return program === 'mv' ? [copied, { kind: 'delete', path: source }] : [copied];
  });
};

const remove: Effects = ({ args }) => argumentsOf(args, new Set(['-n', '-s'])).plain.map((path) => ({ kind: 'delete', path }));

const link: Effects = ({ args }) => {
  const { plain } = argumentsOf(args);
  const [target, name] = plain;
  if (target === undefined) return [];
  const path = name ?? target.split('/').at(-1) ?? target;
  return [{ kind: 'copy', from: target, path }];
};

const sed: Effects = ({ args }) => {
  const inPlace = args.some((arg) => /^-[a-zA-Z]*i|^--in-place/.test(arg) && !/^-[ef]/.test(arg));
  const read = argumentsOf(args, new Set(['-e', '--expression', '-f', '--file', '-l']));
  const scripts = [...read.values('-e', '--expression')];
  const targets = scripts.length > 0 || read.has('-f', '--file') ? read.plain : read.plain.slice(1);
  const script = scripts.length > 0 ? scripts.join('\n') : (read.plain[0] ?? '');
  // `w file` and `s///w file` write; `e` runs a command.
  const written = [...script.matchAll(/(?:^|[;\n}/|#,])\s*[gpIM\d]*w\s+([^\s;}]+)/g)].map((found) => unknownText(found[1] ?? ''));
  const runs: readonly Effect[] = /(?:^|[;\n])\s*\d*e\s|\/[gpIM\d]*e[gpIM\d]*\s*(?:$|[;\n])/.test(script)
    ? [{ kind: 'unclear', why: 'sed runs commands that it makes from text' }]
    : [];
  return [...(inPlace ? targets.filter((path) => path !== '').map(unknownText) : []), ...written, ...runs];
};

const perl: Effects = ({ args, program, command }) => {
  const inPlace = args.some((arg) => /^-[a-zA-Z0-9]*i/.test(arg));
  const code = args.flatMap((arg, i) => (/^-[a-zA-Z0-9]*[eE]$/.test(arg) ? [args[i + 1] ?? ''] : []));
  if (inPlace) return argumentsOf(args, new Set(['-e', '-pe', '-pie', '-i', '-M', '-ne'])).plain.map(unknownText);
  if (code.length > 0) return [{ kind: 'code', program, code: [...code, ...args].join('\n') }];
  const script = args.find((arg) => !arg.startsWith('-'));
  if (script !== undefined) return [{ kind: 'script', program, path: script, args: args.slice(args.indexOf(script) + 1) }];
  const text = inputOf(command);
  return text === undefined ? [] : [{ kind: 'code', program, code: text }];
};

const awk: Effects = ({ args, program }) => {
  const read = argumentsOf(args, new Set(['-v', '-f', '-F', '-i']));
  if (args.includes('inplace')) return read.plain.slice(1).map(unknownText);
  const code = read.plain[0] ?? '';
  return /[>|]|system\s*\(/.test(code) ? [{ kind: 'code', program, code }] : [];
};

const dd: Effects = ({ args }) => args.flatMap((arg) => (arg.startsWith('of=') ? [unknownText(arg.slice(3))] : []));

const truncate: Effects = ({ args }) =>
  argumentsOf(args, new Set(['-s', '--size', '-r', '--reference'])).plain.map((path) => ({
    kind: 'write',
    path,
    text: undefined,
    append: false,
  }));

/** The patch names its files: its text when it is here, else it may be any. */
const patch: Effects = ({ args, command }) => {
  const read = argumentsOf(args, new Set(['-i', '--input', '-p', '--strip', '-d', '--directory', '-o', '--output']));
  const text = inputOf(command);
  const named = text === undefined ? [] : [...text.matchAll(/^(?:\+\+\+|---) (?:[ab]\/)?(\S+)/gm)].map((found) => found[1] ?? '');
  const direct = read.plain.slice(0, 1);
  const targets = [...new Set([...direct, ...named])].filter((path) => path !== '' && path !== '/dev/null');
  if (targets.length > 0) return targets.map(unknownText);
  const file = read.value('-i', '--input') ?? (command.input.kind === 'file' ? command.input.path.text : undefined);
  return file === undefined ? [{ kind: 'unclear', why: 'the patch is not in the command' }] : [{ kind: 'patch', path: file }];
};

/** Editors that take their commands from the command line or the input. */
const editor: Effects = ({ args, command, program }) => {
  const read = argumentsOf(args, new Set(['-c', '--cmd', '-S', '-s', '-u']));
  const scripted =
    read.has('-c', '--cmd', '-S', '-s', '-es', '--batch') || args.some((arg) => arg.startsWith('+')) || command.input.kind !== 'terminal';
  return scripted || program === 'ed' || program === 'ex'
    ? read.plain.filter((path) => !path.startsWith('+')).map(unknownText)
    : [{ kind: 'open-ended', program }];
};

/** A source with a slash at its end means what is in it. */
const rsync: Effects = ({ args }) => {
  const { plain } = argumentsOf(
    args.map((arg) => (arg.startsWith('--') ? '-x' : arg)),
    new Set(['-e', '-f', '-M', '-B', '-T']),
  );
  const to = plain.at(-1);
  if (to === undefined) return [];
  return plain.slice(0, -1).map((from): Effect => {
    const folder = to.replace(/\/+$/, '') === '' ? to : to.replace(/\/+$/, '');
    return { kind: 'copy', from, path: to.endsWith('/') && !from.endsWith('/') ? `${folder}/${from.split('/').at(-1) ?? ''}` : folder };
  });
};

const download: Effects = ({ args, program }) => {
  const read = argumentsOf(args, program === 'curl' ? CURL_VALUED : new Set(['-O', '-o', '-P', '--output-document', '--header', '-U']));
  const path = program === 'curl' ? read.value('-o', '--output') : read.value('-O', '--output-document');
  const named =
    path === undefined && (program === 'wget' || read.has('-O', '--remote-name'))
      ? read.plain.map((url) => url.split('?')[0]?.split('/').at(-1) ?? '')
      : [];
  return [...(path === undefined || path === '-' ? [] : [path]), ...named].filter((each) => each !== '' && each !== '-').map(unknownText);
};

const CURL_VALUED = new Set([
  '-o',
  '--output',
  '-H',
  '--header',
  '-d',
  '--data',
  '--data-raw',
  '--data-binary',
  '-X',
  '--request',
  '-u',
  '--user',
  '-F',
  '--form',
  '-A',
  '-e',
  '-b',
  '-c',
  '-T',
  '-K',
  '--cacert',
  '--cert',
  '--key',
  '-m',
  '--max-time',
  '-w',
  '--write-out',
  '--retry',
  '--url',
]);

const TAR_FOLDER = new Set(['-C', '--directory', '-f', '--file', '-d']);

/** An archive may hold anything: only the folder it goes to is known. */
const unpack: Effects = ({ args, program }) => {
  const extracts =
    program === 'unzip' ||
    (/^(7z|7za|7zz|unrar)$/.test(program) && /^[ex]$/.test(args[0] ?? '')) ||
    (program === 'cpio' && args.some((arg) => /^-[a-zA-Z]*[ip]|^--(extract|pass-through)/.test(arg))) ||
    args.some((arg, i) => /^--(extract|get)$/.test(arg) || (/^-?[a-zA-Z]*x[a-zA-Z]*$/.test(arg) && (arg.startsWith('-') || i === 0)));
  if (!extracts) return [];
  const read = argumentsOf(args, TAR_FOLDER);
  return [{ kind: 'write', path: `${read.value('-C', '--directory', '-d') ?? '.'}/`, text: undefined, append: false }];
};

/** `uniq [input [output]]` */
const unique: Effects = ({ args }) =>
  argumentsOf(args, new Set(['-f', '-s', '-w']))
    .plain.slice(1, 2)
    .map(unknownText);

const inPlaceOption: Effects = ({ args }) =>
  args.some((arg) => /^(-i|--inplace|--in-place)$/.test(arg)) ? argumentsOf(args).plain.slice(1).map(unknownText) : [];

const output: Effects = ({ args, program }) => {
  const read = argumentsOf(args, new Set(['-o', '--output', '-out']));
  return [...read.values('-o', '--output', '-out')].map(unknownText).concat(program === 'split' || program === 'sort' ? [] : []);
};

const mode: Effects = ({ args, program }) => {
  const { plain } = argumentsOf(args);
  const [mode_, ...targets] = plain;
  if (program !== 'chmod' || mode_ === undefined) return [];
  const open = /^[0-7]?[0-7][0-7][2367]$/.test(mode_) || /(^|,)[ugo]*[oa][ugo]*[+=][rwxXst]*w/.test(mode_) || /(^|,)\+[rx]*w/.test(mode_);
  const setsId = /^[2467][0-7]{3}$/.test(mode_) || /[ug]\+[rwx]*s/.test(mode_);
  return open || setsId
    ? targets.map((object) => ({
        kind: 'change',
        change: {
          rule: 'command-changes-access',
          system: 'this machine',
          does: setsId ? `lets whoever runs \`${object}\` act as its owner` : `lets every user of this machine change \`${object}\``,
          object,
          kind: 'file',
          severity: /^\/($|etc|usr|var|bin|root|home$)/.test(object) || setsId ? 'high' : 'medium',
        },
      }))
    : [];
};

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
  dd,
  truncate,
  patch,
  ed: editor,
  ex: editor,
  vi: editor,
  vim: editor,
  nvim: editor,
  nano: editor,
  emacs: editor,
  rsync,
  curl: download,
  wget: download,
  tar: unpack,
  unzip: unpack,
  bsdtar: unpack,
  '7z': unpack,
  '7za': unpack,
  '7zz': unpack,
  unrar: unpack,
  cpio: unpack,
  jar: unpack,
  mount: (invocation) => (invocation.args.some((arg) => /^(--r?bind|-B|-R)$|bind/.test(arg)) ? link(invocation) : []),
  jq: inPlaceOption,
  yq: inPlaceOption,
  sort: output,
  uniq: unique,
  openssl: output,
  chmod: mode,
};
