import { minuteOf } from './good-until.ts';
import type { Certainty, Severity } from '../engine/types.ts';
import type { Phrase, Review, ReviewWitness } from '../protocol.ts';
import { SEVERITY_WORDS, signingWords } from './hold-words.ts';
import { visibleText } from './visible-text.ts';

export type TextOptions = {
  /** ANSI colours, never needed to understand the text. */
  readonly color: boolean;
  /** Columns; at least 40. */
  readonly width: number;
};

/** A review for a terminal, and for whoever reads rather than sees: the sentence first, then the evidence. Ends without a line end. */
export function reviewText(review: Review, options: TextOptions): string {
  const write = writer(Math.max(40, options.width), options.color);
  const paint = paintOf(review);
  const sections = [
    header(review, write),
    [...write.wrap(plain(review.sentence), 0, ['bold']), ...write.wrap(plain(review.previously), 0)],
    forbidden(review, write),
    ladder(review, write),
    review.witness === undefined ? [] : [write.title('One request this newly allows'), ...witness(review.witness, write, paint)],
    facts(review, write),
    others(review, write),
    ...review.files.map((file) => edit(file, write)),
    review.problems.length === 0 ? [] : [write.title('Not read'), ...review.problems.flatMap((problem) => write.wrap(problem, 2))],
    provenance(review, write),
    decision(review, write),
  ];
  return sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n');
}

type Style = 'bold' | 'dim' | 'red' | 'yellow' | 'blue' | 'green';

const CODES: Readonly<Record<Style, string>> = { bold: '1', dim: '2', red: '31', yellow: '33', blue: '34', green: '32' };

type Writer = {
  readonly width: number;
  /** One line of visible text, cut nowhere. */
  readonly line: (text: string, styles?: readonly Style[]) => string;
  /** Lines of at most `width` columns, each indented. */
  readonly wrap: (text: string, indent: number, styles?: readonly Style[]) => readonly string[];
  readonly title: (text: string) => string;
};

function writer(width: number, color: boolean): Writer {
  const styled = (text: string, styles: readonly Style[] = []): string =>
    color && styles.length > 0 && text !== '' ? `\u001b[${styles.map((style) => CODES[style]).join(';')}m${text}\u001b[0m` : text;
  const wrap: Writer['wrap'] = (text, indent, styles) =>
    wrapped(visibleText(text), width - indent).map((line) => `${' '.repeat(indent)}${styled(line, styles)}`);
  return {
    width,
    line: (text, styles) => styled(visibleText(text), styles),
    wrap,
    title: (text) => styled(visibleText(text), ['bold']),
  };
}

function header(review: Review, write: Writer): readonly string[] {
  const word = review.forbidden === undefined ? SEVERITY_WORDS[review.severity] : 'Not allowed here';
  const times = review.times > 1 ? `, suggested ${review.times} times` : '';
  const where = review.effect === 'keep' ? 'It is in the file already.' : 'Nothing has been written.';
  const held = `Held since ${minuteOf(review.since)}${times}. ${where}`;
  const count = review.position.of > 1 ? `${review.position.index} of ${review.position.of} held` : '';
  const left = `${MARKS[review.forbidden === undefined ? review.severity : 'forbid']} ${word}`;
  const paint = paintOf(review);
  const id = [count, review.hold].filter((part) => part !== '').join('  ');
  const gap = write.width - left.length - held.length - id.length - 3;
  if (gap < 2) return [write.line(left, [...paint, 'bold']), ...write.wrap(`${held} ${id}`, 0, ['dim'])];
  return [`${write.line(left, [...paint, 'bold'])}   ${write.line(held, ['dim'])}${' '.repeat(gap)}${write.line(id, ['dim'])}`];
}

const MARKS: Readonly<Record<Severity | 'forbid', string>> = { critical: '⬣', high: '⬣', medium: '▲', low: '●', info: '●', forbid: '⊖' };

function paintOf(review: Review): readonly Style[] {
  if (review.forbidden !== undefined || review.severity === 'critical' || review.severity === 'high') return ['red'];
  return [review.severity === 'medium' ? 'yellow' : 'blue'];
}

function forbidden(review: Review, write: Writer): readonly string[] {
  if (review.forbidden === undefined) return [];
  const { rule, where, owner } = review.forbidden;
  return [
    write.title('Nobody can apply this from here'),
    ...write.wrap(
      `${rule}: set in ${where}. If it is really needed, make the edit yourself in your normal review, or ask ${owner} to change the rule.`,
      2,
    ),
  ];
}

/** ▁▁▁▁ ████ ████: how far it reached before, and how far it would now. */
function ladder(review: Review, write: Writer): readonly string[] {
  const { reach } = review;
  if (reach === undefined || reach.steps.length === 0) return [];
  const { label, steps, before, after } = reach;
  const each = Math.max(3, Math.min(14, Math.floor((write.width - steps.length + 1) / steps.length)));
  const bars = steps.map((_, index) => {
    if (index === before) return write.line('▄'.repeat(each));
    const opened = index > before && index <= after;
    return opened ? write.line('█'.repeat(each), paintOf(review)) : write.line('▁'.repeat(each), ['dim']);
  });
  const from = steps[before] ?? 'nobody';
  const to = steps[after] ?? '';
  return [bars.join(' '), ...write.wrap(`${label}. Before: ${from}. After: ${to}.`, 0)];
}

