import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { type PackProblem, type ParsedPack, parsePack } from '../../engine/rules/parse-pack.ts';
import type { Pack } from '../../engine/rules/pack.ts';
import type { LineOf } from '../../engine/rules/parse-pack.ts';

export type PackFile = { readonly file: string; readonly text: string; readonly parsed: ParsedPack };
export type GoodPack = { readonly file: string; readonly text: string; readonly pack: Pack; readonly lineOf: LineOf };

/** The packs that were named, or those of this folder. The problem is a sentence. */
export function packFiles(
  paths: readonly string[],
  cwd: string,
): { readonly ok: true; readonly files: readonly PackFile[] } | { readonly ok: false; readonly problem: string } {
  const files: PackFile[] = [];
  for (const path of paths.length === 0 ? ['.'] : paths) {
    const absolute = resolve(cwd, path);
    try {
      for (const file of statSync(absolute).isDirectory() ? packsIn(absolute) : [absolute]) {
        const text = readFileSync(file, 'utf8');
        const shown = relative(cwd, file) || file;
        files.push({ file: shown, text, parsed: parsePack(shown, text) });
      }
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
      return { ok: false, problem: `${path} cannot be read (${code}). Name a pack, or a folder with packs.` };
    }
  }
  return files.length === 0
    ? { ok: false, problem: 'There is no pack here. Name one, or begin one with: countersign pack new NAME' }
    : { ok: true, files };
}

/** Packs that could be read, and what is wrong with the others. */
export function sorted(files: readonly PackFile[]): { readonly good: readonly GoodPack[]; readonly problems: readonly PackProblem[] } {
  const good: GoodPack[] = [];
  const problems: PackProblem[] = [];
  for (const { file, text, parsed } of files) {
    if (parsed.ok) good.push({ file, text, pack: parsed.pack, lineOf: parsed.lineOf });
    else problems.push(...parsed.problems);
  }
  return { good, problems };
}

/** "file:line: message", one a line. */
export function problemLines(problems: readonly PackProblem[]): string {
  return problems.map(({ file, line, message }) => `${file}:${line}: ${message}\n`).join('');
}

/** YAML files of a folder that begin as packs do; other YAML may lie beside them. */
function packsIn(folder: string): readonly string[] {
  return readdirSync(folder)
    .filter((name) => /\.(ya?ml|json)$/.test(name))
    .sort()
    .map((name) => join(folder, name))
    .filter((file) => /^\s*"?pack"?\s*:/m.test(readFileSync(file, 'utf8')));
}
