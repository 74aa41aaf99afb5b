import type { Review, ReviewWitness } from '../server/protocol.ts';
import { plain } from '../media/phrases.ts';
import { visibleText } from '../media/visible-text.ts';

/** The review as plain Markdown for reading: everything the panel says, and no way to acknowledge. */
export function reviewMarkdown(review: Review): string {
  const { closed, forbidden, reach, problems, others } = review;
  return [
    `# ${escaped(plain(review.sentence))}`,
    escaped(plain(review.previously)),
    review.request && requestSection(review.request),
    closed && `**Countersign is closed: nothing can be acknowledged.** ${escaped(closed)}`,
    forbidden &&
      `**Nobody can apply this from here.** ${escaped(forbidden.rule)}: set in ${escaped(forbidden.where)}, owned by ${escaped(forbidden.owner)}.`,
    reach &&
      `${escaped(reach.label)}. Before: ${escaped(reach.steps[reach.before] ?? '')}. After: ${escaped(reach.steps[reach.after] ?? '')}.`,
    ...(review.witness ? ['## One request this newly allows', witness(review.witness)] : []),
    '## Facts',
    review.facts.map(({ term, value, why }) => `- ${escaped(term)}: ${escaped(value)}${why === '' ? '' : ` (${escaped(why)})`}`).join('\n'),
    ...(problems.length > 0 ? ['## What could not be read', problems.map((problem) => `- ${escaped(problem)}`).join('\n')] : []),
    ...(others.length > 0
      ? ['## More findings', others.map((other) => `- ${other.severity}: ${escaped(plain(other.sentence))}`).join('\n')]
      : []),
    ...review.files.map(fileSection),
    '## Who suggested it, and how we know',
    review.provenance.map(({ term, value, certainty }) => `- ${escaped(term)}: ${escaped(value)} (${certainty})`).join('\n'),
    forbidden
      ? undefined
      : review.request === undefined
        ? 'To decide otherwise than to discard it, open the review.'
        : 'To answer it, open the review.',
  ]
    .filter((part) => part !== undefined && part !== '')
    .join('\n\n')
    .concat('\n');
}

function requestSection({ kind, by, key, reason, ticket, until, notes, refused }: NonNullable<Review['request']>): string {
  const title = kind === 'glass' ? 'Glass was broken: one person let this through alone.' : 'A second person is asked.';
  return [
    `**${title}** ${escaped(refused ?? '')}`,
    `Signed by ${escaped(by)}, key ${escaped(key)}. Reason: ${escaped(reason)}${ticket === '' ? '' : ` (${escaped(ticket)})`}${until === undefined ? '' : `. Answer by ${escaped(until)}.`}`,
    ...notes.map(escaped),
  ].join('\n\n');
}

function witness({ who, request, before, after }: ReviewWitness): string {
  return `${escaped(who)}\n\n    ${visibleText(request)}\n\nBefore: ${before}. After: ${after}. Worked out from the files; no request was sent.`;
}

function fileSection({ path, lines, more, command }: Review['files'][number], index: number): string {
  if (command === undefined) return `${index === 0 ? '## The edit' : '## And'}\n\n${escaped(path)}\n\n${fenced(lines, more)}`;
  const text = lines.map((line) => visibleText(line.text));
  return [command === 'line' ? '## Command' : '## Text in the command', '', '~~~~', ...text, ...(more ? ['…'] : []), '~~~~'].join('\n');
}

function fenced(lines: Review['files'][number]['lines'], more: boolean): string {
  const body = lines.map(({ mark, number, text }) => `${mark.padEnd(1)} ${String(number).padStart(4)}  ${visibleText(text)}`);
  return ['~~~~', ...body, ...(more ? ['…'] : []), '~~~~'].join('\n');
}

/** Names come from files and agents: none of them may become a link, an image or a heading. Inside of words `_` and `-` mean nothing and stay as they are. */
function escaped(text: string): string {
  return visibleText(text)
    .replace(/[\\`*[\]<>|~]|\b_|_\b/g, '\\$&')
    .replace(/^([#+-]|\d+[.)])/, '\\$1');
}
