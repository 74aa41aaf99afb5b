import { difference, tooLong } from './access/aws-iam/difference.ts';
import { loadCatalogue } from './access/aws-iam/catalogue.ts';
import { mayHoldPolicies, readPolicies } from './access/aws-iam/policy.ts';
import { changedPart } from './read/changed-part.ts';
import { looksLikePolicy, pathKind, speaksOfPolicy } from './read/document-kind.ts';
import { formatOf } from './read/format.ts';
import { governedBy, isWatchedByName, mayBeGoverned } from './read/governed-path.ts';
import { assessCommand } from './command/assess-command.ts';
import { forgetEdit } from './edit-memory.ts';
import { mergeAlike } from './merge-alike.ts';
import { worseOf, worstFirst } from './rate.ts';
import { findingOf } from './rules/aws-finding.ts';
import { placeOfGap } from './rules/changed-places.ts';
import { governingFinding } from './rules/governing-file-changed.ts';
import type { Pack } from './rules/pack.ts';
import { readOnce } from './read/read-once.ts';
import type { Format } from './read/tree.ts';
import { withPolicies } from './systems/terraform-policy.ts';
import type { Assessment, Edit, EngineSettings, Finding, Problem } from './types.ts';

export const DEFAULT_SETTINGS: EngineSettings = { sensitivity: [], accounts: [], outOfTime: () => false };

/** Packs beside the built-in ones, read and checked. The same list again costs nothing. */
export type MorePacks = { readonly packs?: readonly Pack[] | undefined };

/** What does this edit do? Pure: no IO but the catalogue's, no clock but `settings.outOfTime`. Never throws on any text. */
export function assess(edit: Edit, settings: EngineSettings & MorePacks): Assessment {
  forgetEdit();
  if (edit.command !== undefined)
    return { path: edit.path, kind: 'command', findings: [...assessCommand(edit, settings)].sort(worstFirst), problems: [] };
  const { kind, mayHoldPolicies: worthReading } = pathKind(edit.path);
  const governing = kind === 'governing' ? governed(edit) : undefined;
  const changed = edit.before !== edit.after && (worthReading || mayBeGoverned(edit.path));
  const iam = changed ? access(edit, settings) : undefined;
  const config = changed ? configured(edit, settings) : undefined;
  const known = kind === 'governing' ? kind : (iam?.kind ?? config?.kind ?? 'none');
  const findings = secrets([...(iam?.findings ?? []), ...withGoverning(governing?.findings[0], config)], edit, changed);
  return {
    path: edit.path,
    kind: known === 'none' && findings.length > 0 ? 'config' : known,
    findings: [...findings].sort(worstFirst),
    problems: once([
      ...(governing?.problems ?? []),
      ...(iam?.problems ?? []),
      ...(config?.problems ?? []),
      ...(changed && known !== 'none' ? disguised(edit) : []),
    ]),
  };
}

/**
 * That a file which governs was changed at all is told only where no rule says what the change does. Where one does, its worst finding
 * weighs no less than that would: a precise word must not make an edit pass that was held before.
 */
function withGoverning(general: Finding | undefined, config: Part | undefined): readonly Finding[] {
  const told = config?.findings ?? [];
  if (general === undefined) return told;
  const precise = told.filter(({ rule }) => config?.governing?.has(rule) === true);
  const [worst] = [...precise].sort(worstFirst);
  if (worst === undefined) return [general, ...told];
  return told.map((finding) => (finding === worst ? { ...finding, severity: worseOf(finding.severity, general.severity) } : finding));
}

/** Policies and rules read the same text, and say the same of what could not be read. */
function once(problems: readonly Problem[]): readonly Problem[] {
  const told = new Map<string, Problem>();
  for (const problem of problems) {
    const key = `${problem.place?.side ?? ''}\n${problem.message}`;
    if (told.get(key)?.blinds !== true) told.set(key, problem);
  }
  return [...told.values()];
}

/** Characters that take noticeable time to read. */
const LARGE = 500_000;

type Part = {
  readonly kind: Assessment['kind'];
  readonly findings: readonly Finding[];
  readonly problems: readonly Problem[];
  readonly governing?: ReadonlySet<string>;
};

/** In a bundle every `require` makes an object of what the module exports. */
const loaded: {
  config?: typeof import('./assess-config.ts');
  secrets?: typeof import('./rules/secret-findings.ts');
} = {};

/** Readers and rules of other formats are loaded by need: most edits of a policy never ask for them. */
function configured(edit: Edit, settings: EngineSettings & MorePacks): Part {
  const { assessConfig }: typeof import('./assess-config.ts') = (loaded.config ??= require('./assess-config.ts'));
  return assessConfig(edit, settings);
}

/** With the secrets that the edit writes out, and without what they say. Never throws: what other rules found is told in any case. */
function secrets(findings: readonly Finding[], edit: Edit, isConfig: boolean): readonly Finding[] {
  if (edit.before === edit.after) return findings;
  const { secretFindings, withoutSecrets }: typeof import('./rules/secret-findings.ts') = (loaded.secrets ??=
    require('./rules/secret-findings.ts'));
  return withoutSecrets([...findings, ...secretFindings(edit, isConfig)], edit, isConfig);
}

/** What is written in characters that pass for others. Hardly any edit has such. */
function disguised(edit: Edit): readonly Problem[] {
  const stretch = changedPart(edit.before, edit.after).after;
  if (!mayBeDisguised(edit.after.slice(stretch.start, stretch.end + 1))) return [];
  const format = formatOf(edit.path, edit.after);
  if (format === undefined) return [];
  const { disguises }: typeof import('./read/disguised.ts') = require('./read/disguised.ts');
  return disguises(readOnce(format, edit.after, 'after'), stretch);
}

