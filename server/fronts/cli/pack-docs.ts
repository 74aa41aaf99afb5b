import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Pack, PackRule } from '../../engine/rules/pack.ts';
import { count } from '../report/report-words.ts';
import { type CliIo, fail, say } from './io.ts';
import type { PackArguments } from './pack.ts';
import { packFiles, problemLines, sorted } from './pack-files.ts';

/** Writes a page for each rule into a folder, or all of them to the terminal. */
export function docsCommand({ paths, out, rule }: PackArguments, io: CliIo): number {
  const found = packFiles(paths, io.cwd);
  if (!found.ok) return fail(io, found.problem);
  const { good, problems } = sorted(found.files);
  if (problems.length > 0) return fail(io, problemLines(problems).trimEnd());
  const pages = good.flatMap(({ pack }) =>
    pack.rules.filter(({ id }) => rule === undefined || id === rule).map((each) => ({ name: `${each.id}.md`, text: pageOf(pack, each) })),
  );
  if (out === undefined) return say(io, pages.map(({ text }) => text).join('\n'));
  const folder = resolve(io.cwd, out);
  mkdirSync(folder, { recursive: true });
  for (const { name, text } of pages) writeFileSync(join(folder, name), text);
  const index = good.map(({ pack }) => indexOf(pack)).join('\n');
  writeFileSync(join(folder, 'README.md'), `# Rules\n\n${index}`);
  return say(io, `Wrote ${count(pages.length, 'page')} and README.md into ${out}.\n`);
}

function indexOf(pack: Pack): string {
  const rows = pack.rules.map(({ id, title, severity }) => `| [${id}](${id}.md) | ${severity} | ${cell(title)} |`);
  return [
    `## ${pack.title} (${pack.pack} ${pack.version})`,
    '',
    '| rule | severity | what happened |',
    '| --- | --- | --- |',
    ...rows,
    '',
  ].join('\n');
}

/** One rule's page. The first alarming test is its example. */
function pageOf(pack: Pack, rule: PackRule): string {
  const example = rule.tests?.find(({ alarms }) => alarms.length > 0);
  const levels = (rule.levels ?? []).map(({ severity }) => severity);
  return [
    `# ${rule.id}`,
    '',
    `${rule.title}. Pack \`${pack.pack}\`, severity **${rule.severity}**${levels.length === 0 ? '' : ` (${[...new Set(levels)].join(', ')} in some cases)`}.`,
    '',
    `> ${rule.consequence}`,
    '',
    `**What to do instead.** ${rule.fix}`,
    '',
    `**How it goes wrong.** ${rule.failureMode}`,
    '',
    ...(rule.unchecked === undefined ? [] : [`**Not looked at.** ${rule.unchecked.join('; ')}.`, '']),
    ...(example === undefined
      ? []
      : [`**Example** (\`${example.path}\`)`, '', 'Before:', '', fenced(example.before), 'After:', '', fenced(example.after)]),
    `References: ${rule.references.join(', ')}.${rule.ignorable === false ? ' This rule cannot be ignored.' : ''}`,
    '',
  ].join('\n');
}

function fenced(text: string): string {
  return `~~~\n${text.trimEnd()}\n~~~\n`;
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}
