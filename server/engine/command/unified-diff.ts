/** Patches as `git diff` and `diff -u` write them, and what a text is after one. Never throws; what is cut off or of another kind is told as unreadable. */

/** A name as the patch has it, with its leading folders. `bare`: without the `a/` or `b/` in front that others have. */
export type PatchName = { readonly text: string; readonly bare: boolean };

export type FilePatch = {
  /** Undefined for a file that is made. */
  readonly from: PatchName | undefined;
  /** Undefined for a file that goes away. */
  readonly to: PatchName | undefined;
  /** What is done to the file that is named first: it stays, or it goes to the second name. */
  readonly how: 'changed' | 'copied' | 'moved';
  /** Its names begin at the top of the repository. */
  readonly isGit: boolean;
  /** What it makes is a symbolic link; its text is where that leads. */
  readonly isLink: boolean;
  /** Undefined where they cannot be read: binary, cut off, or of another kind of patch. */
  readonly hunks: readonly DiffHunk[] | undefined;
};

export type DiffHunk = {
  /** Line from which it counts in the text before, and in that after; both from 1, or 0 when nothing is there. */
  readonly before: number;
  readonly after: number;
  readonly lines: readonly DiffLine[];
  /** The text has no line break at its end: before, after. */
  readonly openBefore: boolean;
  readonly openAfter: boolean;
};

type DiffLine = { readonly kind: ' ' | '-' | '+'; readonly text: string };

export type DiffReading = {
  /** `patch` finds patches that are indented; git does not. */
  readonly indented: boolean;
  /** The counts of lines in the heads of hunks say nothing. */
  readonly recounted: boolean;
};

/** The files a patch is for, in order; what stands around it is left out. */
export function readDiff(text: string, { indented, recounted }: DiffReading): readonly FilePatch[] {
  const lines = text.split('\n');
  const files: FilePatch[] = [];
  let head = NOTHING;
  const done = (hunks: readonly DiffHunk[] | undefined): void => {
    const file = filed(head, hunks);
    if (file !== undefined) files.push(file);
    head = NOTHING;
  };
  for (let i = 0; i < lines.length; i++) {
    const line = (lines[i] ?? '').replace(/\r$/, '');
    const [, nested = '', indent = '', mark = '', rest = ''] = HEAD.exec(line) ?? [];
    if (mark === '' || (!indented && (indent !== '' || nested !== ''))) continue;
    // To git these are no more than words.
    if (!indented && (mark === '***' || mark === 'Index:')) continue;
    const isNext: boolean = /^(diff --git|Index:|\*\*\*)/.test(mark) || (mark === '---' && head.isLaid);
    if (isNext && head !== NOTHING && !(mark === '***' && head.old === undefined)) done(head.isGit && !head.isBinary ? [] : undefined);
    const name = isNamed(mark) ? nameIn(rest) : undefined;
    if (mark === 'diff --git') head = { ...NOTHING, ...namesOf(rest), isGit: true };
    else if (mark === '---' && head.isContext) head = { ...head, new: { text: name ?? '', bare: false } };
    else if (mark === '---' || mark === '***') head = { ...head, isContext: mark === '***', old: { text: name ?? '', bare: false } };
    else if (mark === '+++') head = { ...head, isLaid: true, new: { text: name ?? '', bare: false } };
    else if (mark === 'Index:') head = { ...head, index: { text: name ?? '', bare: false } };
    else if (mark === '@@ -') {
      const read = nested === '' ? hunksFrom(lines, i, indent, recounted) : undefined;
      i = read?.end ?? i;
      done(read?.hunks);
    } else if (head.isGit) head = extended(head, mark, rest);
  }
  if (head !== NOTHING) done(head.isGit && !head.isBinary ? [] : undefined);
  return files;
}

const HEAD =
  /^(- )?([ \tX]*)(diff --git|---|\+\+\+|\*\*\*|Index:|@@ -|rename from|rename to|rename old|rename new|copy from|copy to|new file mode|new mode|deleted file mode|GIT binary patch|Binary files)(?:\s(.*)|(?<=@@ -)(.*)|$)/s;

type Head = {
  readonly old: PatchName | undefined;
  readonly new: PatchName | undefined;
  readonly index: PatchName | undefined;
  readonly how: FilePatch['how'];
  readonly isGit: boolean;
  readonly isLink: boolean;
  readonly isBinary: boolean;
  readonly makes: boolean;
  readonly removes: boolean;
  readonly isContext: boolean;
  /** Its `+++` line was seen. */
  readonly isLaid: boolean;
};

const NOTHING: Head = {
  old: undefined,
  new: undefined,
  index: undefined,
  how: 'changed',
  isGit: false,
  isLink: false,
  isBinary: false,
  makes: false,
  removes: false,
  isContext: false,
  isLaid: false,
};