/** Quick: a character that is not ASCII, or an escape that may stand for one, or a line end that only some readers see. */
function mayBeDisguised(text: string): boolean {
  return /[^\0-\x7f]|\\[uUxN]|\r(?!\n)/.test(text);
}

function governed(edit: Edit): Part {
  const finding = governingFinding(edit);
  return { kind: 'governing', findings: finding === undefined ? [] : [finding], problems: [] };
}

function access(edit: Edit, settings: EngineSettings): Part | undefined {
  if (!mayEitherHold(edit) && !isWatchedByName(edit.path)) return undefined;
  try {
    return accessOf(edit, settings);
  } catch {
    return undecided('This file could not be worked out because of a fault in Countersign. Report it, and have a person look at the edit.');
  }
}

/** What the texts share is searched once. */
function mayEitherHold({ before, after }: Edit): boolean {
  if (mayHoldPolicies(before)) return true;
  const { start, end } = changedPart(before, after).after;
  return mayHoldPolicies(after.slice(Math.max(0, start - LONGEST_WORD), end + LONGEST_WORD));
}

/** Of the words that are looked for. */
const LONGEST_WORD = 10;

function accessOf(edit: Edit, settings: EngineSettings): Part | undefined {
  const format = policyFormat(edit);
  if (format === undefined) return undefined;
  const readBefore = readOnce(format, edit.before, 'before');
  const before = withPolicies(readBefore);
  const after = withPolicies(readOnce(format, edit.after, 'after', readBefore));
  const policiesOf = format === 'hcl' || mayHideOne(edit.before) || mayHideOne(edit.after) ? readPolicies : () => NO_POLICIES;
  const beforePolicies = policiesOf(before, edit.path);
  if (settings.outOfTime() && edit.before.length + edit.after.length > LARGE)
    return { kind: 'aws-iam', findings: [], problems: [tooLong(undefined)] };
  const afterPolicies = policiesOf(after, edit.path);
  const found = beforePolicies.documents.length + afterPolicies.documents.length > 0;
  const read = [
    ...(found ? before.problems.filter(({ kind }) => kind !== 'unreadable' || edit.before.trim() !== '') : []),
    ...after.problems,
  ];
  if (!found) {
    // Nothing was seen. That is an answer only when everything could be read, or when nothing speaks of a policy.
    if (after.problems.length === 0 || !looksLikePolicy(edit.path, edit.after)) return undefined;
    return {
      kind: 'aws-iam',
      findings: [],
      problems: after.problems.map((problem) => ({
        ...problem,
        kind: problem.kind === 'partly-read' ? 'unreadable' : problem.kind,
        blinds: true,
      })),
    };
  }
  if (
    beforePolicies.documents.length > 0 &&
    afterPolicies.documents.length === 0 &&
    after.documents.length === 0 &&
    edit.after.trim() !== ''
  ) {
    return { kind: 'aws-iam', findings: [], problems: after.problems.map((problem) => ({ ...problem, blinds: true })) };
  }
  const problems = [...read, ...beforePolicies.problems, ...afterPolicies.problems];
  const catalogue = loadCatalogue();
  if (!catalogue.ok)
    return { kind: 'aws-iam', findings: [], problems: [...problems, { kind: 'undecided', message: catalogue.problem, blinds: true }] };

  const compared = difference(beforePolicies.documents, afterPolicies.documents, catalogue.catalogue, settings.outOfTime);
  const findings: Finding[] = [];
  for (const expansion of compared.expansions) {
    // The first is told even when time is up: one is enough to hold the edit, and telling one is quick.
    if (findings.length > 0 && settings.outOfTime()) {
      if (!compared.problems.some(({ blinds }) => blinds)) problems.push(tooLong(expansion.pair.after));
      break;
    }
    findings.push(
      findingOf(expansion, {
        path: edit.path,
        ...expansion.pair,
        beforeAll: beforePolicies.documents,
        gapOf: ({ start }) => placeOfGap(start.offset, before, after),
        catalogue: catalogue.catalogue,
        settings,
      }),
    );
  }
  return { kind: 'aws-iam', findings: mergeAlike(findings, ({ previously }) => previously), problems: [...problems, ...compared.problems] };
}

const NO_POLICIES: ReturnType<typeof readPolicies> = { documents: [], problems: [] };

/** Of JSON and YAML: a policy, or something that may stand for a letter of its words (an escape, an encoding, an alias). */
function mayHideOne(text: string): boolean {
  return mayHoldPolicies(text) || /[\\%]|!!binary/.test(text);
}

/** The formats that policies are written in. What the path does not tell is tried as JSON. */
function policyFormat(edit: Edit): Format | undefined {
  const named = formatOf(edit.path, edit.after.trim() === '' ? edit.before : edit.after);
  // A hook's script or the like is asked about as a whole: that it is no JSON keeps nobody from reading it.
  if (named === undefined && governedBy(edit.path) !== undefined && !speaksOfPolicy(edit.before) && !speaksOfPolicy(edit.after))
    return undefined;
  const format = named === undefined || named === 'json5' ? 'json' : named;
  return format === 'json' || format === 'yaml' || format === 'hcl' ? format : undefined;
}

function undecided(message: string): Part {
  return { kind: 'aws-iam', findings: [], problems: [{ kind: 'undecided', message, blinds: true }] };
}
