import { accessFindings } from './access/access-finding.ts';
import { mergeAlike } from './merge-alike.ts';
import { compareSeverity } from './rate.ts';
import { formatOf } from './read/format.ts';
import { governedBy, isWatchedByName } from './read/governed-path.ts';
import { readOnce } from './read/read-once.ts';
import type { Format, TextTree } from './read/tree.ts';
import { configFinding } from './rules/config-finding.ts';
import { evaluateAll, type Side } from './rules/evaluate-all.ts';
import type { PackIndex } from './rules/index-packs.ts';
import { declarationsOf } from './systems/registry.ts';
import type { DocumentKind, Edit, EngineSettings, Finding, Problem } from './types.ts';

/** What the packs and the access systems make of an edit. `none`: nothing here is declared in words that are known. */
export type ConfigAnswer = {
  readonly kind: DocumentKind;
  readonly findings: readonly Finding[];
  readonly problems: readonly Problem[];
  /** Ids of rules among the findings that speak of what agents, editors or Countersign may do. */
  readonly governing: ReadonlySet<string>;
};

const NOTHING: ConfigAnswer = { kind: 'none', findings: [], problems: [], governing: new Set() };

/** Format → trees of both sides → what they declare → rules and access. Never throws: a fault is an undecided problem. */
export function assessConfig(edit: Edit, settings: EngineSettings, packs: PackIndex): ConfigAnswer {
  if (edit.before === edit.after) return NOTHING;
  try {
    return assessed(edit, settings, packs);
  } catch {
    const message = 'This file could not be worked out because of a fault in Countersign. Report it, and have a person look at the edit.';
    return { ...NOTHING, kind: 'config', problems: [{ kind: 'undecided', message, blinds: true }] };
  }
}

function assessed(edit: Edit, settings: EngineSettings, packs: PackIndex): ConfigAnswer {
  const format = formatOf(edit.path, edit.after.trim() === '' ? edit.before : edit.after) ?? proseOf(edit.path);
  if (format === undefined) return NOTHING;
  const readBefore = readOnce(format, edit.before, 'before');
  const before = sideOf(readBefore, edit.path);
  const after = sideOf(readOnce(format, edit.after, 'after', readBefore), edit.path);
  if (before.declarations.length + after.declarations.length === 0) {
    // Nothing is known here. Where a name is watched, a text that could not be read may still hold anything.
    return isWatchedByName(edit.path) && after.tree.problems.length > 0 ? { ...NOTHING, problems: after.tree.problems } : NOTHING;
  }
  const { alarms, decided } = evaluateAll(before, after, packs, edit.path, settings.outOfTime);
  const sides = { path: edit.path, before: before.tree, after: after.tree };
  const access = accessFindings(edit.path, before, after, settings);
  const findings = [...mergeAlike(alarms.map((alarm) => configFinding(alarm, edit, sides, settings))), ...access.findings];
  return {
    kind: 'config',
    findings: findings.sort(worstFirst),
    governing: new Set(alarms.flatMap(({ rule }) => (rule.governsAgent === true ? [rule.id] : []))),
    problems: [
      ...problemsOf(before.tree, edit.before),
      ...problemsOf(after.tree, edit.after),
      ...access.problems,
      ...(decided ? [] : [OUT_OF_TIME]),
    ],
  };
}

/** Skills, commands and agents are prose that an agent follows, kept in its own folder. */
function proseOf(path: string): Format | undefined {
  return governedBy(path) !== undefined && /\.(md|mdc|txt)$/i.test(path) ? 'lines' : undefined;
}

const OUT_OF_TIME: Problem = {
  kind: 'undecided',
  message: 'This edit could not be worked out in time. Make it smaller, or have a person look at it.',
  blinds: true,
};

function sideOf(tree: TextTree, path: string): Side {
  return { tree, declarations: tree.text.trim() === '' ? [] : declarationsOf(tree, path) };
}

/** A text that is not there has nothing to be unreadable. */
function problemsOf({ problems }: TextTree, text: string): readonly Problem[] {
  return text.trim() === '' ? [] : problems;
}

function worstFirst(a: Finding, b: Finding): number {
  return compareSeverity(a.severity, b.severity) || (a.ranges[0]?.start.offset ?? 0) - (b.ranges[0]?.start.offset ?? 0);
}
