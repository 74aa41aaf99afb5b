import type { MorePacks } from './assess.ts';
import { formatOf } from './read/format.ts';
import { governedBy, isWatchedByName } from './read/governed-path.ts';
import { readOnce } from './read/read-once.ts';
import type { Format, TextTree } from './read/tree.ts';
import type { Side } from './rules/evaluate-all.ts';
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

/**
 * Format → trees of both sides → what they declare → rules and access. Never throws: a fault is an undecided problem.
 * `packs`: where others are asked than the built-in ones and those of the settings.
 */
export function assessConfig(edit: Edit, settings: EngineSettings & MorePacks, packs?: PackIndex): ConfigAnswer {
  if (edit.before === edit.after) return NOTHING;
  try {
    return assessed(edit, settings, packs);
  } catch {
    const message = 'This file could not be worked out because of a fault in Countersign. Report it, and have a person look at the edit.';
    return { ...NOTHING, kind: 'config', problems: [{ kind: 'undecided', message, blinds: true }] };
  }
}

function assessed(edit: Edit, settings: EngineSettings & MorePacks, packs: PackIndex | undefined): ConfigAnswer {
  const format = formatOf(edit.path, edit.after.trim() === '' ? edit.before : edit.after) ?? proseOf(edit.path);
  if (format === undefined) return NOTHING;
  const readBefore = readOnce(format, edit.before, 'before');
  const before = sideOf(readBefore, edit.path);
  const after = sideOf(readOnce(format, edit.after, 'after', readBefore), edit.path);
  if (before.declarations.length + after.declarations.length === 0) {
    // Nothing is known here. Where a name is watched, a text that could not be read may still hold anything.
    return isWatchedByName(edit.path) && after.tree.problems.length > 0 ? { ...NOTHING, problems: after.tree.problems } : NOTHING;
  }
  // Rules and access systems are loaded only where something is declared that they could speak of.
  const { configFindings }: typeof import('./config-findings.ts') = (loaded.findings ??= require('./config-findings.ts'));
  const { findings, governing, problems } = configFindings(edit, before, after, settings, packs);
  return {
    kind: 'config',
    findings,
    governing,
    problems: [...problemsOf(before.tree, edit.before), ...afterProblems(format, before.tree, after.tree), ...problems],
  };
}

/** In a bundle every `require` makes an object of what the module exports. */
const loaded: { findings?: typeof import('./config-findings.ts') } = {};

/** Skills, commands and agents are prose that an agent follows, kept in its own folder. */
function proseOf(path: string): Format | undefined {
  return governedBy(path) !== undefined && /\.(md|mdc|txt)$/i.test(path) ? 'lines' : undefined;
}

function sideOf(tree: TextTree, path: string): Side {
  return { tree, declarations: tree.text.trim() === '' ? [] : declarationsOf(tree, path) };
}

function afterProblems(format: Format, before: TextTree, after: TextTree): readonly Problem[] {
  const problems = problemsOf(after, after.text);
  if (format !== 'dotenv' || problems.length === 0) return problems;
  const { withoutHarmlessRepeats }: typeof import('./read/repeated-names.ts') = require('./read/repeated-names.ts');
  return withoutHarmlessRepeats(problems, before, after);
}

/** A text that is not there has nothing to be unreadable. */
function problemsOf({ problems }: TextTree, text: string): readonly Problem[] {
  return text.trim() === '' ? [] : problems;
}
