import { fingerprint, withFingerprint } from '../fingerprint.ts';
import { distinctPlaces, mergeAlike } from '../merge-alike.ts';
import { compareSeverity, milderOf, sensitivityOf } from '../rate.ts';
import { lineStarts } from '../read/positions.ts';
import type { TextTree } from '../read/tree.ts';
import { changesInStep } from '../rules/in-step.ts';
import type { Declaration } from '../systems/declaration.ts';
import type { EngineSettings, Finding, Place, Problem, Witness } from '../types.ts';
import { type ChangedLines, changedLines } from './changed-lines.ts';
import { canonicalText, expansionsOf } from './cover.ts';
import type { AccessFinding, Grant } from './grant.ts';
import { identities } from './identity.ts';
import { ACCESS_SYSTEMS } from './registry.ts';
import type { AccessSide, AccessSystem, ReadSide } from './side.ts';
import { twins } from './unchanged.ts';

/** What the access systems make of an edit, worst first. */
export type AccessAnswer = { readonly findings: readonly Finding[]; readonly problems: readonly Problem[] };

/** More grants than this in one text are not compared. */
const MOST_GRANTS = 20_000;

/** Compares what the two texts allow, system by system. Never throws: a fault is an undecided problem. */
export function accessFindings(
  path: string,
  before: AccessSide,
  after: AccessSide,
  settings: Pick<EngineSettings, 'sensitivity' | 'outOfTime'>,
): AccessAnswer {
  const changed = changedOf(before, after);
  const concerned = changed ?? [...before.declarations, ...after.declarations];
  const systems = concerned.length === 0 ? [] : ACCESS_SYSTEMS.filter(({ concerns }) => concerned.some(concerns));
  if (systems.length === 0) return { findings: [], problems: [] };
  const twinOf = twins(before.declarations, after.declarations);
  const identityOf = identities(before.declarations, after.declarations);
  let differing: ChangedLines | undefined;
  const lines = (): ChangedLines => (differing ??= changedLines(before.tree.text, after.tree.text));
  const answers = systems.map((system) => {
    try {
      return answerOf(
        system,
        path,
        { ...before, other: after, identityOf, twinOf, changed, placeOf: placer(before.tree) },
        { ...after, other: before, identityOf, twinOf, changed, placeOf: placer(after.tree) },
        lines,
        settings,
      );
    } catch {
      return undecided(
        'This file could not be worked out because of a fault in Countersign. Report it, and have a person look at the edit.',
      );
    }
  });
  return {
    findings: answers
      .flatMap(({ findings }) => findings)
      .sort((a, b) => compareSeverity(a.severity, b.severity) || (a.ranges[0]?.start.offset ?? 0) - (b.ranges[0]?.start.offset ?? 0)),
    problems: answers.flatMap(({ problems }) => problems),
  };
}

/** Only where both texts declare things of the same names in the same order has what says the same as before the same meaning. */
function changedOf({ declarations: before }: AccessSide, { declarations: after }: AccessSide): readonly Declaration[] | undefined {
  const changes = changesInStep(before, after);
  return changes?.flatMap((change, i) => (change === undefined ? [] : [before[i], after[i]].filter((each) => each !== undefined)));
}

function answerOf(
  system: AccessSystem,
  path: string,
  before: ReadSide,
  after: ReadSide,
  lines: () => ChangedLines,
  settings: Pick<EngineSettings, 'sensitivity' | 'outOfTime'>,
): AccessAnswer {
  const old = upTo(system.grants(before));
  const now = upTo(system.grants(after));
  if (old === undefined || now === undefined)
    return undecided(
      `This file gives more than ${MOST_GRANTS} single rights, too many to compare. Split it, or have a person look at the edit.`,
    );
  const expansions = expansionsOf(old, now, settings.outOfTime, system.likeness);
  if (expansions.length === 0) return { findings: [], problems: [] };
  const told = system.findings(expansions, { before: old, after: now });
  // Nothing that was taken away is worse than the worst, and a note is told in any case.
  const lost = told.some(({ severity }) => severity !== 'critical' && compareSeverity(severity, 'low') < 0)
    ? system.findings(expansionsOf(now, old, settings.outOfTime, system.likeness), { before: now, after: old })
    : [];
  const findings = told.map((found) => findingOf(traded(found, lost, system), system, path, before.tree, after.tree, lines(), settings));
  const problems = expansions.some(({ decided }) => !decided)
    ? undecided('Some of what this file allows could not be compared in time; it is taken as new. Make the edit smaller.').problems
    : [];
  return { findings: mergeAlike(findings).map(withFewRanges), problems };
}

/** Something worse was taken from the same subject in the same edit: a step back with a new foot, worth a note. */
function traded(found: AccessFinding, lost: readonly AccessFinding[], system: AccessSystem): AccessFinding {
  const subjects = new Set(found.expansions.map(({ grant }) => system.subjectOf(grant)));
  const better = lost.some(
    ({ severity, expansions }) =>
      compareSeverity(severity, found.severity) < 0 &&
      [...subjects].every((subject) => expansions.some(({ grant }) => system.subjectOf(grant) === subject)),
  );
  return better ? { ...found, severity: milderOf(found.severity, 'low') } : found;
}

