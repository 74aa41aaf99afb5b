import { accessFindings } from './access/access-finding.ts';
import type { MorePacks } from './assess.ts';
import type { ConfigAnswer } from './assess-config.ts';
import { mergeAlike } from './merge-alike.ts';
import { worstFirst } from './rate.ts';
import { configFinding } from './rules/config-finding.ts';
import { evaluateAll, type Side } from './rules/evaluate-all.ts';
import type { PackIndex } from './rules/index-packs.ts';
import { packIndex } from './rules/load-packs.ts';
import type { Edit, EngineSettings, Problem } from './types.ts';

/** What rules and access systems find between what both sides declare, the worst first. `packs`: see assessConfig. */
export function configFindings(
  edit: Edit,
  before: Side,
  after: Side,
  settings: EngineSettings & MorePacks,
  packs: PackIndex = packIndex(settings.packs),
): Pick<ConfigAnswer, 'findings' | 'governing' | 'problems'> {
  const { alarms, decided } = evaluateAll(before, after, packs, edit.path, settings.outOfTime);
  const sides = { path: edit.path, before: before.tree, after: after.tree };
  const access = accessFindings(edit.path, before, after, settings);
  const findings = [...mergeAlike(alarms.map((alarm) => configFinding(alarm, edit, sides, settings))), ...access.findings];
  return {
    findings: findings.sort(worstFirst),
    governing: new Set(alarms.flatMap(({ rule }) => (rule.governsAgent === true ? [rule.id] : []))),
    problems: [...access.problems, ...(decided ? [] : [OUT_OF_TIME])],
  };
}

const OUT_OF_TIME: Problem = {
  kind: 'undecided',
  message: 'This edit could not be worked out in time. Make it smaller, or have a person look at it.',
  blinds: true,
};
