/** Where the text of a file of secrets has gone within a line: into variables, and into files made of it. */
import { argumentsOf } from './arguments.ts';
import type { Effect } from './effect.ts';
import { hostOf, isThisMachine } from './programs/hosts.ts';
import { bareName, ENVIRONMENT, mayNameSecret, secretIn, secretOfLine, secretPrintedIn } from './secret-files.ts';
import { type Carried, type SimpleCommand, UNKNOWN } from './simple-command.ts';

/** The commands of a line, each with what it may carry by then; and what the line sends through the shell itself. */
export function withCarried(
  commands: readonly SimpleCommand[],
  line: string,
): { readonly commands: readonly SimpleCommand[]; readonly sent: readonly Effect[] } {
  if (!mayNameSecret(line)) return { commands, sent: [] };
  const carried: Made = { files: new Map(), names: new Map(), proxied: PROXY.test(line) && proxiesIn(line) };
  for (const [, name = '', inner = ''] of line.matchAll(FILLED)) {
    const found = selects(inner) ? undefined : secretOfLine(inner, { carried });
    if (found !== undefined) carried.names.set(name, found);
  }
  const known = commands.map((command): SimpleCommand => ({ ...command, carried }));
  const read = known.map((command) => follow(command, carried));
  const first = read.find((found) => found !== undefined);
  const socket = SOCKET.exec(line)?.[1] ?? '';
  const secret = socket === '' || isThisMachine(hostOf(socket)) ? undefined : first;
  const here = secretPrintedIn(line, { carried });
  const inner = [...line.matchAll(/>\(([^()]*)\)/g)].map(([, text = '']) => text);
  const filled = known.map((command): SimpleCommand => {
    // A heredoc or a here-string that is filled, and what another command writes into: `> >(nc host 99)`.
    const isFilled = command.input.kind === 'text' && command.input.text.includes(UNKNOWN);
    const isBehind = command.input.kind === 'terminal' && command.source !== '' && inner.some((text) => text.includes(command.source));
    const input = isFilled ? here : isBehind ? first : undefined;
    return input === undefined ? command : { ...command, carried: { ...carried, input } };
  });
  return { commands: filled, sent: secret === undefined ? [] : [sends(secret, socket)] };
}

/** What leaves this machine, as an effect. `to` is a host, or says where else. */
export function sends(file: string, to: string | undefined, severity: 'high' | 'medium' = 'high'): Effect {
  const what = file === ENVIRONMENT ? file : file.startsWith('`') ? `what ${file} prints` : `\`${file}\``;
  const does = to === undefined ? `sends ${what} away` : `sends ${what} to \`${to}\``;
  return { kind: 'change', change: { rule: 'command-reads-secret', system: 'the network', does, object: file, kind: 'file', severity } };
}

