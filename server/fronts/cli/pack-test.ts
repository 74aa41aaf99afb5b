import { type CaseResult, testPack } from '../../engine/rules/test-pack.ts';
import { count } from '../report/report-words.ts';
import { type CliIo, fail, say } from './io.ts';
import type { PackArguments } from './pack.ts';
import { type GoodPack, packFiles, problemLines, sorted } from './pack-files.ts';

type Outcome = { readonly file: string; readonly line: number; readonly text: string };

/** Runs the tests beside the rules. 1 when one fails, a rule has none, or a pack cannot be read. */
export function testCommand({ paths, json, rule }: PackArguments, io: CliIo): number {
  const found = packFiles(paths, io.cwd);
  if (!found.ok) return fail(io, found.problem);
  const { good, problems } = sorted(found.files);
  const failed: Outcome[] = problems.map(({ file, line, message }) => ({ file, line, text: message }));
  let passed = 0;
  for (const each of good) {
    const asked = rule === undefined ? each.pack : { ...each.pack, rules: each.pack.rules.filter(({ id }) => id === rule) };
    const { cases, untested } = testPack(asked);
    for (const result of cases) {
      if (result.failures.length === 0) passed += 1;
      else
        failed.push(
          ...result.failures.map((text) => ({
            file: each.file,
            line: lineOf(each, result),
            text: `${result.rule}, ${result.title}: ${text}`,
          })),
        );
    }
    failed.push(...untested.map((text) => ({ file: each.file, line: lineOfRule(each, text.split(' ', 1)[0] ?? ''), text })));
  }
  if (rule !== undefined && !good.some(({ pack }) => pack.rules.some(({ id }) => id === rule)))
    return fail(io, `There is no rule "${rule}" in ${paths.join(', ') || 'this folder'}.`);
  if (json) say(io, `${JSON.stringify({ passed, failed: failed.length, failures: failed }, null, 2)}\n`);
  else {
    say(io, problemLines(failed.map(({ file, line, text }) => ({ file, line, message: text }))));
    const rules = good.reduce((sum, { pack }) => sum + pack.rules.length, 0);
    say(io, `${count(good.length, 'pack')}, ${count(rules, 'rule')}: ${count(passed, 'case')} passed, ${failed.length} failed.\n`);
  }
  return failed.length === 0 ? 0 : 1;
}

function lineOf({ pack, lineOf: at }: GoodPack, { rule, index }: CaseResult): number {
  return at(['rules', pack.rules.findIndex(({ id }) => id === rule), 'tests', index]);
}

function lineOfRule({ pack, lineOf: at }: GoodPack, rule: string): number {
  return at(['rules', pack.rules.findIndex(({ id }) => id === rule)]);
}
