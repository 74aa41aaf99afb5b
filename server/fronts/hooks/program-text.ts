/** What can be told of a program's text without running it: whether it writes, and which files it names. */
import { readFileSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { isWatchedByName } from '../../engine/read/governed-path.ts';

/** Words of a text that name a watched file, wherever they stand. */
export function watchedWordsOf(text: string): readonly string[] {
  const words = text.split(/[^\p{L}\p{N}_./~@+-]+/u).filter((word) => word.length > 2 && word.length < 500 && /[./]/.test(word));
  return [...new Set(words)].filter((word) => isWatchedByName(word)).slice(0, 20);
}

/** Something in this text writes, or starts what may. */
export function writes(program: string, text: string): boolean {
  return (/^(powershell|pwsh|cmd)$/.test(program) ? WRITES_ON_WINDOWS : WRITES).test(text);
}

const WRITES =
  /open\s*\([^)]*,\s*(mode\s*=\s*)?['"][^'"]*[wax+]|write|unlink|remove|rename|rmtree|shutil|truncate|dump\s*\(|replace\s*\(|copy|put_contents|symlink|system|subprocess|popen|exec|spawn|child_process|Deno\.|Bun\.|fs\b|File\.|IO\.|>>?\s*["']|["']\s*\+?>{1,2}|\$\(|`/i;
const WRITES_ON_WINDOWS =
  /\b((set|add|clear)-(content|item|itemproperty)|out-file|(copy|move|remove|new|rename)-item|tee-object|-?outfile|expand-archive|export-\w+|start-(process|bitstransfer)|invoke-(expression|command)|iex|iwr|curl|wget|sc|ac|clc|cpi?|mi|mv|ri|rm|ni|ren|rni|del|erase|copy|xcopy|robocopy|move|replace|mklink|powershell|pwsh)\b|::(write|append|copy|move|replace|create|delete|open)|>/i;

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