function findingOf(
  found: AccessFinding,
  system: AccessSystem,
  path: string,
  before: TextTree,
  after: TextTree,
  lines: ChangedLines,
  settings: Pick<EngineSettings, 'sensitivity'>,
): Finding {
  const rule = system.rules[found.rule];
  const grants = found.expansions.map(({ grant }) => grant);
  const lost = found.expansions.flatMap(({ nearest }) => (nearest === undefined ? [] : [nearest]));
  const finding: Omit<Finding, 'fingerprint'> = {
    rule: found.rule,
    severity: found.severity,
    confidence: grants.some(({ unresolved }) => unresolved === true) && found.confidence === 'proved' ? 'unknown' : found.confidence,
    rating: {
      sensitivity: sensitivityOf(
        [found.opened.name, ...grants.slice(0, 20).map(({ resource }) => resource.replace(SPEAKER, ''))],
        settings,
      ),
      blastRadius: found.blastRadius,
      gain: found.gain,
    },
    consequence: found.consequence,
    previously: found.previously,
    opened: found.opened,
    witness: found.witness ?? witnessOf(grants[0]),
    ranges: rangesOf(grants, lost, before, after, lines),
    fix: rule?.fix ?? '',
    failureMode: rule?.failureMode ?? '',
    unchecked: rule?.unchecked ?? [],
    references: rule?.references ?? [],
  };
  return withFingerprint(finding, () =>
    fingerprint(path, { system: system.id, rule: found.rule, grants: [...new Set(grants.map(canonicalText))].sort() }),
  );
}

function witnessOf(grant: Grant | undefined): Witness | undefined {
  if (grant === undefined) return undefined;
  const resource = [...grant.scope, grant.resource].filter((part) => part !== '').join('/');
  return {
    who: grant.principal.label.replaceAll('`', ''),
    principal: grant.principal.name,
    action: grant.action,
    resource,
    context: grant.condition === undefined ? {} : { condition: grant.condition },
    request: `${grant.action} on ${resource}`,
  };
}

const MOST_RANGES = 20;

/**
 * The parts of the grants that stand on changed lines. Where none does (something was only taken away), the lines beside the gap,
 * and where it stood before.
 */
function rangesOf(
  grants: readonly Grant[],
  lost: readonly Grant[],
  before: TextTree,
  after: TextTree,
  lines: ChangedLines,
): readonly Place[] {
  const written = grants.flatMap(({ places }) => places);
  const own = distinctPlaces(written.filter(({ side }) => side === 'after'));
  // With the line before it: the key or label that names it stands there.
  const bodies = (): readonly Place[] =>
    [...new Set(grants.map(({ declaration }) => declaration.node))]
      .filter(({ length }) => length > 0)
      .map((node) => {
        const place = after.placeOf(node.offset, node.offset + node.length);
        return { ...place, start: lineOf(Math.max(1, place.start.line - 1), after).start };
      });
  const mine = distinctPlaces(written.filter(({ side }) => side === 'before'));
  const gone = [...mine, ...lost.flatMap(({ places }) => places)].flatMap((place) => narrowed(place, lines.before, before));
  const found = [
    () => own.flatMap((place) => narrowed(place, lines.after, after)),
    () => (mine.length > 0 ? [] : bodies().flatMap((place) => narrowed(place, lines.after, after))),
    () => [...own, ...bodies()].flatMap((place) => narrowed(place, lines.beside, after)),
    () => [...lines.after, ...lines.beside].slice(0, 1).map((line) => lineOf(line, after)),
    () => own,
  ];
  for (const places of found) {
    const some = distinctPlaces(places());
    if (some.length > 0) return [...some, ...distinctPlaces(gone)].slice(0, MOST_RANGES);
  }
  return distinctPlaces(gone).slice(0, MOST_RANGES);
}

/** The part of a place from its first to its last line of these; nothing when it has none. */
function narrowed(place: Place, lines: ReadonlySet<number>, tree: TextTree): readonly Place[] {
  const first = place.start.line;
  const last = place.end.line;
  if (first === last) return lines.has(first) ? [place] : [];
  let from: number | undefined;
  let to = first;
  for (let line = first; line <= last; line++) {
    if (!lines.has(line)) continue;
    from ??= line;
    to = line;
  }
  if (from === undefined) return [];
  if (from === first && to === last) return [place];
  return [{ side: place.side, start: lineOf(from, tree).start, end: lineOf(to, tree).end }];
}

/** A line without its indentation. */
function lineOf(line: number, tree: TextTree): Place {
  const starts = startsOf(tree);
  const start = starts[line - 1] ?? tree.text.length;
  const text = tree.text.slice(start, starts[line] ?? tree.text.length);
  const end = start + text.trimEnd().length;
  return tree.placeOf(Math.min(start + text.length - text.trimStart().length, end), end);
}

const STARTS = new WeakMap<TextTree, readonly number[]>();

/** Where each line begins; worked out once for a text. */
function startsOf(tree: TextTree): readonly number[] {
  const known = STARTS.get(tree);
  if (known !== undefined) return known;
  const starts = lineStarts(tree.text);
  STARTS.set(tree, starts);
  return starts;
}

function withFewRanges(finding: Finding): Finding {
  return finding.ranges.length <= MOST_RANGES ? finding : { ...finding, ranges: finding.ranges.slice(0, MOST_RANGES) };
}

function placer(tree: TextTree): ReadSide['placeOf'] {
  return ({ offset, length }) => tree.placeOf(offset, offset + length);
}

function upTo(grants: Iterable<Grant>): readonly Grant[] | undefined {
  const all: Grant[] = [];
  for (const grant of grants) {
    all.push(grant);
    if (all.length > MOST_GRANTS) return undefined;
  }
  return all;
}

function undecided(message: string): AccessAnswer {
  return { findings: [], problems: [{ kind: 'undecided', message, blinds: true }] };
}

/** The system that a resource is told in says nothing of what it holds. */
const SPEAKER = /^(terraform|cloudformation|kubernetes|arm|bicep|compose)\W+/;
