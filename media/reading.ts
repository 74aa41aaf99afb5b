import type { Review, ReviewWitness } from '../server/protocol.ts';
import { requestNote } from './approval.ts';
import { element, linkButton, phrase, shape, type Child, type Shape } from './elements.ts';
import type { FromPage } from './panel-messages.ts';
import { ago, capital, counted } from './phrases.ts';
import { visibleText } from './visible-text.ts';

/** After so many other findings the rest waits behind a link. */
const OTHERS_SHOWN = 5;

type Certainty = Review['provenance'][number]['certainty'];
const KNOWN: Readonly<Record<Certainty, { readonly shape: Shape; readonly means: string }>> = {
  attested: { shape: 'full', means: 'said by the agent’s own hook or tool call' },
  observed: { shape: 'half', means: 'seen by Countersign' },
  inferred: { shape: 'hollow', means: 'worked out by Countersign, may be wrong' },
  human: { shape: 'full', means: 'done by hand' },
};

/** The part that is read: what it opens, proof, facts, the edit, and where it came from. In this order for eyes, tabs and readers. */
export function readingView(
  review: Review,
  notice: string | undefined,
  send: (message: FromPage) => void,
  toDecision: () => void,
): readonly Child[] {
  return [
    topLine(review, send),
    element('h1', { id: 'what', tabindex: -1 }, ...phrase(review.sentence)),
    review.previously.length === 0 ? undefined : element('p', { class: 'before' }, ...phrase(review.previously)),
    linkButton('Go to the decision', toDecision, { class: 'skip' }),
    notice === undefined ? undefined : element('section', { class: 'note' }, element('p', {}, notice)),
    review.closed === undefined ? undefined : closedNote(review.closed),
    review.request && requestNote(review.request),
    review.forbidden && forbidden(review.forbidden, send),
    review.reach && ladder(review.reach),
    review.witness && element('section', {}, element('h2', {}, 'One request this newly allows'), witnessBox(review.witness)),
    facts(review),
    review.problems.length > 0 ? problems(review.problems) : undefined,
    review.others.length > 0 ? others(review.others, hasCommand(review.files) ? 'command' : 'edit') : undefined,
    edit(review, send),
    provenance(review),
  ];
}

/** “1 of 3 held”, and the ways to the neighbours. Made anew when the list changes. */
export function neighbours(position: Review['position'], send: (message: FromPage) => void): HTMLElement {
  const { index, of, previous, next } = position;
  return element(
    'nav',
    { class: 'row push', 'aria-label': 'Held suggestions' },
    element('span', { class: 'mute' }, `${index} of ${of} held`),
    previous === undefined ? undefined : linkButton('Previous', () => send({ kind: 'show', hold: previous })),
    next === undefined ? undefined : linkButton('Next', () => send({ kind: 'show', hold: next })),
  );
}

function topLine(
  { severity, forbidden: isForbidden, since, times, position, effect, files, request }: Review,
  send: (message: FromPage) => void,
): HTMLElement {
  const often = times > 1 ? `, suggested ${times} times` : '';
  return element(
    'div',
    { class: 'row top' },
    element(
      'span',
      { class: 'severity' },
      shape(isForbidden ? 'barred' : shapeOf(severity), 16),
      isForbidden ? 'Not allowed here' : capital(severity),
    ),
    element(
      'span',
      { class: 'mute' },
      request !== undefined
        ? `${request.kind === 'glass' ? 'Glass broken' : 'Asked'} ${ago(since)}.`
        : `Held ${ago(since)}${often}. ${effect === 'keep' ? 'The text is in the file already.' : hasCommand(files) ? 'It has not been run.' : 'Nothing has been written.'}`,
    ),
    request === undefined ? neighbours(position, send) : undefined,
  );
}

function shapeOf(severity: Review['severity']): Shape {
  if (severity === 'critical' || severity === 'high') return 'octagon';
  return severity === 'medium' ? 'triangle' : 'circle';
}

