import { isWatchedByName } from '../engine/read/governed-path.ts';
import { compareSeverity, shift } from '../engine/rate.ts';
import type { Assessment, Edit, Finding } from '../engine/types.ts';
import type { Newer } from './accepted-rules.ts';
import { type Ladder, ladderOf, milder, signingFor, stricter } from './ladder.ts';
import { isBelow, opensMatch, pathMatcher, plainPath } from './no-go.ts';
import type { Hold, Policy, Signing, Verdict } from './types.ts';

export type Assessed = { readonly edit: Edit; readonly assessment: Assessment };

/** An expansion that needs a person's acknowledgement. */
export type Needed = { readonly path: string; readonly fingerprint: string };

export type Decision =
  | { readonly verdict: 'allow' | 'note' }
  /** `approve`: `sign.people` is 2. */
  | { readonly verdict: 'acknowledge' | 'approve'; readonly needed: readonly Needed[]; readonly sign: Signing }
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
  const ladders = new Map(assessed.map((one) => [one, ladderOf(policy, one.edit, workspace)]));
  const verdictIn = (one: Assessed, finding: Finding): Verdict => verdictOf(finding, ladders.get(one)?.(finding) ?? policy.verdicts, newer);
  const byHuman = assessed.every(({ edit }) => edit.provenance.certainty === 'human');
  // What a person types is theirs: it is shown, never held.
  if (byHuman) return { verdict: assessed.some((one) => worstOf(one, verdictIn) !== 'allow') ? 'note' : 'allow' };

  for (const one of assessed) {
    const forbiddenBy = forbidding(one, workspace, policy, protectedFolder, verdictIn);
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
  const needed = assessed.flatMap((one) =>
    one.assessment.findings
      .map((finding) => ({ finding, severity: finding.severity, verdict: verdictIn(one, finding), path: one.edit.path }))
      .filter(({ verdict }) => verdict === 'acknowledge' || verdict === 'approve'),
  );
  if (needed.length > 0) {
    const sign = signingFor(needed, policy);
    return {
      verdict: sign.people === 2 ? 'approve' : 'acknowledge',
      needed: needed.map(({ path, finding }) => ({ path, fingerprint: finding.fingerprint })),
      sign,
    };
  }
  return { verdict: assessed.some((one) => worstOf(one, verdictIn) !== 'allow') ? 'note' : 'allow' };
}

/** What `verdicts` say to this finding. A rule of an upgrade is shown, and asks no more than what was accepted of it. */
export function verdictOf({ rule, severity }: Finding, verdicts: ReturnType<Ladder>, newer: NewerByRule): Verdict {
  const news = newer.get(rule);
  if (news === undefined) return verdicts[severity];
  const accepted = news.kind === 'new' ? 'note' : verdicts[shift(severity, -news.by)];
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
  return assessments
    .flatMap((one) => one.findings)
    .reduce<Finding | undefined>(
      (worst, finding) => (worst === undefined || compareSeverity(finding.severity, worst.severity) < 0 ? finding : worst),
      undefined,
    );
}

function forbidding(
  one: Assessed,
  workspace: string,
  policy: Policy,
  protectedFolder: string | undefined,
  verdictIn: VerdictIn,
): NonNullable<Hold['forbiddenBy']> | undefined {
  const { edit, assessment } = one;
  const path = plainPath(edit.path, workspace);
  if (protectedFolder !== undefined && isBelow(path, protectedFolder)) {
    return { pattern: `${protectedFolder}/**`, source: 'built in: only Countersign writes its own holds, keys and log', owner: undefined };
  }
  const zone = policy.noGo.find(
    ({ pattern }) => pathMatcher(pattern)(path) || assessment.findings.some((finding) => opensMatch(pattern, finding)),
  );
  if (zone !== undefined) return { pattern: zone.pattern, source: zone.source, owner: zone.owner };
  const refused = assessment.findings.find((finding) => verdictIn(one, finding) === 'forbid');
  if (refused === undefined) return undefined;
  return {
    pattern: `verdicts.${refused.severity}`,
    source: `the policy forbids findings of severity ${refused.severity}`,
    owner: undefined,
  };
}

type VerdictIn = (one: Assessed, finding: Finding) => Verdict;

function worstOf(one: Assessed, verdictIn: VerdictIn): Verdict {
  // What could not be read is shown even where it is let through.
  const start: Verdict = one.assessment.problems.some((problem) => problem.blinds) ? 'note' : 'allow';
  return one.assessment.findings.reduce<Verdict>((worst, finding) => stricter(worst, verdictIn(one, finding)), start);
}
