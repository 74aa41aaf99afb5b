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
    (!SCANNERS.has(program) &&
      args.some((arg) => /^(-i|-I|-w|-u|-U|--update(-all)?|--in-?place|--write|--fix|--save|--set|--overwrite)(=|$)/.test(arg)));
  const paths = writes ? args.map((arg) => arg.replace(/^--?[\w-]+=/, '')) : args.flatMap((arg, i) => putOut(arg, args[i + 1]));
  return paths
    .filter((arg) => !arg.startsWith('-') && (isWatchedByName(arg) || mayBeGoverned(arg)))
    .map((path) => ({ kind: 'write', path, text: undefined, append: false }));
}

/** The file that an option says what is found goes into. */
function putOut(arg: string, next: string | undefined): readonly string[] {
  const [, value] = /^(?:-o|--out(?:put)?(?:[-_]?(?:file|path))?)(?:=(.*))?$/s.exec(arg) ?? ['', false];
  return value === false ? [] : [(value === undefined ? next : String(value)) ?? ''];
}

/** Programs that read what they are given, and say what is amiss. */
const SCANNERS = new Set(
  'conftest kube-score kube-linter kubeconform kubeval kubescape kubesec polaris checkov trivy tfsec tflint terrascan infracost snyk semgrep grype syft hadolint cfn-lint cfn_nag actionlint zizmor datree regula opa gitleaks trufflehog dockle'.split(
    ' ',
  ),
);

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
    const before = args[i - 1] ?? '';
    if (
      second !== undefined &&
      STARTED.has(first.replace(/^.*\//, '')) &&
      (RUNS_LINE.test(before) || (LINES.has(program) && !TELLS.test(before)))
    )
      return [{ kind: 'shell', text: arg.replace(/(\\n|\s)+$/, ''), perhaps: true }];
    return /^(-[a-zA-Z]{0,2}[ecrx]|--?eval|--?exec(ute)?|--expr(ession)?|--command|eval)$/.test(args[i - 1] ?? '') && /[("';]/.test(arg)
      ? [{ kind: 'code', program, code: arg }]
      : [];
  });
}

/** Options behind which a command line stands. */
const RUNS_LINE =
  /^(-[a-zA-Z]{0,2}[cxe]|--?e(val|xec(ute)?)|--?(command|comm|cmd|run|shell|call|then|hook|on-\w+|post-\w+|pre-\w+)|\/(tr|c)|cmd\.run)$/i;
/** Options behind which people write. */
const TELLS = /^(-m|-t|-b|--(message|title|body|description|text|subject|summary|note|comment|name))$/;
/** Programs that run the lines they are given as one word, or type them into a shell. */
const LINES = new Set(
  'hyperfine concurrently tmux screen wezterm kitty zellij byobu dtach abduco salt-call salt watchexec entr onchange chokidar nodemon pueue tsp nq mprocs parallel pssh pdsh reflex modd forever pm2'.split(
    ' ',
  ),
);

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
