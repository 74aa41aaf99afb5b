/**
 * Command lines that surely change nothing: plain words, no expansion, programs that only look or test.
 * On the cold path of the hooks, so this file imports nothing. False only means: read it properly.
 */
export function isHarmless(line: string): boolean {
  const plain = line.replace(/(?<!\s)\s+(?:2>&1|[12]?>\s?\/dev\/null)(?=\s|$)/g, ' ').trim();
  if (plain.length > 2000 || !PLAIN.test(plain)) return false;
  return plain
    .split(/&&|\|\||[|;]/)
    .every((part) => looksOnly(part.trim().replace(QUOTED, (found) => found.slice(1, -1).replace(/\s/g, '_'))));
}

/** Letters, digits and marks that mean nothing to a shell; quotes around text without `$`, backtick and backslash; `&&`, `|`, `;` between commands. */
const PLAIN = /^(?:[\w \t./:,@=+%^-]|"[^"$`\\!\n;|&]*"|'[^'\n;|&]*'|&&|[|;])+$/;
const QUOTED = /"[^"]*"|'[^']*'/g;

function looksOnly(command: string): boolean {
  if (command === '') return true;
  const [program = '', ...args] = command.split(/\s+/);
  // By its options a program that looks may write: `git log --output=x`, `pytest --log-file x`.
  if (args.some((arg) => OUTPUT_OPTION.test(arg))) return false;
  const verbs = VERBS[program];
  if (verbs !== undefined)
    return verbs.test(args.filter((arg) => !arg.startsWith('-')).join(' ')) && !args.some((arg) => REFUSED.test(arg));
  // `pytest -p plugin`, `-c file`, `-o option=value`: what they name runs, or says what does.
  if (
    program === 'pytest' &&
    args.some((arg) => /^(-[pco]|-[pco]=.*|--(override-ini|rootdir|confcutdir|import-mode|pyargs)(=.*)?)$/.test(arg))
  )
    return false;
  if (program === 'find') return !args.some((arg) => /^-(exec|execdir|ok|okdir|delete|fprint|fprintf|fls)/.test(arg));
  if (program === 'sed') return args[0] === '-n' && /^[\d,$]+p$/.test(args[1] ?? '') && !args.slice(2).some((arg) => arg.startsWith('-'));
  // Some that look can be told to write or to run: `rg --pre`, `tree -o`, `tsc --outFile`, `uniq from to`.
  if (program === 'uniq') return args.filter((arg) => !arg.startsWith('-')).length < 2;
  if (args.some((arg) => /^(--(pre|output\S*|out\S*|write|fix|update\S*|junit\S*|report\S*|set))($|=)/i.test(arg))) return false;
  if (/^(tree|tsc|eslint|biome|ruff|mypy|oxlint|sort)$/.test(program) && args.includes('-o')) return false;
  return (
    LOOKS.has(program) ||
    (/^(node|npm|python3?|go|java|cargo|git|docker|kubectl|terraform|aws)$/.test(program) &&
      args.length === 1 &&
      /^(--version|-v|-V|version)$/.test(args[0] ?? ''))
  );
}

/** As output-options.ts knows them. */
const OUTPUT_OPTION =
  /^--?[\w-]*(?:output|out-?file|out-?dir|log-?file|report|junit|cover|profile|basetemp|build-?info-?file|cache-(?:dir|location)|hostname-bin|pager|vettool|toolexec|exec(?:=|$)|kubeconfig)|^-(?:O.|[a-zA-Z]{0,4}o$)/i;

const LOOKS = new Set(
  'ls pwd cat head tail wc grep egrep fgrep rg ag tree file stat du df date whoami id uname which type echo true false cd test basename dirname realpath readlink cut tr uniq nl column diff cmp md5sum sha256sum sleep ps uptime hostname tsc eslint biome jest vitest mocha pytest ruff mypy oxlint'.split(
    ' ',
  ),
);

/** Does a program of this name do nothing but look, whatever it is told? */
export function isLooking(program: string): boolean {
  return LOOKS.has(program);
}

const VERBS: Readonly<Record<string, RegExp>> = {
  git: /^(status|diff|log|show|branch|rev-parse|ls-files|remote|describe|blame|shortlog|fetch|add|grep|cat-file|reflog|tag)\b/,
  npm: /^(ls|view|outdated|audit$)/,
  pnpm: /^(ls|outdated)\b/,
  cargo: /^(build|test|check|clippy|fmt|tree)\b/,
  go: /^(build|test|vet|list|version|env)\b/,
  dotnet: /^(build|test)\b/,
  docker: /^(ps|images|version|info)\b/,
  kubectl:
    /^(version|config (view|get-contexts|current-context)|get (pods?|nodes?|deployments?|services?|svc|ns|namespaces?|events?)|describe|logs|top|explain|api-resources)\b/,
  terraform: /^(validate|fmt|version|providers|graph)\b/,
};

/** Options that make a looking program write or run something. */
const REFUSED =
  /^(?:ext|fd)::|^(-c|-e|-i|-o|-O|-p|-f|--output|--exec|--exec-path|--eval|--ext-diff|--textconv|--fix|--write|-D|-d|--raw|--delete|--print|--upload-pack|--receive-pack|--open-files-in-pager|--config|--config-env|-w|--template)($|=)/;
