import type { Assessment, Edit, Finding, Problem, Severity } from '../engine/types.ts';
import { compareSeverity, milderOf } from '../engine/rate.ts';
import type { IgnoreComment, IgnoreComments } from './ignore-comments.ts';
import { pathMatcher, plainPath } from './no-go.ts';
import { ignoreAdded, NEVER_IGNORED } from './own-findings.ts';
import { isDay } from './policy-day.ts';
import type { Policy, PolicyIgnore } from './types.ts';

/** A finding that is let pass, and what says so. */
export type Ignored = {
  readonly path: string;
  readonly finding: Finding;
  readonly by: string;
  readonly reason: string;
  readonly until: string;
};

export type Settled = { readonly assessment: Assessment; readonly ignored: readonly Ignored[] };

/**
 * Takes out the findings that the policy or a comment in the file lets pass, for a time and with a reason. An ignore that does
 * not count says why, as a problem; a comment that an edit adds silences nothing in that edit, and is a finding itself.
 */
export function withoutIgnored(edit: Edit, assessment: Assessment, workspace: string, policy: Policy, now: () => Date): Settled {
  const comments = commentsOf(edit);
  const stated = policy.ignore.length === 0 || assessment.findings.length === 0 ? [] : statedFor(edit, workspace, policy);
  if (edit.command !== undefined || (stated.length === 0 && comments === undefined)) return { assessment, ignored: [] };
  const today = now();
  const problems: Problem[] = [];
  const refuse = (message: string, place?: Problem['place']): undefined => {
    if (!problems.some((known) => known.message === message)) problems.push({ kind: 'not-ignored', message, place, blinds: false });
    return undefined;
  };

  const standing = (comments?.kept ?? []).filter((comment) => {
    const why = notTimely(comment, policy, today);
    if (why !== undefined) refuse(`Line ${comment.place.start.line}: the ignore of ${comment.rule} ${why}`, comment.place);
    return why === undefined;
  });
  for (const place of comments?.malformed ?? [])
    refuse(`Line ${place.start.line}: this ignore is not read. Write it so: countersign-ignore RULE until YYYY-MM-DD: reason`, place);

  const ignored: Ignored[] = [];
  const findings = assessment.findings.filter((finding) => {
    const by = silencedBy(finding);
    if (by !== undefined) ignored.push({ path: edit.path, finding, ...by });
    return by === undefined;
  });
  const added = (comments?.added ?? []).flatMap((comment) => ignoreAdded(edit, comment) ?? []);
  if (ignored.length + added.length + problems.length === 0) return { assessment, ignored };
  return {
    assessment: {
      ...assessment,
      kind: assessment.kind === 'none' && added.length > 0 ? 'governing' : assessment.kind,
      findings: [...findings, ...added].sort((a, b) => compareSeverity(a.severity, b.severity)),
      problems: [...assessment.problems, ...problems],
    },
    ignored,
  };

  function silencedBy(finding: Finding): Pick<Ignored, 'by' | 'reason' | 'until'> | undefined {
    for (const one of stated.filter(({ rule }) => rule === finding.rule)) {
      const why = notTimely(one, policy, today) ?? notIgnorable(finding, one.from, policy);
      if (why === undefined) return { by: one.source, reason: one.reason, until: one.until };
      refuse(`${one.source}: the ignore of ${one.rule} ${why}`);
    }
    const lines = finding.ranges.filter(({ side }) => side === 'after').map(({ start }) => start.line);
    const own = standing.filter(({ rule }) => rule === finding.rule);
    const first = own.find(({ line }) => lines.includes(line));
    if (first === undefined || !lines.every((line) => own.some((comment) => comment.line === line))) return undefined;
    const why = notIgnorable(finding, 'workspace', policy);
    if (why === undefined) return { by: `${edit.path}, line ${first.place.start.line}`, reason: first.reason, until: first.until };
    return refuse(`Line ${first.place.start.line}: the ignore of ${first.rule} ${why}`, first.place);
  }
}

function statedFor(edit: Edit, workspace: string, policy: Policy): readonly PolicyIgnore[] {
  const path = plainPath(edit.path, workspace);
  return policy.ignore.filter((one) => pathMatcher(one.path)(path));
}

type OwnComments = {
  /** There before, about the same thing. */
  readonly kept: readonly IgnoreComment[];
  readonly added: readonly IgnoreComment[];
  readonly malformed: IgnoreComments['malformed'];
};

/** Undefined for the many texts that have none. */
function commentsOf(edit: Edit): OwnComments | undefined {
  if (!edit.after.includes('countersign-ignore')) return undefined;
  const { ignoreComments, sameComment }: typeof import('./ignore-comments.ts') = require('./ignore-comments.ts');
  const { comments, malformed } = ignoreComments(edit.path, edit.after, 'after');
  const before = [...ignoreComments(edit.path, edit.before, 'before').comments];
  const kept: IgnoreComment[] = [];
  const added: IgnoreComment[] = [];
  for (const comment of comments) {
    const index = before.findIndex((one) => sameComment(one, comment));
    if (index === -1) added.push(comment);
    else kept.push(...(before.splice(index, 1).length > 0 ? [comment] : []));
  }
  return { kept, added, malformed };
}

const DAY = 86_400_000;

/** Why an ignore does not count today; the end of a sentence. */
export function notTimely({ until, reason }: { until: string; reason: string }, policy: Policy, today: Date): string | undefined {
  if (!isDay(until)) return `ends on ${until}, which is no day. Write one such as 2027-01-31.`;
  const end = Date.parse(`${until}T00:00:00Z`) + DAY;
  if (end <= today.getTime()) return `expired on ${until}: the finding counts again. Remove it, or have a person renew it.`;
  const { longestDays } = policy.ignores;
  if (end - DAY - today.getTime() > longestDays * DAY)
    return `is for more than ${longestDays} days, so it does not count. Write an earlier day.`;
  const length = Array.from(reason.trim()).length;
  const { minimumLength } = policy.reason;
  return length < minimumLength ? `has a reason of ${length} characters, ${minimumLength} are required. Say why it is safe.` : undefined;
}

/** Why this finding cannot be ignored from there; the end of a sentence. */
function notIgnorable(finding: Finding, from: PolicyIgnore['from'], policy: Policy): string | undefined {
  if (NEVER_IGNORED.has(finding.rule)) return 'does not count: this rule cannot be ignored. Let a person acknowledge the edit.';
  // A workspace never gets more than the policy itself.
  const worst: Severity = from === 'own' ? policy.ignores.upTo : milderOf(policy.ignores.upTo, policy.ignores.workspaceUpTo);
  if (compareSeverity(finding.severity, worst) < 0) {
    const where = from === 'own' ? 'a policy' : 'a workspace';
    return `does not count: the finding is ${finding.severity}, and ${where} may ignore up to ${worst}. Let a person acknowledge the edit.`;
  }
  const { ruleOf }: typeof import('./rule-of.ts') = require('./rule-of.ts');
  const fixed = ruleOf(finding.rule, policy)?.rule.ignorable === false;
  return fixed ? 'does not count: its pack says that this rule cannot be ignored. Let a person acknowledge the edit.' : undefined;
}
