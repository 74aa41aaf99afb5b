import { argumentsOf } from '../arguments.ts';
import type { Effect, Invocation, Program } from '../effect.ts';
import { fileRead } from '../made.ts';
import { inputOf, outputOf } from '../output.ts';
import { UNKNOWN } from '../simple-command.ts';
import { commandLine } from '../words.ts';
import { curlOptions } from './curl-settings.ts';

/** Programs that bring files from elsewhere, or out of a packed form: what they hold is not in the command. */
export const transfers: Program = {
  names: (
    'curl wget aria2c sftp lftp scp rsync rclone docker podman nerdctl kubectl oc aws gsutil gcloud az ' +
    'mc gunzip gzip xz unxz bzip2 bunzip2 zstd unzstd lz4 unlz4 brotli lzma unlzma ' +
    'compress uncompress xxd pax rename prename file-rename mmv cmake time script typescript csplit split ' +
    'socat ansible gh'
  ).split(' '),
  effects: (invocation) => BY_NAME[invocation.program]?.(invocation) ?? [],
};

type Effects = (invocation: Invocation) => readonly Effect[];

const unknownText = (path: string): Effect => ({ kind: 'write', path, text: undefined, append: false });
const local = (path: string | undefined): readonly Effect[] =>
  path === undefined || path === '-' || path === '' || /^([a-z][a-z\d+.-]*:\/\/|[\w.@-]{2,}:)/i.test(path) ? [] : [unknownText(path)];

const CURL_OUTPUT = [
  '-o',
  '--output',
  '-D',
  '--dump-header',
  '-c',
  '--cookie-jar',
  '--trace',
  '--trace-ascii',
  '--libcurl',
  '--stderr',
  '--etag-save',
  '--hsts',
  '--alt-svc',
];
const CURL_VALUED = new Set([
  ...CURL_OUTPUT,
  ...'-H --header -d --data --data-raw --data-binary --data-urlencode --json -X --request -u --user -F --form -A -e -b -T -K --config --cacert --cert --key -m --max-time --connect-timeout -w --write-out --retry --url --output-dir -x --proxy --resolve --oauth2-bearer'.split(
    ' ',
  ),
]);