/** The file of secrets that comes into a command by its words or its input. */
export function secretRead(command: SimpleCommand, depth = 0): string | undefined {
  const words = command.words.map(({ text }) => text);
  if (
    PRINTERS.test(words[0] ?? '') &&
    words.slice(1).every((word) => /^-[px0]+$/.test(word)) &&
    (words.length > 1 || !SETS.test(words[0] ?? ''))
  )
    return ENVIRONMENT;
  if (HANDS_OUT.test(words.join(' '))) return `\`${words.slice(0, 2).join(' ')}\``;
  // `git show HEAD:.env`, and code that opens it.
  const named = words
    .slice(1)
    .map(
      (word) =>
        secretIn(word.replace(/^[\w-]+=|^[\w~^@{}/.-]+:(?=\.)/, ''), command) ??
        (/["'(]/.test(word) ? secretOfLine(word, command) : undefined),
    );
  return named.find((found) => found !== undefined) ?? secretPrintedIn(command.source, command) ?? secretInput(command, depth);
}

/** The file of secrets that comes through a command's input, or through the programs before it. */
export function secretInput(command: SimpleCommand, depth = 0): string | undefined {
  const { input, carried } = command;
  if (carried?.input !== undefined) return carried.input;
  if (input.kind === 'file') return secretIn(input.path.text, command);
  if (input.kind !== 'pipe' || input.from === undefined || depth > 8) return undefined;
  return secretRead(carried === undefined ? input.from : { ...input.from, carried }, depth + 1);
}

type Made = Carried & { readonly files: Map<string, string>; readonly names: Map<string, string> };

/** `X=$(cat .env)`, `for l in $(cat .env)` */
const FILLED = /\b([A-Za-z_]\w*)(?:=|\s+in\s+)["']?(?:\$\(|`)([^`)]*)/g;
/** Does it take one value out of many, what a request is signed with as a rule, and not all there are? */
function selects(line: string): boolean {
  const parts = line.split('|').map((part) => (part.match(/"[^"]*"|'[^']*'|\S+/g) ?? []).map((word) => word.replace(/["']/g, '')));
  const isCut = parts.some(([program = '']) => /^(?:head|tail)$/.test(program));
  return parts.some(([program = '', ...args]) => {
    const plain = args.filter((arg) => !arg.startsWith('-') && arg !== '');
    const [script = ''] = args.filter((arg) => !arg.startsWith('-'));
    switch (program.replace(/^.*\//, '')) {
      case 'grep':
      case 'egrep':
      case 'rg':
        return NAMES.test(plainPattern(script)) && !args.some((arg) => /^-[a-zA-Z]*v|^--invert/.test(arg));
      case 'sed':
        return (
          /!d|\dq/.test(script) ||
          (args.some((arg) => /^-[a-zA-Z]*n|^--(?:quiet|silent)$/.test(arg)) &&
            (NAMES.test(plainPattern(script)) || /^\d+(?:,\d+)?p$/.test(script)))
        );
      case 'awk':
      case 'gawk':
      case 'mawk':
        return plain.some((word) => /[{}~]|==|^\/.*\/$/.test(word) && /==|~|^\s*\/[^/]*\w{2}[^/]*\//.test(word));
      case 'jq':
      case 'yq':
        return /\w/.test(script);
      case 'cut':
        return isCut;
      default:
        return false;
    }
  });
}

/** Without what stands for any letter. */
function plainPattern(pattern: string): string {
  return pattern.replace(/\[[^\]]*\]|\\./g, ' ');
}

const NAMES = /\w{2}/;
const PRINTERS = /^(?:\/usr\/bin\/)?(?:env|printenv|export|declare)$/;
/** What keeps secrets, and prints one. */
const HANDS_OUT = /^(?:pass (?:show )?\w|op (?:read|item get)\b|security find-\S+-password\b|bw get\b|secret-tool lookup\b|history$|fc -l)/;
const SETS = /^(?:export|declare)$/;
const SOCKET = /\/dev\/(?:tcp|udp)\/([^/\s"']+)\//;
const PROXY = /_proxy=|CURL_HOME=|WGETRC=/i;

/** Does the line make its programs ask a proxy elsewhere? */
function proxiesIn(line: string): boolean {
  return [...line.matchAll(/\b(?:https?|all|ftp|socks)_proxy=["']?([^\s;&|"']*)|\b(?:CURL_HOME|WGETRC)=\S/gi)].some(
    ([, value]) => value === undefined || (value !== '' && !isThisMachine(hostOf(value))),
  );
}

/** Notes where the command puts the secret that it reads; answers that secret. */
function follow(command: SimpleCommand, carried: Made): string | undefined {
  const found = secretRead(command);
  if (found === undefined) return undefined;
  const put = (path: string): void => {
    if (path !== '' && !path.startsWith('/dev/')) carried.files.set(bareName(path), found);
  };
  for (const { kind, target } of command.redirects) if (kind !== 'read') put(target.text);
  const [program = '', ...args] = command.words.map(({ text }) => text);
  const read = argumentsOf(args, new Set(['-o', '-out', '--output', '-f', '-u', '-d', '-p', '-t', '-m']));
  switch (program.replace(/^.*\//, '')) {
    case 'read':
    case 'mapfile':
    case 'readarray':
      for (const name of args) if (/^[A-Za-z_]\w*$/.test(name)) carried.names.set(name, found);
      break;
    case 'cp':
    case 'mv':
    case 'ln':
    case 'install':
      put(read.plain.at(-1) ?? '');
      break;
    case 'tee':
      for (const path of read.plain) put(path);
      break;
    case 'dd':
      for (const arg of args) if (arg.startsWith('of=')) put(arg.slice('of='.length));
      break;
    default:
      // What is packed or encrypted: the archive that it makes.
      if (!PACKS.test(program)) break;
      for (const path of [...args.filter((arg) => PACKED.test(arg)), ...read.values('-o', '-out', '--output')]) put(path);
  }
  return found;
}

const PACKS = /^(?:\S*\/)?(?:b?tar|bsdtar|zip|7za?|7zz|gzip|pigz|bzip2|xz|zstd|gpg2?|openssl|age|sops|base64|xxd|split|rar|git|jar|cpio)$/;
const PACKED = /\.(?:t?gz|tar|zip|7z|bz2|xz|zst|gpg|asc|age|enc|b64)$/;