function isNamed(mark: string): boolean {
  return /^(---|\+\+\+|\*\*\*|Index:)$/.test(mark);
}

function extended(head: Head, mark: string, rest: string): Head {
  const name: PatchName = { text: nameIn(rest), bare: true };
  switch (mark) {
    case 'rename from':
    case 'rename old':
      return { ...head, old: name, how: 'moved' };
    case 'copy from':
      return { ...head, old: name, how: 'copied' };
    case 'rename to':
    case 'rename new':
    case 'copy to':
      return { ...head, new: name };
    case 'new file mode':
      return { ...head, makes: true, isLink: rest.startsWith('120000') };
    case 'new mode':
      return { ...head, isLink: rest.startsWith('120000') };
    case 'deleted file mode':
      return { ...head, removes: true };
    default:
      return { ...head, isBinary: true };
  }
}

function filed(head: Head, hunks: readonly DiffHunk[] | undefined): FilePatch | undefined {
  const named = (name: PatchName | undefined): PatchName | undefined => (name === undefined || name.text === '' ? undefined : name);
  const [old, fresh, index] = [named(head.old), named(head.new), named(head.index)];
  if (old === undefined && fresh === undefined && index === undefined && hunks === undefined) return undefined;
  const isNone = (name: PatchName | undefined): boolean => name?.text === '/dev/null';
  return {
    from: head.makes || isNone(old) ? undefined : (old ?? index ?? fresh),
    to: head.removes || isNone(fresh) ? undefined : (fresh ?? index ?? old),
    how: head.how,
    isGit: head.isGit,
    isLink: head.isLink,
    hunks,
  };
}

/** A name up to the tab or the date behind it; git writes those with unusual letters as C would. */
function nameIn(rest: string): string {
  const given = rest.trim();
  if (given.startsWith('"')) return unquoted(/^"(?:[^"\\]|\\.)*"?/s.exec(given)?.[0] ?? given);
  return (given.split('\t')[0] ?? '')
    .replace(/(?<!\s)\s+(?:\d{4}-\d\d-\d\d[ T]\d\d:.*|(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) [A-Z][a-z]{2} +\d.*)$/, '')
    .trim();
}

function unquoted(text: string): string {
  const bytes: number[] = [];
  const inner = text.replace(/^"|"$/g, '');
  for (const [, octal, letter, plain = ''] of inner.matchAll(/\\([0-7]{1,3})|\\(.)|([^\\]+)/gs)) {
    if (octal !== undefined) bytes.push(Number.parseInt(octal, 8) & 255);
    else bytes.push(...new TextEncoder().encode(letter === undefined ? plain : (LETTERS[letter] ?? letter)));
  }
  return new TextDecoder().decode(Uint8Array.from(bytes));
}

const LETTERS: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', a: '\x07', b: '\b', f: '\f', v: '\v' };

/** `a/x b/x`: the names where no other line has them. */
function namesOf(rest: string): { readonly old: PatchName; readonly new: PatchName } | undefined {
  const quoted = /^"(?:[^"\\]|\\.)*"/s.exec(rest)?.[0];
  const both = quoted === undefined ? undefined : [nameIn(quoted), nameIn(rest.slice(quoted.length))];
  const text = rest.trim();
  const half = text.slice(0, (text.length - 1) / 2);
  const [old = '', fresh = ''] = both ?? [half, text.slice(half.length + 1)];
  return old === '' || fresh === '' ? undefined : { old: { text: old, bare: false }, new: { text: fresh, bare: false } };
}

/** The hunks that stand one after the other. `end`: the last line of theirs. */
function hunksFrom(
  lines: readonly string[],
  start: number,
  indent: string,
  recounted: boolean,
): { readonly hunks: readonly DiffHunk[] | undefined; readonly end: number } {
  const hunks: DiffHunk[] = [];
  let i = start;
  for (;;) {
    const [, from = '1', fromCount = '1', to = '1', toCount = '1'] =
      /^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@/.exec((lines[i] ?? '').slice(indent.length)) ?? [];
    if (!(lines[i] ?? '').startsWith(`${indent}@@ -`)) return { hunks, end: i - 1 };
    let [before, after] = recounted ? [Infinity, Infinity] : [Number(fromCount), Number(toCount)];
    const own: DiffLine[] = [];
    let [openBefore, openAfter] = [false, false];
    for (i++; i < lines.length; i++) {
      const line = lines[i] ?? '';
      if (line.slice(indent.length).startsWith('\\')) {
        const last = own.at(-1)?.kind;
        openBefore ||= last !== '+';
        openAfter ||= last !== '-';
        continue;
      }
      if (before <= 0 && after <= 0) break;
      if (line.trim() !== '' && !line.startsWith(indent)) return { hunks: undefined, end: i };
      const kind = line.slice(indent.length, indent.length + 1);
      if (kind !== '-' && kind !== '+' && kind !== ' ' && line.trim() !== '') {
        if (recounted) break;
        return { hunks: undefined, end: i };
      }
      if (recounted && (line.startsWith('diff ') || (line === '' && i === lines.length - 1))) break;
      const is = kind === '-' || kind === '+' ? kind : ' ';
      if (is !== '+') before--;
      if (is !== '-') after--;
      own.push({ kind: is, text: line.slice(indent.length + 1) });
    }
    if (!recounted && (before > 0 || after > 0)) return { hunks: undefined, end: i };
    hunks.push({ before: Number(from), after: Number(to), lines: own, openBefore, openAfter });
  }
}