function closedNote(cause: string): HTMLElement {
  return element(
    'section',
    { class: 'note', role: 'alert' },
    element('h2', {}, 'Countersign is closed: nothing can be acknowledged now'),
    element('p', {}, visibleText(cause)),
  );
}

function forbidden({ rule, where, owner }: NonNullable<Review['forbidden']>, send: (message: FromPage) => void): HTMLElement {
  return element(
    'section',
    { class: 'note' },
    element('h2', {}, 'Nobody can apply this from here'),
    element(
      'p',
      {},
      `${rule}: set in `,
      linkButton(where, () => send({ kind: 'open-policy' })),
      `${owner === '' ? '' : `, owned by ${owner}`}. If it is really needed, make the edit yourself in your normal review, or ask ${owner === '' ? 'the owner of the policy' : owner} to change the rule.`,
    ),
  );
}

function ladder({ label, steps, before, after }: NonNullable<Review['reach']>): HTMLElement {
  return element(
    'div',
    { class: 'ladder', role: 'img', 'aria-label': `${label}. Before: ${steps[before] ?? 'unknown'}. After: ${steps[after] ?? 'unknown'}.` },
    steps.map((step, index) =>
      element(
        'div',
        { class: index === before ? 'was' : index === after ? 'now' : index > before && index < after ? 'new' : undefined },
        index === before ? element('b', {}, 'Before') : index === after ? element('b', {}, 'After') : undefined,
        element('span', {}, step),
      ),
    ),
  );
}

function witnessBox({ who, request, before, after }: ReviewWitness): HTMLElement {
  return element(
    'div',
    { class: 'witness' },
    element('p', {}, who),
    element('p', { class: 'request' }, request),
    element(
      'p',
      {},
      `Before: ${before}. After: `,
      element('strong', {}, after),
      '. ',
      element('span', { class: 'mute' }, 'Worked out from the files; no request was sent.'),
    ),
  );
}

function facts({ facts: all }: Review): HTMLElement {
  const terms = all.map(({ term, value, why }) =>
    element('div', {}, element('dt', {}, term), element('dd', {}, value), why === '' ? undefined : element('dd', {}, why)),
  );
  return element('section', {}, element('h2', { class: 'unseen' }, 'Rating'), element('dl', { class: 'facts' }, terms));
}

function problems(sentences: readonly string[]): HTMLElement {
  return element(
    'section',
    { class: 'note' },
    element('h2', {}, 'What could not be read'),
    sentences.map((sentence) => element('p', {}, sentence)),
  );
}

function others(all: Review['others'], what: 'edit' | 'command'): HTMLElement {
  const made = all.map(({ severity, sentence, previously, witness }) =>
    element(
      'details',
      { open: severity === 'critical' },
      element('summary', {}, element('strong', {}, capital(severity)), ' ', ...phrase(sentence)),
      element('p', { class: 'mute' }, ...phrase(previously)),
      witness && witnessBox(witness),
    ),
  );
  const section = element(
    'section',
    { class: 'others' },
    element('h2', {}, `${counted(all.length, 'more finding')} in this ${what}`),
    made.slice(0, OTHERS_SHOWN),
  );
  const hidden = made.slice(OTHERS_SHOWN);
  const [first] = hidden;
  if (first !== undefined) {
    const more = linkButton(`Show ${hidden.length} more`, () => {
      more.replaceWith(...hidden);
      first.querySelector('summary')?.focus();
    });
    section.append(more);
  }
  return section;
}

