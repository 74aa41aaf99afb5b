import { isWatchedByName, mayBeGoverned } from '../read/governed-path.ts';
import type { Effect } from './effect.ts';

/** What a program that is not known may run, `taskset 1 cp a b`, and which effects of that count; anything else may be chance. */
export function wrappedIn(args: readonly string[]): { readonly words: readonly string[]; readonly counts: RegExp } | undefined {
  const at = args.findIndex((arg) => STARTED.has(arg.replace(/^.*\//, '')));
  const reaching = args.findIndex(
    (arg, i) => REACHING.has(arg.replace(/^.*\//, '')) && (i === 0 || args.slice(0, i).some((word) => STARTS.test(word))),
  );
  if (reaching !== -1 && (at === -1 || reaching < at)) return { words: args.slice(reaching), counts: /^(change|shell|code|script)$/ };
  if (at === -1) return undefined;
  const end = args.indexOf(':::');
  const words = end === -1 ? args.slice(at) : [...args.slice(at, end), ...args.slice(end + 1)];
  return { words, counts: /^(write|copy|delete|shell|code|script|patch)$/ };
}

/** Options by which programs that are not known write the files they are given. */
export function inPlace(program: string, args: readonly string[]): readonly Effect[] {
  const writes =
    IN_PLACE.has(program) ||
    (VERSIONED.has(program) && args.some((arg) => /^(revert|restore|update|checkout|switch|edit|merge|goto|sync)$/.test(arg))) ||
    args.some((arg) =>
      /^(-i|-I|-w|-o|-u|-U|--update(-all)?|--in-?place|--write|--fix|--out(put)?([-_]?file)?|--save|--set|--overwrite)(=|$)/.test(arg),
    );
  return writes
    ? args
        .map((arg) => arg.replace(/^--?[\w-]+=/, ''))
        .filter((arg) => !arg.startsWith('-') && (isWatchedByName(arg) || mayBeGoverned(arg)))
        .map((path) => ({ kind: 'write', path, text: undefined, append: false }))
    : [];
}

/** Programs that write, or run others. */
export const STARTED = new Set(
  'cp mv rm ln dd tee install rsync sed perl awk sh bash zsh dash python python3 node ruby php patch truncate xargs find env tar unzip sponge'.split(
    ' ',
  ),
);

/** Programs that change what is not here. */
const REACHING = new Set(
  'rails rake alembic prisma aws-cdk cdk flyway aws gcloud gsutil bq az kubectl oc helm helmfile terraform tofu terragrunt pulumi cdk sam sst serverless psql mysql mariadb mongosh redis-cli gh glab vault docker ansible'.split(
    ' ',
  ),
);

/** `aws-vault exec prod -- aws …`, `op run -- …`, `nix develop -c …` */
const STARTS = /^(--|exec|run|x|with|-c|--command|env|shell)$/;

/** Version control beside git. */
const VERSIONED = new Set(['hg', 'svn', 'jj', 'sl', 'fossil', 'bzr', 'p4', 'cvs']);

/** Code that a program which is not known is told by an option, `guile -c …`, and lines that it has run, `schtasks /tr …`. */
export function codeIn(program: string, args: readonly string[]): readonly Effect[] {
  return args.flatMap((arg, i): readonly Effect[] => {
    const [first = '', second] = arg.trim().split(/\s+/);
    if (second !== undefined && STARTED.has(first.replace(/^.*\//, '')))
      return [{ kind: 'shell', text: arg.replace(/(\\n|\s)+$/, ''), perhaps: true }];
    return /^(-[a-zA-Z]{0,2}[ecrx]|--?eval|--?exec(ute)?|--expr(ession)?|--command|eval)$/.test(args[i - 1] ?? '') && /[("';]/.test(arg)
      ? [{ kind: 'code', program, code: arg }]
      : [];
  });
}

const IN_PLACE = new Set([
  'fastmod',
  'hclq',
  'tfedit',
  'fallocate',
  'sd',
  'dos2unix',
  'unix2dos',
  'crudini',
  'dasel',
  'ruplacer',
  'json',
  'rpl',
  'sqlite3',
  'iconv',
  'm4',
]);