/** The same patch taken back. */
export function reversed(file: FilePatch): FilePatch {
  const turned = (hunk: DiffHunk): DiffHunk => ({
    before: hunk.after,
    after: hunk.before,
    lines: hunk.lines.map(({ kind, text }) => ({ kind: kind === '+' ? '-' : kind === '-' ? '+' : ' ', text })),
    openBefore: hunk.openAfter,
    openAfter: hunk.openBefore,
  });
  return { ...file, from: file.to, to: file.from, hunks: file.hunks?.map(turned) };
}

/** The text after the hunks, found as the tools do: at their line, else nearest to it; at last with other spaces, or with less around. Undefined when one does not fit. */
export function diffApplied(text: string, hunks: readonly DiffHunk[]): string | undefined {
  const lines = text.split('\n');
  let isOpen = lines.at(-1) !== '';
  if (!isOpen) lines.pop();
  let shift = 0;
  for (const hunk of hunks) {
    const found = placeOf(hunk, lines, shift);
    if (found === undefined) return undefined;
    const { at, lines: own } = found;
    const fresh: string[] = [];
    let next = at;
    for (const { kind, text: line } of own) {
      if (kind === '+') fresh.push(line);
      else if (kind === '-') next++;
      else fresh.push(lines[next++] ?? line);
    }
    lines.splice(at, next - at, ...fresh);
    shift += fresh.length - (next - at);
    isOpen = hunk.openAfter || (isOpen && !hunk.openBefore);
  }
  return lines.length === 0 ? '' : `${lines.join('\n')}${isOpen ? '' : '\n'}`;
}

const MOST_FUZZ = 3;

function placeOf(
  hunk: DiffHunk,
  lines: readonly string[],
  shift: number,
): { readonly at: number; readonly lines: readonly DiffLine[] } | undefined {
  // The tools put what has no line behind it at the end, and what begins in the first line there, whatever its number says.
  const isAnchored = (first: number, end: number): boolean =>
    (hunk.lines.at(-1)?.kind === ' ' || end === lines.length) && (hunk.before > 1 || first === 0);
  // Nearly the same line is a place only where no line is the same.
  for (const lax of LAX) {
    for (let fuzz = 0; fuzz <= MOST_FUZZ; fuzz++) {
      const { own, cut } = trimmed(hunk.lines, fuzz);
      const wanted = own.filter(({ kind }) => kind !== '+').map(({ text }) => text);
      if (wanted.length === 0) return lines.length === 0 ? { at: 0, lines: own } : undefined;
      const start = Math.min(Math.max(hunk.before + shift + cut - 1, 0), lines.length);
      const at = nearest(wanted.map(lax), lines.map(lax), start);
      if (at !== undefined) return isAnchored(at - cut, at + wanted.length) ? { at, lines: own } : undefined;
    }
  }
  return undefined;
}

const LAX: readonly ((line: string) => string)[] = [(line) => line, (line) => line.replace(/\s+/g, ' ').trim()];

/** Without the first and last lines around what is changed. */
function trimmed(lines: readonly DiffLine[], fuzz: number): { readonly own: readonly DiffLine[]; readonly cut: number } {
  const first = lines.findIndex(({ kind }) => kind !== ' ');
  const last = lines.findLastIndex(({ kind }) => kind !== ' ');
  const cut = Math.min(fuzz, Math.max(first, 0));
  return { own: lines.slice(cut, Math.max(lines.length - fuzz, last + 1)), cut };
}

function nearest(wanted: readonly string[], lines: readonly string[], start: number): number | undefined {
  const fits = (at: number): boolean => at >= 0 && at + wanted.length <= lines.length && wanted.every((line, i) => lines[at + i] === line);
  for (let away = 0; away <= lines.length; away++) {
    if (fits(start + away)) return start + away;
    if (fits(start - away)) return start - away;
  }
  return undefined;
}