function edit({ files }: Review, send: (message: FromPage) => void): HTMLElement {
  const openDiff = () => send({ kind: 'open-diff' });
  return element(
    'section',
    {},
    files
      .map(({ path, lines, more, command }, index) =>
        command !== undefined
          ? commandPart({ lines, more, command }, openDiff)
          : [
              element(
                'div',
                { class: 'row head' },
                element('h2', {}, index === 0 ? 'The edit' : 'And'),
                element('span', { class: 'mute mono' }, path),
                index === 0 && lines.length > 0 ? linkButton('Open full diff', openDiff, { class: 'push' }) : undefined,
              ),
              lines.length === 0 ? undefined : diffPart(path, lines),
              more ? element('p', { class: 'hint' }, 'More lines are changed: open the full diff to see them all.') : undefined,
            ],
      )
      .flat(),
  );
}

function diffPart(path: string, lines: Review['files'][number]['lines']): HTMLElement {
  const attributes = { class: 'diff', role: 'group', 'aria-label': `Edit to ${path}`, tabindex: 0 };
  const part = element('div', attributes, outdented(lines).map(diffLine));
  part.style.setProperty('--digits', String(Math.max(...lines.map((line) => String(line.number).length))));
  return part;
}

/** A command is run, not written: its text alone, without numbers and marks. */
function commandPart(
  { lines, more, command }: Pick<Review['files'][number], 'lines' | 'more' | 'command'>,
  openWhole: () => void,
): readonly (HTMLElement | undefined)[] {
  const title = command === 'text' ? 'Text in the command' : 'Command';
  return [
    element(
      'div',
      { class: 'row head' },
      element('h2', {}, title),
      more ? linkButton('Open the whole command', openWhole, { class: 'push' }) : undefined,
    ),
    element(
      'pre',
      { class: 'command', role: 'group', 'aria-label': title, tabindex: 0 },
      lines.map(({ text }) => element('div', {}, text === '' ? ' ' : text)),
    ),
    more ? element('p', { class: 'hint' }, 'It has more lines: open the whole command to see them all.') : undefined,
  ];
}

export function hasCommand(files: Review['files']): boolean {
  return files.some(({ command }) => command !== undefined);
}

function diffLine({ mark, number, text }: Review['files'][number]['lines'][number]): HTMLElement {
  if (mark === '…') return element('div', { class: 'gap' }, element('i', { 'aria-hidden': 'true' }), element('u', {}), '…');
  const said = mark === '' ? undefined : element('span', { class: 'unseen' }, mark === '+' ? 'added ' : 'removed ');
  return element(
    'div',
    { class: mark === '+' ? 'added' : mark === '-' ? 'removed' : undefined },
    element('i', { 'aria-hidden': 'true' }, String(number)),
    element('u', {}, element('span', { 'aria-hidden': 'true' }, mark), said),
    text,
  );
}

/** Without the indentation that all shown lines have: what is left is read more easily in a narrow panel. */
function outdented(lines: Review['files'][number]['lines']): Review['files'][number]['lines'] {
  const indents = lines.filter(({ mark, text }) => mark !== '…' && text.trim() !== '').map(({ text }) => /^[ \t]*/.exec(text)?.[0] ?? '');
  const shared = indents.reduce((common, indent) => (indent.length < common.length ? indent : common), indents[0] ?? '');
  if (!indents.every((indent) => indent.startsWith(shared))) return lines;
  return lines.map((line) => (line.text.startsWith(shared) ? { ...line, text: line.text.slice(shared.length) } : line));
}

function provenance({ provenance: all }: Review): HTMLElement {
  const means = [...new Set(all.map(({ certainty }) => certainty))].map((certainty) => `${capital(certainty)}: ${KNOWN[certainty].means}.`);
  return element(
    'section',
    {},
    element('h2', {}, 'Who suggested it, and how we know'),
    element(
      'dl',
      { class: 'provenance' },
      all.flatMap(({ term, value, certainty }) => [
        element('dt', {}, term),
        element('dd', {}, value),
        element('dd', { class: 'how' }, shape(KNOWN[certainty].shape, 12), capital(certainty)),
      ]),
    ),
    element('p', { class: 'hint' }, means.join(' ')),
  );
}
