import type { SimpleCommand } from './simple-command.ts';

/** Files that hold secrets, by their names alone. */
const SECRET_FILE =
  /(^|\/)(\.env(\.(?!example|sample|template)[\w-]+)*|\.netrc|\.npmrc|\.pypirc|\.pgpass|\.git-credentials|id_(rsa|ed25519|ecdsa)|credentials(\.json)?|kubeconfig|[\w-]+\.pem|[\w-]+\.key)$|\.aws\/|\.ssh\/|\.kube\/config|\.docker\/config\.json$|\.config\/(gh\/hosts\.yml|gcloud\/)|\.azure\/|\.vault-token$|\.(bash|zsh)_history$|\.terraform\.d\/credentials/;

/** May one of these be named in this line, or the whole environment be printed? */
export function mayNameSecret(line: string): boolean {
  return MAY.test(line);
}

const MAY =
  /\.env|\.netrc|npmrc|pypirc|pgpass|git-credentials|id_(rsa|ed25519|ecdsa)|credentials|kubeconfig|\.pem|\.key|\.aws|\.ssh|\.kube|\.docker|\.config\/|\.azure|\.vault-token|_history|\.terraform\.d|\b(?:history|pass|op|security|bw|secret-tool)\s|\b(print)?env\b|\b(export|declare)\s+-\w*[px]/;

/** The file of secrets that a word names, or whose text the file it names has by then; undefined: none. */
export function secretIn(word: string, { carried }: Pick<SimpleCommand, 'carried'>): string | undefined {
  if (SECRET_FILE.test(word)) return word;
  const taken = carried?.files.get(bareName(word));
  return taken ?? (/[*?[]/.test(word) ? matching(word) : undefined);
}

export function isSecretFile(path: string): boolean {
  return SECRET_FILE.test(path);
}

/** `./a` and `a` are one file. */
export function bareName(path: string): string {
  return path.replace(/^(\.\/)+/, '');
}

const USUAL = ['.env', '.env.local', '.netrc', '.npmrc', '.pypirc', 'id_rsa', 'id_ed25519'];

/** `.e*v`, `id_*`: which of the usual names a pattern finds. One that finds almost anything names none. */
function matching(pattern: string): string | undefined {
  const name = pattern.split('/').at(-1) ?? '';
  const source = name
    .replace(/[.+^${}()|\\]/g, '\\$&')
    .replace(/\*+/g, '.*')
    .replaceAll('?', '.')
    .replaceAll('[!', '[^');
  if (name.replace(/[*?]/g, '').length < 2 || name.length > 40 || (source.match(/\[/g) ?? []).length !== (source.match(/\]/g) ?? []).length)
    return undefined;
  try {
    const found = new RegExp(`^(?:${source})$`);
    return USUAL.find((one) => found.test(one));
  } catch {
    return undefined;
  }
}

/**
 * The file of secrets that stands in what a substitution prints: `$(cat .env)`, `$(<.env)`, also in backticks; or that a variable
 * of the line was filled from.
 */
export function secretPrintedIn(source: string, command: Pick<SimpleCommand, 'carried'>): string | undefined {
  for (const [, one, other] of source.matchAll(/\$\(([^()]*)\)|`([^`]*)`/g)) {
    const inner = one ?? other ?? '';
    const found = secretOfLine(inner, command);
    if (found !== undefined) return found;
  }
  for (const [, name = ''] of source.matchAll(/\$\{?[!#]?(\w+)/g)) {
    const found = command.carried?.names.get(name);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The first file of secrets that a line names, or the environment that it prints. */
export function secretOfLine(line: string, command: Pick<SimpleCommand, 'carried'>): string | undefined {
  if (PRINTS_ENVIRONMENT.test(line)) return ENVIRONMENT;
  for (const word of line.split(/[\s<>|;&"']+/)) {
    const found = word === '' ? undefined : secretIn(word, command);
    if (found !== undefined) return found;
  }
  return undefined;
}

export const ENVIRONMENT = 'the environment';
const PRINTS_ENVIRONMENT = /^\s*(?:\/usr\/bin\/)?(?:env|printenv|export\s+-p|declare\s+-[px]+)\s*(?:$|[|;&])/;
