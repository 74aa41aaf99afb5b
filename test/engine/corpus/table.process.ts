/**
 * `npm run corpus`: the labelled edits beside the repository, through the engine.
 *   --kind KIND   only this kind, or this source
 *   --misses      the risky edits without a finding on a changed line, by the source's rule
 *   --alarms      the reverses and neutral edits that ask for something
 *   --show ID     one edit with its findings, both ways
 */
import { parseArgs } from 'node:util';
import type { Finding } from '../../../server/engine/types.ts';
import { CORPUS } from '../../support/repository.ts';
import { type Measured, measureEdit, measureNeutral, type Row, rowsOf } from './measure.ts';

const { values: flags } = parseArgs({
  options: { kind: { type: 'string' }, misses: { type: 'boolean' }, alarms: { type: 'boolean' }, show: { type: 'string' } },
});

if (CORPUS === undefined) console.log('Skipped: the labelled edits are not beside the repository (../shared/corpus).');
else if (flags.show !== undefined) show(CORPUS, flags.show);
else table(CORPUS);

function table(folder: string): void {
  const wanted = ({ kind, source }: Row): boolean => flags.kind === undefined || kind === flags.kind || source === flags.kind;
  const edits = rowsOf(folder, 'edits.jsonl').filter(wanted).map(measureEdit);
  const neutral = rowsOf(folder, 'neutral.jsonl').filter(wanted).map(measureNeutral);
  for (const by of ['kind', 'source'] as const) {
    console.log(`\nby ${by}`.padEnd(23), 'edits  found   on change  reverse alarms   neutral  alarms  unread');
    for (const name of [...new Set(edits.map(({ row }) => row[by]))].sort((a, b) => count(edits, by, b) - count(edits, by, a))) {
      line(
        name,
        edits.filter(({ row }) => row[by] === name),
        neutral.filter(({ row }) => row[by] === name),
      );
    }
  }
  line('all', edits, neutral);
  if (flags.misses === true) misses(edits);
  if (flags.alarms === true) {
    for (const { row, reverseAlarms, reverse } of edits) if (reverseAlarms === true) console.log(`reverse ${about(row)}: ${told(reverse)}`);
    for (const { row, alarms, findings } of neutral) if (alarms === true) console.log(`neutral ${about(row)}: ${told(findings)}`);
  }
}

function line(name: string, edits: readonly Measured[], neutral: readonly { readonly alarms: boolean | undefined }[]): void {
  const judged = edits.filter(({ found }) => found !== undefined);
  const reversed = edits.filter(({ reverseAlarms }) => reverseAlarms !== undefined);
  const cells = [
    String(edits.length).padStart(6),
    share(judged.filter(({ anywhere }) => anywhere).length, judged.length),
    share(judged.filter(({ found }) => found === true).length, judged.length).padStart(12),
    share(reversed.filter(({ reverseAlarms }) => reverseAlarms === true).length, reversed.length).padStart(15),
    String(neutral.length).padStart(10),
    share(neutral.filter(({ alarms }) => alarms === true).length, neutral.filter(({ alarms }) => alarms !== undefined).length),
    String(edits.filter(({ unread }) => unread !== undefined).length).padStart(7),
  ];
  console.log(name.padEnd(22), cells.join(''));
}

function misses(edits: readonly Measured[]): void {
  const groups = new Map<string, Measured[]>();
  for (const edit of edits.filter(({ found }) => found === false)) {
    const key = `${edit.row.kind} ${edit.row.source} ${edit.row.rule}`;
    groups.set(key, [...(groups.get(key) ?? []), edit]);
  }
  console.log('\nmissed, by the rule of the source (* found, but not on a changed line; ! not read)');
  for (const [rule, missed] of [...groups].sort(([a], [b]) => (a < b ? -1 : 1))) {
    console.log(
      `${String(missed.length).padStart(4)}  ${rule}: ${missed.map(({ row, anywhere, unread }) => `${row.id}${anywhere ? '*' : ''}${unread === undefined ? '' : '!'}`).join(' ')}`,
    );
  }
}

function show(folder: string, id: string): void {
  const row = [...rowsOf(folder, 'edits.jsonl'), ...rowsOf(folder, 'neutral.jsonl')].find((each) => each.id === id);
  if (row === undefined) return console.log(`There is no edit ${id}.`);
  const { findings, reverse, unread } = measureEdit(row);
  console.log(about(row), `changed lines after: ${row.changedAfter?.join(', ') ?? ''}`);
  console.log(`--- before\n${numbered(row.before)}\n--- after\n${numbered(row.after)}`);
  console.log(`found: ${told(findings)}\nreverse: ${told(reverse)}${unread === undefined ? '' : `\nunread: ${unread}`}`);
}

function told(findings: readonly Finding[]): string {
  if (findings.length === 0) return 'nothing';
  return findings
    .map(
      ({ rule, severity, consequence, ranges }) =>
        `${severity} ${rule} at ${ranges.map(({ side, start, end }) => `${side === 'after' ? '' : '-'}${start.line}–${end.line}`).join(',')} ${consequence}`,
    )
    .join('\n       ');
}

function about({ id, kind, source, rule }: Row): string {
  return `${id} ${kind} ${source} ${rule}`;
}

function numbered(text: string): string {
  return text
    .split('\n')
    .map((each, index) => `${String(index + 1).padStart(4)} ${each}`)
    .join('\n');
}

function count(edits: readonly Measured[], by: 'kind' | 'source', name: string): number {
  return edits.filter(({ row }) => row[by] === name).length;
}

function share(part: number, whole: number): string {
  return whole === 0 ? '       –' : `${((100 * part) / whole).toFixed(1)} %`.padStart(8);
}
