/** What can be told of a program's text without running it: whether it writes, and which files it names. */
import { readFileSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { isWatchedByName, mayBeGoverned } from '../../engine/read/governed-path.ts';

/** Words of a text that name a watched file, wherever they stand. */
export function watchedWordsOf(text: string): readonly string[] {
  // `connect().cursor()` calls, and names no file.
  const words = text
    .replace(/(?<=[)\]])\.(?=\w+\s*\()/g, ' ')
    .split(/[^\p{L}\p{N}_./~@+-]+/u)
    .filter((word) => word.length > 2 && word.length < 500 && /[./]/.test(word));
  return [...new Set(words)].filter((word) => isWatchedByName(word)).slice(0, 20);
}

/** Something in this text writes, or starts what may. */
export function writes(program: string, text: string): boolean {
  return (BY_PROGRAM[program] ?? WRITES).test(text.replace(READS, ''));
}

/** Taking in the file system, and reading with it. */
const READS =
  /(?:(?:const|let|var)\s+[\w{}\s,]+=\s*(?:await\s+)?(?:require|import)\s*\(|import\s+[\w{}\s,*]+\s+from\s*)\s*['"](?:node:)?fs(?:\/promises)?['"]\)?|(?:require\s*\(['"](?:node:)?fs['"]\)|\bfs)(?:\.promises)?\.(?:read|exists|stat|lstat|access|realpath)\w*|\bFile\.(?:read|readlines|foreach|exists?\??|stat|size|mtime|join|basename|dirname|extname|expand_path|file\?|directory\?)(?![\w])|\bIO\.read(?:lines)?\b/g;

/** It writes files, as far as anybody can tell: printing and replacing within a text are not meant. */
export function writesFiles(text: string): boolean {
  return WRITES_FILES.test(text);
}

const WRITES_FILES =
  /\$\^I|urlretrieve|open\s*\([^)]*,\s*(mode\s*=\s*)?['"][^'"]*[wax+]|write_(text|bytes)|write(File|Lines)|\.save\(|(safe_)?dump\s*\([^)]*,|shutil|(copy|cp|move|rename)\w*\s*\(|Utils\.|File\.write|put_contents|print\s*>|>\s*["']\w|sponge|\bcp |\bmv |\btee |sed -i/;

/** Words of a text that name a file which may be governed by what it holds. */
export function configsIn(text: string): readonly string[] {
  const words = text.split(/[^\p{L}\p{N}_./~@+-]+/u).filter((word) => word.length > 3 && word.length < 300 && /\.\w+$|file$/i.test(word));
  return [...new Set(words)].filter((word) => mayBeGoverned(word) && !isWatchedByName(word)).slice(0, 20);
}

const WRITES =
  /open\s*\([^)]*,\s*(mode\s*=\s*)?['"][^'"]*[wax+]|write|unlink|remove|rename|rmtree|shutil|truncate|dump\s*\(|replace\s*\(|copy|put_contents|symlink|\blink\s*\(|unpack_archive|urlretrieve|\$\^I|extract(all)?\s*\(|inplace|system|subprocess|popen|exec|spawn|child_process|Deno\.|Bun\.|fs\b|File\.|IO\.|\bcp(_r)?\s*\(|\bmv\s*\(|Utils\.|\.text\s*=|>>?\s*["']|["']\s*\+?>{1,2}|\$\(|`/i;
const WRITES_ON_WINDOWS =
  /\b((set|add|clear)-(content|item|itemproperty)|out-file|(copy|move|remove|new|rename)-item|tee-object|-?outfile|expand-archive|certutil|bitsadmin|esentutl|icacls|attrib|export-\w+|start-(process|bitstransfer)|invoke-(expression|command)|iex|iwr|curl|wget|sc|ac|clc|cpi?|mi|mv|ri|rm|ni|ren|rni|del|erase|copy|xcopy|robocopy|move|replace|mklink|powershell|pwsh)\b|::(write|append|copy|move|replace|create|delete|open)|>/i;

/** In small languages what writes has names of its own. */
const BY_PROGRAM: Readonly<Record<string, RegExp>> = {
  powershell: WRITES_ON_WINDOWS,
  pwsh: WRITES_ON_WINDOWS,
  cmd: WRITES_ON_WINDOWS,
  awk: /\bprintf?\b[^;}\n]*>|\|\s*getline|\|&?\s*"|\bsystem\s*\(/,
  sed: /(^|[;\n{}/|#,$\d])\s*[gpIM\d]*(w|e)\b/,
  emacs: /copy-|write-|rename-|delete-|append-to-|-process|shell-command|save-|make-symbolic|insert/,
  wget: /output_document|dir_prefix|logfile|save_cookies/,
  vim: /!|\b(w|wq|x|sav\w*|update)\b|system|writefile/,
  curl: /^\s*-{0,2}(output|remote-name|o|O|dump-header|cookie-jar|trace\S*)\b/m,
  cmake: /file\s*\(\s*(WRITE|APPEND|COPY|RENAME|CONFIGURE|GENERATE|DOWNLOAD|REMOVE)|execute_process|configure_file/i,
  pytest: /basetemp|addopts|log_file|cache_dir|junit/,
};

/** The watched files it names, also where a name is put together from literals that stand side by side. */
export function watchedIn(text: string): readonly string[] {
  const joined = text.replace(/(["'`])\s*(?:\+|\.\.?|<>|)\s*\1/g, '');
  const listed = text.replace(/(["'`])\s*,\s*\1/g, '');
  return [...new Set([text, joined, listed].flatMap(watchedWordsOf))];
}

/** Patterns that stand in it as literals: `'*.json'`, `"iam/**"`. */
export function patternsIn(text: string): readonly string[] {
  return [...text.matchAll(/["']([\w./*?[\]{},-]*\*[\w./*?[\]{},-]*)["']/g)]
    .map(([, pattern = '']) => pattern)
    .filter((pattern) => /[\w]/.test(pattern))
    .slice(0, 10);
}

const MOST_IMPORTS = 20;
const LARGEST = 200_000;

/** The files beside a program that it takes in, and those that they take in: absolute path → text. */
export function importsOf(file: string, text: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  const take = (from: string, source: string): void => {
    for (const name of importedIn(from, source)) {
      const path = name.find((candidate) => isSmallFile(candidate));
      if (path === undefined || path === file || found.has(path) || found.size >= MOST_IMPORTS) continue;
      const inner = readFileSync(path, 'utf8');
      found.set(path, inner);
      take(path, inner);
    }
  };
  take(file, text);
  return found;
}

/** For each import the files it may mean. Only those beside the program: packages are not looked into. */
function importedIn(file: string, text: string): readonly (readonly string[])[] {
  const folder = dirname(file);
  if (file.endsWith('.py')) {
    return [...text.matchAll(/^[\t ]*(?:from\s+([\w.]+)\s+import|import\s+([\w., ]+))/gm)]
      .flatMap(([, from, names]) =>
        from === undefined ? (names ?? '').split(',').map((name) => name.trim().split(/\s/)[0] ?? '') : [from],
      )
      .map((name) => name.replace(/^\.+/, '').replaceAll('.', '/'))
      .filter((name) => name !== '')
      .map((name) => [join(folder, `${name}.py`), join(folder, name, '__init__.py')]);
  }
  if (/\.([cm]?[jt]sx?)$/.test(file)) {
    return [...text.matchAll(/(?:from|import|require)\s*\(?\s*["'](\.{1,2}\/[^"']+)["']/g)].map(([, path = '']) =>
      ['', '.js', '.mjs', '.cjs', '.ts', '/index.js', '/index.ts'].map((ending) => resolve(folder, path + ending)),
    );
  }
  if (file.endsWith('.rb'))
    return [...text.matchAll(/require_relative\s+["']([^"']+)["']/g)].map(([, path = '']) => [
      resolve(folder, `${path}.rb`),
      resolve(folder, path),
    ]);
  return [];
}

function isSmallFile(file: string): boolean {
  try {
    const found = statSync(file);
    return found.isFile() && found.size <= LARGEST;
  } catch {
    return false;
  }
}
