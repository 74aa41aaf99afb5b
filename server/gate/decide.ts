import { isWatchedByName } from '../engine/read/governed-path.ts';
import { type Assessment, type Edit, type Finding, SEVERITIES } from '../engine/types.ts';
import type { Newer } from './accepted-rules.ts';
import { isBelow, opensMatch, pathMatcher, plainPath } from './no-go.ts';
import { type Hold, type Policy, VERDICTS, type Verdict } from './types.ts';

export type Assessed = { readonly edit: Edit; readonly assessment: Assessment };

/** An expansion that needs a person's acknowledgement. */
export type Needed = { readonly path: string; readonly fingerprint: string };

export type Decision =
  | { readonly verdict: 'allow' | 'note' }
  | { readonly verdict: 'acknowledge'; readonly needed: readonly Needed[] }
  | { readonly verdict: 'forbid'; readonly forbiddenBy: NonNullable<Hold['forbiddenBy']> }
  | { readonly verdict: 'closed'; readonly cause: string };

/** Rules that nobody accepted yet, by id. */
export type NewerByRule = ReadonlyMap<string, Newer>;

/**
 * May it be applied? Pure; the worst of all edits wins. `protectedFolder`: absolute, no agent may write below it.
 * `newer`: rules of an upgrade, which are only shown until they are accepted.
 */
export function decide(
  assessed: readonly Assessed[],
  workspace: string,
  policy: Policy,
  protectedFolder: string | undefined,
  newer: NewerByRule = new Map(),
): Decision {
  const byHuman = assessed.every(({ edit }) => edit.provenance.certainty === 'human');
  // What a person types is theirs: it is shown, never held.
  if (byHuman) return { verdict: assessed.some((one) => mildest(one, policy, newer) !== 'allow') ? 'note' : 'allow' };

  for (const { edit, assessment } of assessed) {
    const forbiddenBy = forbidding(edit, assessment, workspace, policy, protectedFolder, newer);
    if (forbiddenBy !== undefined) return { verdict: 'forbid', forbiddenBy };
  }
  for (const one of assessed) {
    const blind = one.assessment.problems.find((problem) => problem.blinds);
    if (blind !== undefined && isWatched(one, workspace, policy)) return { verdict: 'closed', cause: `${one.edit.path}: ${blind.message}` };
  }
  const unloaded = policy.packs.problems[0];
  if (unloaded !== undefined) {
    const concerned = assessed.find((one) => one.edit.provenance.certainty !== 'human' && isWatched(one, workspace, policy));
    if (concerned !== undefined) return { verdict: 'closed', cause: `${concerned.edit.path} cannot be judged in full. ${unloaded}` };
  }
  const needed = assessed.flatMap(({ edit, assessment }) =>
    assessment.findings
      .filter((finding) => verdictOf(finding, policy, newer) === 'acknowledge')
      .map((finding) => ({ path: edit.path, fingerprint: finding.fingerprint })),
  );
  if (needed.length > 0) return { verdict: 'acknowledge', needed };
  return { verdict: assessed.some((one) => mildest(one, policy, newer) !== 'allow') ? 'note' : 'allow' };
}

/** What the policy says to this finding. A rule of an upgrade is shown, and asks no more than what was accepted of it. */
export function verdictOf({ rule, severity }: Finding, { verdicts }: Policy, newer: NewerByRule): Verdict {
  const news = newer.get(rule);
  if (news === undefined) return verdicts[severity];
  const accepted = news.kind === 'new' ? 'note' : verdicts[SEVERITIES[SEVERITIES.indexOf(severity) + news.by] ?? 'info'];
  return milder(verdicts[severity], stricter('note', accepted));
}

/** Is this a place where failure closes the gate: by its name, by the policy, or because of what was found in it? */
export function isWatched({ edit, assessment }: Assessed, workspace: string, policy: Policy): boolean {
  if (assessment.kind !== 'none' || isWatchedByName(edit.path)) return true;
  const path = plainPath(edit.path, workspace);
  return isWatchedByName(path.relative) || policy.watch.some((pattern) => pathMatcher(pattern)(path));
}

/** The worst finding of all: the headline. Undefined where there is none. */
export function headline(assessments: readonly Assessment[]): Finding | undefined {
  const rank = { critical: 0, high: 1, medium: 2, low: 3, info: 4 };
  return assessments
    .flatMap((one) => one.findings)
    .reduce<Finding | undefined>(
      (worst, finding) => (worst === undefined || rank[finding.severity] < rank[worst.severity] ? finding : worst),
      undefined,
    );
}

function forbidding(
  edit: Edit,
  assessment: Assessment,
  workspace: string,
  policy: Policy,
  protectedFolder: string | undefined,
  newer: NewerByRule,
): NonNullable<Hold['forbiddenBy']> | undefined {
  const path = plainPath(edit.path, workspace);
  if (protectedFolder !== undefined && isBelow(path, protectedFolder)) {
    return { pattern: `${protectedFolder}/**`, source: 'built in: only Countersign writes its own holds, keys and log', owner: undefined };
  }
  const zone = policy.noGo.find(({ pattern }) => pathMatcher(pattern)(path) || opensMatch(pattern, assessment));
  if (zone !== undefined) return { pattern: zone.pattern, source: zone.source, owner: zone.owner };
  const refused = assessment.findings.find((finding) => verdictOf(finding, policy, newer) === 'forbid');
  if (refused === undefined) return undefined;
  return {
    pattern: `verdicts.${refused.severity}`,
    source: `the policy forbids findings of severity ${refused.severity}`,
    owner: undefined,
  };
}

function mildest({ assessment }: Assessed, policy: Policy, newer: NewerByRule): Verdict {
  // What could not be read is shown even where it is let through.
  const start: Verdict = assessment.problems.some((problem) => problem.blinds) ? 'note' : 'allow';
  return assessment.findings.reduce<Verdict>((worst, finding) => stricter(worst, verdictOf(finding, policy, newer)), start);
}

function milder(a: Verdict, b: Verdict): Verdict {
  return VERDICTS.indexOf(a) <= VERDICTS.indexOf(b) ? a : b;
}

function stricter(a: Verdict, b: Verdict): Verdict {
  return VERDICTS.indexOf(a) >= VERDICTS.indexOf(b) ? a : b;
}
