/** The command lines of tasks in a Taskfile (go-task), as far as its lines say them plainly. */

/**
 * @param text of the Taskfile
 * @param names of the tasks to run; none: the default one
 */
export function taskfileLines(text: string, names: readonly string[]): readonly string[] {
  const tasks = tasksIn(text);
  const lines: string[] = [];
  const seen = new Set<string>();
  const collect = (name: string): void => {
    const body = tasks.get(name);
    if (body === undefined || seen.has(name) || lines.length > MOST_LINES) return;
    seen.add(name);
    for (const line of body) {
      const [, needed] = /^(?:-\s*)?task:\s*["']?([\w:.-]+)/.exec(line) ?? [];
      const [, listed] = /^deps:\s*\[([^\]]*)\]/.exec(line) ?? [];
      if (needed !== undefined) collect(needed);
      else if (listed !== undefined) for (const one of listed.split(',')) collect(one.replace(/["']/g, '').trim());
      else if (KEY.test(line)) continue;
      else if (/^-\s*[\w:.-]+$/.test(line) && tasks.has(line.replace(/^-\s*/, ''))) collect(line.replace(/^-\s*/, ''));
      else lines.push(bare(line));
    }
  };
  for (const name of names.length === 0 ? ['default'] : names) collect(name);
  return lines.filter((line) => line !== '');
}

const MOST_LINES = 200;
/** What a task says beside its commands. */
const KEY =
  /^(?:-\s*)?(?:desc|summary|deps|dir|vars|env|dotenv|sources|generates|status|preconditions|silent|internal|method|prefix|run|aliases|platforms|requires|label|interactive|ignore_error|set|shopt|cmds|msg|for|prompt):(?:\s|$)/;

function tasksIn(text: string): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  let inside = false;
  let depth = 0;
  let current: string[] = [];
  for (const line of text.split(/\r?\n/)) {
    if (line.trim() === '' || /^\s*#/.test(line)) continue;
    const indent = line.length - line.trimStart().length;
    if (indent === 0) {
      inside = /^tasks:\s*$/.test(line);
      depth = 0;
      continue;
    }
    if (!inside) continue;
    if (depth === 0) depth = indent;
    const [, name, rest = ''] = indent === depth ? (/^\s*["']?([\w:.*-]+?)["']?:(?:\s+(.*))?$/.exec(line) ?? []) : [];
    if (name === undefined) current.push(line.trim());
    else {
      current =
        rest === ''
          ? []
          : rest.startsWith('[')
            ? rest
                .replace(/^\[|\]$/g, '')
                .split(',')
                .map((one) => `- ${one.trim()}`)
            : [`- ${rest}`];
      found.set(name, current);
    }
  }
  return found;
}

/** `- cmd: "line"`, `cmd: line`, `- line`, and the line of a block. */
function bare(line: string): string {
  const text = line.replace(/^-\s*/, '').replace(/^(?:cmd|sh):\s*/, '');
  return /^[|>][+-]?$/.test(text) ? '' : text.replace(/^(["'])(.*)\1$/, '$2');
}
