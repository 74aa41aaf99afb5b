import { forgetEdit } from '../edit-memory.ts';
import { assessConfig } from '../assess-config.ts';
import { compareSeverity } from '../rate.ts';
import type { Finding, Provenance } from '../types.ts';
import { indexPacks } from './index-packs.ts';
import type { Pack, PackRule, PackTest } from './pack.ts';

/** One case of a rule, run. `failures` are sentences; none: it passed. */
export type CaseResult = { readonly rule: string; readonly index: number; readonly title: string; readonly failures: readonly string[] };

/** A rule and what is missing in its tests. */
export type PackResult = { readonly pack: string; readonly cases: readonly CaseResult[]; readonly untested: readonly string[] };

/** Runs the tests that stand beside the rules of a pack. */
export function testPack(pack: Pack): PackResult {
  return {
    pack: pack.pack,
    cases: pack.rules.flatMap((rule) => (rule.tests ?? []).map((test, index) => runCase(rule, test, index))),
    untested: pack.rules.flatMap(({ id, tests = [] }) => {
      const missing = [
        ...(tests.some(({ alarms }) => alarms.length > 0) ? [] : ['test that must alarm']),
        ...(tests.some(({ alarms }) => alarms.length === 0) ? [] : ['neutral test (alarms: [])']),
      ];
      return missing.length === 0 ? [] : [`${id} has no ${missing.join(' and no ')}. Add it.`];
    }),
  };
}

function runCase(rule: PackRule, test: PackTest, index: number): CaseResult {
  const title = test.title ?? (test.alarms.length > 0 ? `alarms in ${test.path}` : `stays quiet in ${test.path}`);
  const failures: string[] = [];
  const there = findingsOf(rule, test, test.before, test.after);
  failures.push(...there.problems, ...compare(test, there.findings));
  if (test.alarms.length > 0) {
    const same = findingsOf(rule, test, test.after, test.after).findings;
    if (same.length > 0) failures.push('It alarms on a text that did not change.');
    if (test.reverse !== 'alarms') {
      const back = findingsOf(rule, test, test.after, test.before).findings.filter(
        ({ severity }) => compareSeverity(severity, 'medium') <= 0,
      );
      failures.push(
        ...back.map((finding) => `The reverse alarms too: ${told(finding)}. Hardening must be quiet; or say \`reverse: alarms\`.`),
      );
    }
  }
  return { rule: rule.id, index, title, failures };
}

function compare({ alarms }: PackTest, findings: readonly Finding[]): readonly string[] {
  const failures: string[] = [];
  const left = [...findings];
  for (const { severity, lines = [] } of alarms) {
    const found = left.findIndex((finding) => finding.severity === severity && lines.every((line) => startsOf(finding).includes(line)));
    if (found === -1) {
      const seen = left.length === 0 ? 'there was none' : `there was ${left.map(told).join('; ')}`;
      failures.push(`Expected ${severity}${lines.length > 0 ? ` at line ${lines.join(', ')}` : ''}, but ${seen}.`);
    } else left.splice(found, 1);
  }
  if (failures.length === 0) failures.push(...left.map((finding) => `Unexpected: ${told(finding)}.`));
  return failures;
}

function findingsOf(
  rule: PackRule,
  test: PackTest,
  before: string,
  after: string,
): { readonly findings: readonly Finding[]; readonly problems: readonly string[] } {
  const provenance: Provenance = { channel: 'hook', certainty: 'attested', agent: { name: test.agent ?? 'Another agent' } };
  const alone = indexPacks([{ pack: 'case', version: '0.0.0', title: 'case', rules: [rule] }]);
  forgetEdit();
  const { findings, problems } = assessConfig(
    { path: test.path, before, after, provenance },
    { sensitivity: [], accounts: [], outOfTime: () => false },
    alone,
  );
  return {
    findings: findings.filter((finding) => finding.rule === rule.id),
    problems: problems.filter(({ blinds }) => blinds).map(({ message }) => `The text after is not read whole: ${message}`),
  };
}

function startsOf({ ranges }: Finding): readonly number[] {
  return ranges.filter(({ side }) => side === 'after').map(({ start }) => start.line);
}

function told(finding: Finding): string {
  return `${finding.severity} at line ${startsOf(finding).join(', ') || '–'} (${finding.consequence})`;
}
