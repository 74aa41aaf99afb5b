/** The patch text of Codex and of VS Code's `apply_patch` tool: https://github.com/openai/codex, "*** Begin Patch". */

export type PatchedFile =
  | { readonly kind: 'write'; readonly path: string; readonly content: string }
  | { readonly kind: 'delete'; readonly path: string }
  | { readonly kind: 'hunks'; readonly path: string; readonly to: string | undefined; readonly hunks: readonly Hunk[] };

export type Hunk = {
  /** Text of the `@@` line: the hunk stands below the next line like it. */
  readonly context: string | undefined;
  readonly from: readonly string[];
  readonly to: readonly string[];
  readonly atEnd: boolean;
};

export type ReadPatch = { readonly ok: true; readonly files: readonly PatchedFile[] } | { readonly ok: false; readonly cause: string };

/** Never throws. Reads what the tool itself would take, which is laxer than its documentation: text around the patch, CRLF, a heredoc. */
export function readPatch(text: string): ReadPatch {
  const lines = text.replaceAll('\r\n', '\n').split('\n');
  const begin = lines.findIndex((line) => line.trim() === BEGIN);
  const end = lines.findLastIndex((line) => line.trim() === END);
  if (begin === -1) return { ok: false, cause: `The patch has no line "${BEGIN}"` };
  const body = lines.slice(begin + 1, end > begin ? end : lines.length);
  const files: PatchedFile[] = [];
  for (let i = 0; i < body.length; ) {
    const line = body[i] ?? '';
    const header = HEADER.exec(line.trim());
    if (header === null) {
      if (line.trim() !== '' && !line.trim().startsWith('***'))
        return { ok: false, cause: `Line ${begin + 2 + i} of the patch belongs to no file` };
      i++;
      continue;
    }
    const path = (header[2] ?? '').trim();
    let stop = i + 1;
    while (stop < body.length && !HEADER.test((body[stop] ?? '').trim())) stop++;
    const own = body.slice(i + 1, stop);
    files.push(header[1] === 'Add' ? added(path, own) : header[1] === 'Delete' ? { kind: 'delete', path } : updated(path, own));
    i = stop;
  }
  return files.length === 0 ? { ok: false, cause: 'The patch names no file' } : { ok: true, files };
}

const BEGIN = '*** Begin Patch';
const END = '*** End Patch';
const HEADER = /^\*\*\* (Add|Delete|Update) File: (.+)$/;
const MOVE = /^\*\*\* Move to: (.+)$/;

function added(path: string, lines: readonly string[]): PatchedFile {
  const content = lines.filter((line) => line.startsWith('+')).map((line) => `${line.slice(1)}\n`);
  return { kind: 'write', path, content: content.join('') };
}

function updated(path: string, lines: readonly string[]): PatchedFile {
  const hunks: Hunk[] = [];
  let to: string | undefined;
  let open: { context: string | undefined; from: string[]; to: string[]; atEnd: boolean } | undefined;
  const close = (): void => {
    if (open !== undefined && (open.from.length > 0 || open.to.length > 0)) hunks.push(open);
    open = undefined;
  };
  for (const line of lines) {
    const move = MOVE.exec(line.trim());
    if (move !== null && open === undefined) to = (move[1] ?? '').trim();
    else if (line.startsWith('@@')) {
      const context = line
        .slice(2)
        .replace(/^ /, '')
        .replace(/\s*@@\s*$/, '');
      // Several `@@` lines in a row narrow the place down: the last one counts, below the earlier ones.
      close();
      open = { context: context === '' || /^-\d+(,\d+)? \+\d+/.test(context) ? undefined : context, from: [], to: [], atEnd: false };
    } else if (line.trim() === '*** End of File') {
      if (open !== undefined) open.atEnd = true;
    } else {
      open ??= { context: undefined, from: [], to: [], atEnd: false };
      if (line.startsWith('+')) open.to.push(line.slice(1));
      else if (line.startsWith('-')) open.from.push(line.slice(1));
      else {
        const kept = line.startsWith(' ') ? line.slice(1) : line;
        open.from.push(kept);
        open.to.push(kept);
      }
    }
  }
  close();
  return { kind: 'hunks', path, to, hunks: hunks.map(trimmedEnd) };
}

/** A blank line before the next file belongs to the patch's layout, not to the hunk. */
function trimmedEnd(hunk: Hunk): Hunk {
  return hunk.from.at(-1) === '' && hunk.to.at(-1) === '' && hunk.from.length > 1
    ? { ...hunk, from: hunk.from.slice(0, -1), to: hunk.to.slice(0, -1) }
    : hunk;
}

export type Patched = { readonly kind: 'text'; readonly text: string } | { readonly kind: 'fails'; readonly why: string };

/** The text after the hunks, found as the tool finds them: exactly, then without spaces at line ends, then without any around, then with plain punctuation. */
export function patchedText(before: string, hunks: readonly Hunk[]): Patched {
  const crlf = before.includes('\r\n');
  const lines = before.replaceAll('\r\n', '\n').split('\n');
  if (lines.at(-1) === '') lines.pop();
  const replacements: { readonly at: number; readonly count: number; readonly to: readonly string[] }[] = [];
  let from = 0;
  for (const hunk of hunks) {
    if (hunk.context !== undefined) {
      const found = seek(lines, [hunk.context], from, false);
      if (found === undefined) return { kind: 'fails', why: 'a line that the patch names is not in the file' };
      from = found + 1;
    }
    if (hunk.from.length === 0) {
      replacements.push({ at: lines.length, count: 0, to: hunk.to });
      continue;
    }
    const found = seek(lines, hunk.from, from, hunk.atEnd);
    if (found === undefined) return { kind: 'fails', why: 'the lines to replace are not in the file' };
    replacements.push({ at: found, count: hunk.from.length, to: hunk.to });
    from = found + hunk.from.length;
  }
  for (const { at, count, to } of replacements.toReversed()) lines.splice(at, count, ...to);
  const text = lines.length === 0 ? '' : `${lines.join('\n')}\n`;
  return { kind: 'text', text: crlf ? text.replaceAll('\n', '\r\n') : text };
}

const LAXER: readonly ((line: string) => string)[] = [
  (line) => line,
  (line) => line.trimEnd(),
  (line) => line.trim(),
  (line) =>
    line
      .trim()
      .replace(/[\u2010-\u2015\u2212]/g, '-')
      .replace(/[\u2018-\u201b]/g, "'")
      .replace(/[\u201c-\u201f]/g, '"')
      .replace(/[\u00a0\u2002-\u200a\u202f\u205f\u3000]/g, ' '),
];

function seek(lines: readonly string[], wanted: readonly string[], from: number, atEnd: boolean): number | undefined {
  if (wanted.length > lines.length) return undefined;
  const last = lines.length - wanted.length;
  const start = atEnd ? Math.max(from, last) : from;
  for (const lax of LAXER) {
    const pattern = wanted.map(lax);
    for (let at = start; at <= last; at++) if (pattern.every((line, i) => lax(lines[at + i] ?? '') === line)) return at;
  }
  return atEnd ? seek(lines, wanted, from, false) : undefined;
}
