import { celProblem } from './cel.ts';
import type { Matcher, Pack, PackRule, Predicate } from './pack.ts';
import { parsePath } from './path.ts';
import { patternProblem } from './pattern.ts';
import { partsOf, testsOf } from './predicate-parts.ts';
import { wordsOf } from './template.ts';

/** `grave`: the pack cannot be used with it. Otherwise it can, but should not be shared so. */
export type LintProblem = { readonly at: readonly (string | number)[]; readonly message: string; readonly grave: boolean };

const LONGEST_CONSEQUENCE = 18;
const FACTS = new Set(['name', 'type', 'item', 'value', 'before', 'path']);

/** What a schema cannot say about a pack: that its paths, patterns and expressions are good ones, and that it is tested and told well. */
export function lintPack(pack: Pack): readonly LintProblem[] {
  const seen = new Set<string>();
  return pack.rules.flatMap((rule, index) => {
    const at = ['rules', index];
    const twice: readonly LintProblem[] = seen.has(rule.id)
      ? [{ at: [...at, 'id'], message: `The id ${rule.id} is there twice. Give one of them another.`, grave: true }]
      : [];
    seen.add(rule.id);
    return [...twice, ...lintRule(rule, at)];
  });
}

function lintRule(rule: PackRule, at: readonly (string | number)[]): readonly LintProblem[] {
  const problems: LintProblem[] = [];
  const grave = (where: readonly (string | number)[], message: string | undefined): void => {
    if (message !== undefined) problems.push({ at: [...at, ...where], message, grave: true });
  };
  const mild = (where: readonly (string | number)[], message: string): void =>
    void problems.push({ at: [...at, ...where], message, grave: false });

  if (rule.each !== undefined) grave(['each'], pathProblem(rule.each));
  if (rule.at !== undefined) grave(['at'], pathProblem(rule.at));
  visitPredicate(rule.when, ['when'], grave);
  visitPredicate(rule.was, ['was'], grave);
  for (const [index, level] of (rule.levels ?? []).entries()) visitPredicate(level.when, ['levels', index, 'when'], grave);
  if (['lowered', 'raised', 'changed'].includes(rule.alarm ?? 'becomes') && rule.at === undefined) {
    grave(['alarm'], `The alarm ${rule.alarm} compares the value at \`at\`. Add \`at\`.`);
  }
  if (rule.order !== undefined && rule.alarm !== 'lowered' && rule.alarm !== 'raised')
    grave(['order'], '`order` belongs to the alarms lowered and raised. Take it out.');
  if ((rule.alarm ?? 'becomes') === 'becomes' && rule.when === undefined && rule.new === 'quiet') {
    grave(['new'], 'Without `when`, only new items can alarm, and `new: quiet` silences those. Add `when`.');
  }
  if (rule.new === 'written' && rule.at === undefined) grave(['new'], '`new: written` looks for a value at `at`. Add `at`.');
  for (const [key, template] of templatesOf(rule)) {
    for (const word of wordsOf(template)) if (!FACTS.has(word)) grave([key], pathProblem(word));
  }

  const words = rule.consequence.trim().split(/\s+/).length;
  if (words > LONGEST_CONSEQUENCE)
    mild(['consequence'], `The consequence has ${words} words; at most ${LONGEST_CONSEQUENCE} are read in one look. Shorten it.`);
  if (!/[.!]$/.test(rule.consequence.trim())) mild(['consequence'], 'The consequence is a sentence. End it with a full stop.');
  if (rule.previously !== undefined && !rule.previously.startsWith('Before:')) mild(['previously'], 'Begin it with "Before:".');
  const tests = rule.tests ?? [];
  if (!tests.some(({ alarms }) => alarms.length > 0)) mild(['tests'], 'The rule has no test that must alarm. Add one.');
  if (!tests.some(({ alarms }) => alarms.length === 0)) mild(['tests'], 'The rule has no neutral test, one with `alarms: []`. Add one.');
  return problems;
}

function templatesOf(rule: PackRule): readonly (readonly [string, string])[] {
  return [
    ['consequence', rule.consequence],
    ...(rule.previously === undefined ? [] : [['previously', rule.previously] as const]),
    ...(rule.opened === undefined ? [] : [['opened', `${rule.opened.name} ${rule.opened.kind}`] as const]),
  ];
}

type Tell = (where: readonly (string | number)[], message: string | undefined) => void;

function visitPredicate(predicate: Predicate | undefined, at: readonly (string | number)[], tell: Tell): void {
  if (predicate === undefined) return;
  for (const part of partsOf(predicate)) {
    const here = [...at, part.kind === 'path' ? part.path : part.kind];
    switch (part.kind) {
      case 'cel':
        tell(here, celProblem(part.expression));
        break;
      case 'some':
      case 'no':
        tell([...here, 'each'], pathProblem(part.items.each));
        visitPredicate(part.items.when, [...here, 'when'], tell);
        break;
      case 'path':
        tell(here, pathProblem(part.path));
        visitMatcher(part.matcher, here, tell);
        break;
      default:
        for (const [index, inner] of part.of.entries()) visitPredicate(inner, [...here, index], tell);
    }
  }
}

function visitMatcher(matcher: Matcher, at: readonly (string | number)[], tell: Tell): void {
  const tests = testsOf(matcher);
  if (tests.matches !== undefined) tell([...at, 'matches'], patternProblem(tests.matches));
  if (Object.keys(tests).length === 1 && tests.default !== undefined)
    tell([...at, 'default'], '`default` alone tests nothing. Add a test beside it.');
  for (const key of ['not', 'contains', 'every'] as const) {
    const inner = tests[key];
    if (inner !== undefined) visitMatcher(inner, [...at, key], tell);
  }
  for (const [index, inner] of (tests.any ?? []).entries()) visitMatcher(inner, [...at, 'any', index], tell);
}

function pathProblem(path: string): string | undefined {
  const parsed = parsePath(path);
  return 'problem' in parsed ? parsed.problem : undefined;
}