const curl: Effects = ({ args, command }) => {
  // `-sSLo file`, `-sSLofile`
  const apart = args.flatMap((arg) => {
    const [, bunch = '', value = ''] = /^-([fsSLkvigqIOJNRZ0-46#]*)o(.*)$/s.exec(arg) ?? [];
    if (!/^-[^-]*o/.test(arg) || (bunch === '' && value === '' && arg !== '-o')) return [arg];
    return [...(bunch === '' ? [] : [`-${bunch}`]), '-o', ...(value === '' ? [] : [value])];
  });
  const read = argumentsOf(apart, CURL_VALUED);
  const folder = read.value('--output-dir');
  const inside = (path: string) => (folder === undefined || path.startsWith('/') ? path : `${folder.replace(/\/$/, '')}/${path}`);
  const remote = read.has('-O', '--remote-name', '--remote-name-all') || args.some((arg) => /^-[a-zA-Z]*O/.test(arg));
  const named = remote ? read.plain.map((url) => url.split(/[?#]/)[0]?.split('/').at(-1) ?? '').filter((name) => name !== '') : [];
  const told = read
    .values('-w', '--write-out')
    .flatMap((text) => [...text.matchAll(/%output\{(?:>>)?([^}]+)\}/g)].map(([, path = '']) => path));
  return [
    ...[...read.values(...CURL_OUTPUT), ...named]
      .map(inside)
      .filter((path) => path !== '-' && path !== '')
      // `#1` is what a pattern of the address stands for.
      .map((path) => unknownText(path.replace(/#\d/g, '*'))),
    ...told.map(unknownText),
    ...configured(args, command),
  ];
};

/** `curl -K FILE`: what stands in the file are further options. */
function configured(args: readonly string[], command: Invocation['command']): readonly Effect[] {
  const at = args.findIndex((arg) => /^-[fsSLkvigqO]*K$|^--config(=|$)/.test(arg));
  if (at === -1) return [];
  const joined = /^--config=(.*)$/s.exec(args[at] ?? '')?.[1];
  const path = joined ?? args[at + 1] ?? '';
  const rest = [...args.slice(0, at), ...args.slice(at + (joined === undefined ? 2 : 1))];
  const isInput = /^(-|\/dev\/stdin|\/dev\/fd\/0)$/.test(path);
  const printer = path.includes(UNKNOWN) ? command.words.find((word) => word.printedBy !== undefined)?.printedBy : undefined;
  const text = isInput ? inputOf(command) : outputOf(printer);
  const file = isInput ? fileRead(command) : path;
  if (text === undefined) return file === undefined ? [] : [{ kind: 'script', program: 'curl', path: file, args: rest }];
  return [{ kind: 'shell', text: commandLine(['curl', ...curlOptions(text), ...rest]), perhaps: true }];
}

const wget: Effects = ({ args }) => {
  const apart = args.flatMap((arg) => {
    const [, bunch = '', letter = '', value = ''] = /^-([a-zA-Z]*?)([OoaP])(.*)$/s.exec(arg) ?? [];
    return letter === '' || arg.startsWith('--') || /^(nc|nv|nd|nH)/.test(bunch + letter)
      ? [arg]
      : [...(bunch === '' ? [] : [`-${bunch}`]), `-${letter}`, ...(value === '' ? [] : [value])];
  });
  const read = argumentsOf(
    apart,
    new Set(
      '-O -o -a -P -U -i -t -T -e --header --output-document --directory-prefix --output-file --append-output --save-cookies --user --password'.split(
        ' ',
      ),
    ),
  );
  const path = read.value('-O', '--output-document');
  const folder = read.value('-P', '--directory-prefix')?.replace(/\/$/, '');
  const named = read.plain.map((url) => url.split(/[?#]/)[0]?.split('/').at(-1) ?? '').filter((name) => name !== '');
  const written = path === undefined ? named.map((name) => (folder === undefined ? name : `${folder}/${name}`)) : [path];
  // What a list names is not known.
  const lists = args.some((arg) => /^(-i|--input-file(=.*)?)$/.test(arg)) ? [`${folder ?? '.'}/`] : [];
  const configs = args.flatMap((arg) => /^--config=(.+)$/.exec(arg)?.slice(1, 2) ?? []);
  return [
    ...[...written, ...lists, ...read.values('-o', '-a', '--output-file', '--append-output', '--save-cookies')]
      .filter((each) => each !== '-' && each !== '')
      .map(unknownText),
    ...configs.map((path): Effect => ({ kind: 'script', program: 'wget', path, args: [] })),
  ];
};

/** `aria2c -d FOLDER -o NAME ADDRESS` */
const aria: Effects = ({ args }) => {
  const read = argumentsOf(args, new Set(['-o', '--out', '-d', '--dir', '-i', '-s', '-x', '-j', '-k']));
  const folder = read.value('-d', '--dir')?.replace(/\/$/, '');
  const named = read.plain.map((url) => url.split(/[?#]/)[0]?.split('/').at(-1) ?? '');
  return [...read.values('-o', '--out'), ...named]
    .filter((name) => name !== '')
    .map((name) => unknownText(folder === undefined ? name : `${folder}/${name}`));
};

/** `get FROM TO`, `!LINE`: what clients of file servers are told in an option or as their input. */
const served: Effects = ({ args, command }) => {
  const told = argumentsOf(args, new Set(['-c', '-e', '-b', '-P', '-i', '-o'])).values('-c', '-e');
  return [...told, inputOf(command) ?? '']
    .flatMap((text) => text.split(/[\n;]/))
    .flatMap((line): readonly Effect[] => {
      const [, own] = /^\s*!\s*(.+)$/.exec(line) ?? [];
      if (own !== undefined) return [{ kind: 'shell', text: own, perhaps: true }];
      const [verb = '', ...words] = line.trim().split(/\s+/);
      const plain = words.filter((word) => !word.startsWith('-'));
      const to = plain.length > 1 ? plain.at(-1) : plain[0]?.split('/').at(-1);
      return /^(get|mget|pget|reget|mirror)$/.test(verb) ? local(to) : [];
    });
};

/** The last word is where it goes. */
const lastWord =
  (...valued: readonly string[]): Effects =>
  ({ args }) => {
    const { plain } = argumentsOf(args, new Set(valued));
    return plain.length < 2 ? [] : brought(plain.slice(0, -1), plain.at(-1));
  };

/** From elsewhere into a file, or into a folder under the name it has there. */
function brought(from: readonly string[], to: string | undefined): readonly Effect[] {
  if (to === undefined || local(to).length === 0) return [];
  const named = from.filter((word) => /^([a-z][a-z\d+.-]*:\/\/|[\w.@-]{2,}:)/i.test(word) && /\.\w+$/.test(word));
  return [
    ...(to === '.' ? [] : local(to)),
    ...named.map((word): Effect => ({ kind: 'copy', from: word.replace(/^([\w.@-]+):(?!\/)/, '$1:/'), path: to })),
  ];
}

/** A verb before: `docker cp`, `aws s3 cp`, `kubectl cp`, `gsutil cp`, `rclone copyto`. */
const copies =
  (verbs: RegExp): Effects =>
  ({ args }) => {
    const { plain } = argumentsOf(args, new Set(['-c', '-n', '--namespace', '--profile', '--region', '--context', '--project']));
    const at = plain.findIndex((word) => verbs.test(word));
    const to = at === -1 || at > 1 || plain.length - at < 3 ? undefined : plain.at(-1);
    // From here to there writes nothing here.
    const from = plain.slice(at + 1, -1);
    // A whole folder: any file that is there may be in it.
    const isFolder = /^(sync|mirror|rsync)$/.test(plain[at] ?? '') || args.some((arg) => /^(--recursive|-[a-z]*[rR])$/.test(arg));
    if (
      to !== undefined &&
      isFolder &&
      from.some((word) => /^([a-z][a-z\d+.-]*:\/\/|[\w.@-]{2,}:)/i.test(word)) &&
      (to === '.' || local(to).length > 0)
    )
      return [unknownText(`${to.replace(/\/$/, '')}/`)];
    return to === undefined ? [] : brought(from, to);
  };

/** `docker build -o FOLDER`, `--output type=local,dest=FOLDER` */
const built: Effects = ({ args }) => {
  if (!args.includes('build')) return [];
  const read = argumentsOf(args, new Set(['-o', '--output', '-t', '-f']));
  return read.values('-o', '--output').flatMap((value): readonly Effect[] => {
    const [, dest] = /(?:^|,)dest=([^,]+)/.exec(value) ?? [];
    const folder = dest ?? (value.includes('=') ? undefined : value);
    return folder === undefined || folder === '-' || /type=(oci|docker|tar)/.test(value)
      ? []
      : [unknownText(`${folder.replace(/\/$/, '')}/`)];
  });
};

/** `gunzip x.gz` leaves x; `zstd -d x -o y`. */
const unpacked: Effects = ({ args, program }) => {
  const read = argumentsOf(args, new Set(['-o', '-S', '--suffix', '--output']));
  const opens = /^un|^gunzip|^bunzip2/.test(program) || read.has('-d', '--decompress', '--uncompress');
  if (!opens || read.has('-c', '--stdout', '--to-stdout', '-t', '-l')) return [];
  const to = read.value('-o', '--output') ?? (program.endsWith('lz4') ? read.plain[1] : undefined);
  return to === undefined ? read.plain.map((path) => unknownText(path.replace(/\.(gz|xz|bz2|zst|lz4|br|lzma|Z)$/, ''))) : [unknownText(to)];
};

/** A pattern of names: those that it makes are in it, or are those of the files. */
const renamed: Effects = ({ args }) => {
  const [pattern = '', ...names] = args.filter((arg) => !arg.startsWith('-'));
  const [, from, to] = /^s(?:\/|\|)([^/|]*)[/|]([^/|]*)[/|]/.exec(pattern) ?? [];
  if (from === undefined || to === undefined) return names.slice(-1).flatMap((name) => local(name));
  return names.map(
    (name): Effect => ({ kind: 'copy', from: name, path: name.replace(new RegExp(escaped(from)), () => to.replaceAll('\\', '')) }),
  );
};

function escaped(text: string): string {
  return text.replaceAll('\\', '').replace(/[.*+?^${}()|[\]]/g, '\\$&');
}

/** `cmake -E copy a b`, `cmake -P file` */
const cmake: Effects = ({ args }) => {
  const [option, verb, ...rest] = args;
  if (option === '-P') return [{ kind: 'script', program: 'cmake', path: verb ?? '', args: [] }];
  if (option !== '-E') return [];
  if (verb === 'env') return [{ kind: 'shell', text: rest.filter((word) => !/^\w+=/.test(word)).join(' ') }];
  const words = rest.filter((word) => !word.startsWith('-'));
  if (/^(copy|copy_if_different|rename|create_symlink|create_hardlink)$/.test(verb ?? ''))
    return words.slice(0, -1).map((from): Effect => ({ kind: 'copy', from, path: words.at(-1) ?? '' }));
  return /^(rm|remove|remove_directory)$/.test(verb ?? '') ? words.map((path): Effect => ({ kind: 'delete', path })) : [];
};

/** `script FILE`, `script -c LINE FILE`, `script -q FILE LINE…` */
const script: Effects = ({ args }) => {
  const { plain } = argumentsOf(args, new Set(['-c', '--command', '-T', '-t', '-B', '-I', '-O', '-E', '-m']));
  const [path, ...words] = plain;
  return [
    ...(path === undefined || path === '/dev/null' ? [] : [unknownText(path)]),
    ...(words.length === 0 ? [] : [{ kind: 'shell', text: words.join(' '), perhaps: true } as const]),
  ];
};

/** Pieces are named after the last word. */
const pieces: Effects = ({ args }) => {
  const { plain } = argumentsOf(args, new Set(['-b', '-l', '-n', '-a', '-C', '-f']));
  return plain.length < 2 ? [] : plain.slice(-1).map(unknownText);
};

const RELEASE = new Set(['-O', '--output', '-p', '--pattern', '-R', '-D', '--dir']);

const BY_NAME: Readonly<Record<string, Effects>> = {
  curl,
  wget,
  aria2c: aria,
  sftp: served,
  lftp: served,
  scp: lastWord('-i', '-P', '-o', '-F', '-J', '-l', '-S', '-c'),
  pax: ({ args }) => (args.some((arg) => /^-[a-z]*r/.test(arg)) ? argumentsOf(args).plain.slice(-1).map(unknownText) : []),
  rclone: copies(/^(copy|copyto|sync|move|moveto)$/),
  docker: (invocation) => [...copies(/^cp$/)(invocation), ...built(invocation)],
  podman: copies(/^cp$/),
  nerdctl: copies(/^cp$/),
  kubectl: copies(/^cp$/),
  oc: copies(/^(cp|rsync)$/),
  aws: copies(/^(cp|mv|sync|get-object)$/),
  gsutil: copies(/^(cp|mv|rsync)$/),
  gcloud: copies(/^(cp|mv|rsync|scp)$/),
  mc: copies(/^(cp|mv|mirror)$/),
  az: ({ args }) => (args.includes('download') ? local(argumentsOf(args, new Set(['-f', '--file'])).value('-f', '--file')) : []),
  ...Object.fromEntries(
    ['gunzip', 'gzip', 'xz', 'unxz', 'bzip2', 'bunzip2', 'zstd', 'unzstd', 'lz4', 'unlz4', 'brotli', 'lzma', 'unlzma', 'uncompress'].map(
      (name) => [name, unpacked],
    ),
  ),
  xxd: ({ args }) =>
    args.some((arg) => /^-[a-z]*r/.test(arg))
      ? argumentsOf(args, new Set(['-s', '-l', '-c']))
          .plain.slice(1, 2)
          .map(unknownText)
      : [],
  rename: (invocation) => {
    const { args } = invocation;
    const plain = args.filter((arg) => !arg.startsWith('-'));
    const [from = '', to = '', ...names] = plain;
    // `rename FROM TO FILE…` of util-linux.
    return names.length === 0 || /^[sy]\W/.test(from)
      ? renamed(invocation)
      : names.map((name): Effect => ({ kind: 'copy', from: name, path: name.replace(from, () => to) }));
  },
  prename: renamed,
  'file-rename': renamed,
  mmv: ({ args }) => argumentsOf(args).plain.slice(-1).map(unknownText),
  cmake,
  gh: ({ args }) =>
    args[0] === 'release' && args[1] === 'download' && !args.some((arg) => /^(-O|--output)/.test(arg))
      ? argumentsOf(args, RELEASE)
          .values('-p', '--pattern')
          .flatMap((name) => local(`${argumentsOf(args, RELEASE).value('-D', '--dir') ?? '.'}/${name}`))
      : argumentsOf(args, RELEASE).values('-O', '--output').flatMap(local),
  socat: ({ args }) => args.flatMap((arg) => /^(?:open|file|create|gopen):([^,]+)/i.exec(arg)?.slice(1, 2) ?? []).map(unknownText),
  ansible: ({ args }) => args.flatMap((arg) => /\b(?:dest|path)=(\S+)/.exec(arg)?.slice(1, 2) ?? []).map(unknownText),
  script,
  split: pieces,
};
