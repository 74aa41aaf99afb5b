import type { Finding, Provenance } from '../../engine/types.ts';
import { asPossibility, CONFIDENCE_WORDS, headlineOf, SEVERITY_WORDS, uncheckedWords } from '../hold-words.ts';
import { BUFFER, DISCARD_COMMAND, provenanceWords, REVIEW_COMMAND } from './code-lens.ts';
import type { Notice } from './diagnostics.ts';
import { visibleText } from '../visible-text.ts';

export type HoverOptions = {
  readonly uri: string;
  /** Does the editor have Countersign's own commands? */
  readonly commands: boolean;
};

/**
 * The full assessment of what is at a place, in Markdown.
 * VS Code puts the diagnostic's message above it: where there is but one, its sentence is not said a second time.
 */
export function hoverOf(notices: readonly Notice[], options: HoverOptions): string {
  const said = options.commands && notices.length === 1;
  return notices.map((notice) => one(notice, options, said)).join('\n\n---\n\n');
}

function one(notice: Notice, options: HoverOptions, said: boolean): string {
  if (notice.kind === 'problem') return escaped(notice.message);
  if (notice.kind === 'ignored') {
    return [
      `**${named(notice.finding.consequence)}**`,
      escaped(notice.message.slice(0, notice.message.indexOf(':') + 1)),
      escaped(notice.ignored.reason),
      escaped(`By ${notice.ignored.by}.`),
    ].join('\n\n');
  }
  const { finding } = notice;
  const sentence =
    finding === undefined
      ? notice.kind === 'held'
        ? headlineOf(notice.hold)
        : ''
      : notice.kind === 'held'
        ? asPossibility(finding.consequence)
        : finding.consequence;
  const state =
    notice.kind === 'held'
      ? 'Held: nothing has been written.'
      : notice.state === 'acknowledged'
        ? notice.message.slice(notice.message.lastIndexOf('Acknowledged by'))
        : '';
  return [
    said ? '' : `**${named(sentence)}**`,
    said || finding === undefined ? '' : named(finding.previously),
    ...(finding === undefined ? [] : assessment(finding)),
    `Suggested by: ${escaped(suggestedBy(notice.kind === 'held' ? notice.hold.provenance : notice.provenance))}`,
    escaped(state),
    options.commands ? links(notice, options.uri) : '',
  ]
    .filter((part) => part !== '')
    .join('\n\n');
}

/** "Claude Code, attested: version 2.4.1, model claude-sonnet-4-5, session 8a1f2f0e" */
function suggestedBy(provenance: Provenance): string {
  const { version, model, session } = provenance.agent ?? {};
  const known = [
    ...(version === undefined ? [] : [`version ${version}`]),
    ...(model === undefined ? [] : [`model ${model}`]),
    ...(session === undefined ? [] : [`session ${session}`]),
  ];
  return `${provenanceWords(provenance)}${known.length === 0 ? '' : `: ${known.join(', ')}`}`;
}

function assessment(finding: Finding): readonly string[] {
  const { severity, confidence, rating, witness, fix, unchecked, references } = finding;
  return [
    witness === undefined
      ? ''
      : `${escaped(witness.who)} asks for  \n${code(witness.request)}  \nBefore: refused. After: **allowed**. Worked out from the files; no request was sent.`,
    [
      `- Severity: **${SEVERITY_WORDS[severity]}**, ${escaped(rating.gain)}`,
      `- Blast radius: **${escaped(rating.blastRadius.what)}**`,
      `- Sensitivity: **${rating.sensitivity.level}**, ${escaped(rating.sensitivity.why)}`,
      `- Confidence: **${CONFIDENCE_WORDS[confidence]}**, ${escaped(uncheckedWords(unchecked))}`,
    ].join('\n'),
    fix === '' ? '' : `Instead: ${named(fix)}`,
    references.length === 0 ? '' : escaped(references.join(' · ')),
  ];
}

function links(notice: Extract<Notice, { kind: 'risk' | 'held' }>, uri: string): string {
  if (notice.kind === 'held')
    return `${link('Review', REVIEW_COMMAND, notice.hold.id)} · ${link('Discard', DISCARD_COMMAND, notice.hold.id)}`;
  return link('Review', REVIEW_COMMAND, notice.hold?.id ?? `${BUFFER}${uri}`);
}

function link(title: string, command: string, argument: string): string {
  return `[${title}](command:${command}?${encodeURIComponent(JSON.stringify([argument]))})`;
}

/** Names in backticks stay code; all else of the sentence is plain. */
function named(sentence: string): string {
  return sentence
    .split('`')
    .map((part, index) => (index % 2 === 0 ? escaped(part) : code(part)))
    .join('');
}

function code(text: string): string {
  const seen = visibleText(text).replace(/\s+/g, ' ');
  const longest = Math.max(0, ...(seen.match(/`+/g) ?? []).map((run) => run.length));
  const fence = '`'.repeat(longest + 1);
  const pad = longest > 0 ? ' ' : '';
  return seen === '' ? '' : `${fence}${pad}${seen}${pad}${fence}`;
}

/** Text of files and agents is no Markdown: no link, image or heading comes out of it. */
function escaped(text: string): string {
  return (
    visibleText(text)
      .replace(/[\\`*_{}[\]()#+!|<>~&-]/g, '\\$&')
      .replace(/\s+/g, ' ')
      .trimEnd() + (/\s$/.test(text) ? ' ' : '')
  );
}