function witness({ who, request, before, after }: ReviewWitness, write: Writer, paint: readonly Style[]): readonly string[] {
  const bar = write.line('│', paint);
  const said = [
    ...wrapped(visibleText(who), write.width - 4),
    ...wrapped(visibleText(request), write.width - 4),
    ...wrapped(`Before: ${before}. After: ${after}. Worked out from the files; no request was sent.`, write.width - 4),
  ];
  return said.map((line) => `  ${bar} ${line}`);
}

function facts(review: Review, write: Writer): readonly string[] {
  const term = Math.max(0, ...review.facts.map((fact) => fact.term.length)) + 2;
  return review.facts.flatMap(({ term: name, value, why }) => {
    const lines = wrapped(visibleText(why === '' ? value : `${value} — ${why}`), write.width - term);
    return lines.map((line, index) => `${index === 0 ? write.line(name.padEnd(term), ['dim']) : ' '.repeat(term)}${line}`);
  });
}

function others(review: Review, write: Writer): readonly string[] {
  const { others: found } = review;
  if (found.length === 0) return [];
  return [
    write.title(`${found.length} more finding${found.length > 1 ? 's' : ''} in this edit`),
    ...found.flatMap(({ severity, sentence, previously }) =>
      write.wrap(`${SEVERITY_WORDS[severity]}: ${[plain(sentence), plain(previously)].join(' ').trim()}`, 2),
    ),
  ];
}

function edit({ path, lines, more }: Review['files'][number], write: Writer): readonly string[] {
  const digits = Math.max(2, ...lines.map(({ number }) => String(number).length));
  const shown = lines.flatMap(({ mark, number, text }) => {
    if (mark === '…') return [write.line(`  ${' '.repeat(digits)}   …`, ['dim'])];
    const styles: readonly Style[] = mark === '+' ? ['green'] : mark === '-' ? ['red'] : ['dim'];
    return wrapped(visibleText(text), write.width - digits - 5, { keepIndent: true }).map((part, index) =>
      write.line(`  ${(index === 0 ? String(number) : '').padStart(digits)} ${mark === '' ? ' ' : mark} ${part}`, styles),
    );
  });
  return [
    `${write.title('The edit')}  ${write.line(path)}`,
    ...shown,
    ...(more ? [write.line('  More is changed than is shown here.', ['dim'])] : []),
  ];
}

function provenance(review: Review, write: Writer): readonly string[] {
  const rows = review.provenance.map((row) => ({ ...row, value: visibleText(row.value) }));
  const term = Math.max(0, ...rows.map((row) => row.term.length)) + 2;
  const value = Math.min(write.width - term - 14, Math.max(0, ...rows.map((row) => row.value.length)) + 2);
  const lines = rows.flatMap(({ term: name, value: text, certainty }) =>
    wrapped(text, value).map((part, index) =>
      index === 0
        ? `  ${write.line(name.padEnd(term), ['dim'])}${part.padEnd(value)}${write.line(`${DOTS[certainty]} ${capitalized(certainty)}`, ['dim'])}`
        : `  ${' '.repeat(term)}${part}`,
    ),
  );
  const known = [...new Set(rows.map(({ certainty }) => certainty))].map((certainty) => `${capitalized(certainty)}: ${HOW[certainty]}.`);
  return [write.title('Who suggested it, and how we know'), ...lines, ...write.wrap(known.join(' '), 2, ['dim'])];
}

const DOTS: Readonly<Record<Certainty, string>> = { attested: '●', observed: '◐', inferred: '○', human: '●' };

const HOW: Readonly<Record<Certainty, string>> = {
  attested: 'the agent’s own hook said so',
  observed: 'seen by Countersign',
  inferred: 'worked out by Countersign, may be wrong',
  human: 'a person did it',
};

function decision(review: Review, write: Writer): readonly string[] {
  if (review.forbidden !== undefined) return write.wrap('It can be discarded; it cannot be acknowledged.', 0);
  const { form } = review;
  const needed = [
    `a reason of at least ${form.minimumReason} characters`,
    ...(form.ticket === 'required' ? ['a ticket'] : []),
    ...(form.confirm === undefined ? [] : [`the name ${form.confirm.name}, typed`]),
  ];
  const does = {
    apply: 'applies it as you',
    'let-retry': `lets ${review.agent} make this edit once`,
    keep: 'keeps it under your name',
  }[review.effect];
  const also = signingWords(review.sign)
    .map((sentence) => ` ${sentence}`)
    .join('');
  return write.wrap(`Acknowledging ${does}, and is written to the log. It asks for ${listed(needed)}.${also}`, 0);
}

function listed(parts: readonly string[]): string {
  return parts.length < 2 ? parts.join('') : `${parts.slice(0, -1).join(', ')} and ${parts.at(-1) ?? ''}`;
}

/** Breaks at spaces, and inside a word only where the word alone is wider than the line. */
function wrapped(text: string, width: number, { keepIndent = false } = {}): readonly string[] {
  if (text === '') return keepIndent ? [''] : [];
  const columns = Math.max(8, width);
  const lines: string[] = [];
  let rest = keepIndent ? text : text.trim();
  while (rest.length > columns) {
    const space = rest.lastIndexOf(' ', columns);
    const cut = space > columns / 3 ? space : columns;
    lines.push(rest.slice(0, cut).trimEnd());
    rest = rest.slice(cut).trimStart();
  }
  return [...lines, rest];
}

function plain(phrase: Phrase): string {
  return phrase.map((part) => (typeof part === 'string' ? part : part.name)).join('');
}

function capitalized(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}
