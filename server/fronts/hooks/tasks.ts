/** Command lines that stand in files of the workspace: scripts of package.json, targets of a Makefile, recipes of a justfile. */
import { readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { taskfileLines } from './taskfile.ts';

export type Task = {
  readonly runner: 'package' | 'make' | 'just' | 'task';
  /** Empty: what the runner does without a name. */
  readonly names: readonly string[];
  readonly file: string | undefined;
  /** What stands in `file`, where that is known. */
  readonly text?: string | undefined;
};

type Texts = (file: string) => string | undefined;

export type TaskLines = { readonly folder: string; readonly lines: readonly string[] };

/**
 * @param folder absolute, where the runner starts
 * @param texts what a file holds by then
 */
export function taskLines(task: Task, folder: string, texts: Texts = textOf): TaskLines {
  if (task.runner === 'task') return taskfileOf(task, folder, texts);
  if (task.runner === 'package' && task.file !== undefined)
    return { folder, lines: namedScripts(task.names, texts(resolve(folder, task.file)) ?? '') };
  return task.runner === 'package' ? packageScripts(task.names, folder, texts) : { folder, lines: recipes(task, folder, texts) };
}

/** The scripts of these names in the nearest package.json. Also for the cold path of the hooks: reads one small file. */
export function packageScripts(names: readonly string[], start: string, texts: Texts = textOf): TaskLines {
  for (let folder = start; ; folder = dirname(folder)) {
    const text = texts(join(folder, 'package.json'));
    if (text !== undefined) {
      return { folder, lines: namedScripts(names, text) };
    }
    if (dirname(folder) === folder) return { folder: start, lines: [] };
  }
}

function namedScripts(names: readonly string[], text: string): readonly string[] {
  const scripts = scriptsIn(text);
  return names
    .flatMap((name) => (Object.hasOwn(scripts, name) ? [scripts[name]] : []))
    .filter((line): line is string => typeof line === 'string');
}

function scriptsIn(text: string): Readonly<Record<string, unknown>> {
  try {
    // What npm calls scripts, Deno calls tasks.
    const value: { scripts?: unknown; tasks?: unknown } | null = JSON.parse(text.replace(/^\uFEFF/, ''));
    const found = value?.scripts ?? value?.tasks;
    return typeof found === 'object' && found !== null ? { ...found } : {};
  } catch {
    return {};
  }
}

/** Of the nearest Taskfile: like npm, it looks in the folders above too. */
function taskfileOf({ file, text: given, names }: Task, start: string, texts: Texts): TaskLines {
  const files = file === undefined ? TASKFILES : [file];
  for (let folder = start; ; folder = dirname(folder)) {
    const text = given ?? files.map((name) => texts(resolve(folder, name))).find((found) => found !== undefined);
    if (text !== undefined) return { folder, lines: taskfileLines(text, names) };
    if (file !== undefined || dirname(folder) === folder) return { folder: start, lines: [] };
  }
}

const TASKFILES = ['Taskfile.yml', 'taskfile.yml', 'Taskfile.yaml', 'taskfile.yaml', 'Taskfile.dist.yml', 'Taskfile.dist.yaml'];

type Recipe = { readonly needs: readonly string[]; readonly lines: readonly string[] };

const FILES = { make: ['GNUmakefile', 'makefile', 'Makefile'], just: ['justfile', '.justfile', 'Justfile'] } as const;
const MOST_LINES = 200;

function recipes({ runner, names, file, text: given }: Task, folder: string, texts: Texts): readonly string[] {
  if (runner === 'package' || runner === 'task') return [];
  const files = file === undefined ? FILES[runner] : [file];
  const text = given ?? files.map((name) => texts(resolve(folder, name))).find((found) => found !== undefined);
  if (text === undefined) return [];
  const { found, variables, first } = recipesIn(text);
  const lines: string[] = [];
  const seen = new Set<string>();
  const collect = (name: string): void => {
    const recipe = found.get(name);
    if (recipe === undefined || seen.has(name) || lines.length > MOST_LINES) return;
    seen.add(name);
    for (const need of recipe.needs) collect(need);
    lines.push(...recipe.lines.map((line) => filled(line, variables, 0)));
  };
  const wanted = names.filter((name) => found.has(name));
  for (const name of wanted.length > 0 ? wanted : names.length > 0 || first === undefined ? [] : [first]) collect(name);
  return lines;
}

function recipesIn(text: string): {
  readonly found: ReadonlyMap<string, Recipe>;
  readonly variables: ReadonlyMap<string, string>;
  readonly first: string | undefined;
} {
  const found = new Map<string, Recipe>();
  const variables = new Map<string, string>();
  let current: string[] = [];
  let first: string | undefined;
  for (const line of text.replace(/\\\r?\n[\t ]*/g, ' ').split(/\r?\n/)) {
    const recipe = /^[\t ]+(.*)$/.exec(line);
    if (recipe !== null) {
      current.push((recipe[1] ?? '').replace(/^[@+-]+/, ''));
      continue;
    }
    const [, name, value] = /^(?:export\s+)?([\w.]+)\s*(?:[:?+]{0,2}=)\s*(.*)$/.exec(line) ?? [];
    if (name !== undefined && value !== undefined) {
      variables.set(name, value.replace(/^(["'])(.*)\1$/, '$2'));
      continue;
    }
    const [, targets, rest = ''] = /^([^\s:#=@][^:#=]*?):{1,2}(?!=)(.*)$/.exec(line) ?? [];
    if (targets === undefined) continue;
    const lines: string[] = [];
    current = lines;
    // `target: ; command` on one line.
    const [needs = '', inline] = rest.split(/;(.*)/s);
    if (inline !== undefined) lines.push(inline);
    // In a justfile what follows the name are its parameters.
    for (const target of targets.trim().split(/\s+/)) {
      found.set(target, { needs: needs.trim().split(/\s+/), lines });
      if (!target.startsWith('.')) first ??= target;
    }
  }
  return { found, variables, first };
}

/** `$(NAME)`, `${NAME}` and `{{NAME}}`; `$$` is the `$` that the shell sees. */
function filled(line: string, variables: ReadonlyMap<string, string>, depth: number): string {
  return line.replace(/\$\$|\$\((\w+)\)|\$\{(\w+)\}|\{\{\s*(\w+)\s*\}\}/g, (whole, one?: string, two?: string, three?: string) => {
    if (whole === '$$') return '$';
    const value = variables.get(one ?? two ?? three ?? '');
    return value === undefined ? whole : depth < 5 ? filled(value, variables, depth + 1) : value;
  });
}

function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
