import { readFileSync } from 'node:fs';
import { comparedTexts } from './scene.ts';

// Prints what the access systems find in a file of labelled edits: one JSON line for each.
const [, , file = ''] = process.argv;
for (const line of readFileSync(file, 'utf8').split('\n')) {
  if (line === '') continue;
  const row = JSON.parse(line) as {
    id: string;
    kind: string;
    rule: string;
    fileName: string;
    category: string;
    before: string;
    after: string;
    changedAfter?: readonly number[];
  };
  const run = (before: string, after: string): readonly object[] => {
    const { findings, problems } = comparedTexts(row.fileName, before, after);
    return [
      ...findings.map(({ severity, rule, consequence, ranges }) => ({
        severity,
        rule,
        consequence,
        lines: ranges.filter(({ side }) => side === 'after').map(({ start, end }) => [start.line, end.line]),
      })),
      ...problems.filter(({ kind }) => kind === 'undecided'),
    ];
  };
  process.stdout.write(
    `${JSON.stringify({ ...row, before: undefined, after: undefined, there: run(row.before, row.after), back: run(row.after, row.before) })}\n`,
  );
}
