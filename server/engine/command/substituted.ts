import type { Effect } from './effect.ts';
import { UNKNOWN } from './simple-command.ts';

/** A command whose output is a list of files. */
export const LISTS =
  /^(([ef]?grep|rg|ag|ack)\s(?:.*\s)?-[a-zA-Z]*l|git\s+(grep\s(?:.*\s)?-[a-zA-Z]*l|ls-files|diff\s(?:.*\s)?--name-only)|fd|fdfind|find)\b/;

/** The script that `sh -c "$(cat FILE)"` and `eval "$(<FILE)"` run, and that of `source <(cat FILE)`. */
export function readIn(source: string): readonly Effect[] {
  return [...source.matchAll(/[$<]\(\s*(?:cat\s+|<\s*)([\w./~-]+)\s*\)|`cat\s+([\w./~-]+)`/g)].map(([, one, other]) => ({
    kind: 'script',
    program: 'sh',
    path: one ?? other ?? '',
    args: [],
  }));
}

/**
 * What a command line puts where a program is to stand, and nobody sees before it runs: `bash -c "$(curl …)"`, `eval "$(base64 -d x)"`,
 * `source <(wget …)`. What known tools print for the shell (`ssh-agent -s`, `kubectl completion`) is not meant.
 * @param word that is run, with UNKNOWN for what is substituted
 */
export function unseenIn(word: string, source: string): readonly Effect[] {
  if (!STARTS_UNKNOWN.test(word)) return [];
  const found = [...source.matchAll(/(?:[$<]\(|`)\s*([^`]*)/g)].map(([, inner = '']) => inner).find((inner) => UNSEEN.test(headOf(inner)));
  if (found === undefined) return [];
  const head = headOf(found);
  const url = /https?:\/\/[^\s"'|)`]+/.exec(head)?.[0];
  const isFetched = FETCHES.test(head);
  const does = isFetched
    ? `runs whatever \`${url ?? 'an address'}\` answers, with all your rights`
    : `runs what \`${head.replace(/\s+/g, ' ').replaceAll(UNKNOWN, '…').trim().slice(0, 60)}\` gives, unseen`;
  return [
    {
      kind: 'change',
      change: {
        rule: 'command-runs-unread-code',
        system: 'this machine',
        does,
        object: isFetched ? (url ?? 'an address') : 'this line',
        kind: isFetched ? 'address' : 'program',
        severity: isFetched ? 'high' : 'medium',
      },
    },
  ];
}

const STARTS_UNKNOWN = new RegExp(`(?:^|[;&|\n(])\\s*${UNKNOWN}`);
const AT_START = '(?:^|[|;&(]\\s*)(?:sudo\\s+)?(?:[\\w./-]*/)?';
const FETCHES = new RegExp(`${AT_START}(?:curl|wget|fetch|https?|xh|aria2c|lynx|nc|ncat)\\s`);
const UNSEEN = new RegExp(
  `${AT_START}(?:curl|wget|fetch|https?|xh|aria2c|lynx|nc|ncat|base64|base32|xxd|uudecode|openssl|gpg|gunzip|zcat|gzip|bzcat|xzcat|zstdcat|rev|tr)(?:\\s|$)`,
);

/** Up to where the substitution ends. */
function headOf(text: string): string {
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    if (text[i] === '(') depth++;
    else if (text[i] === ')' && depth-- === 0) return text.slice(0, i);
  }
  return text;
}
