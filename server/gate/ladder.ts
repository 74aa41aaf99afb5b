import { type Edit, type Finding, SEVERITIES, type Severity } from '../engine/types.ts';
import { opensMatch, pathMatcher, plainPath } from './no-go.ts';
import { type Expiry, type Policy, type Presence, PRESENCES, type Signing, type Verdict, VERDICTS } from './types.ts';

/** The verdict of each severity, for one finding of one edit: where it is and what it opens may make a difference. */
export type Ladder = (finding: Pick<Finding, 'opened' | 'witness'>) => Policy['verdicts'];

/** The ladder that holds for this edit: the policy's, or those of the environments that it or a finding of it belongs to. */
export function ladderOf(policy: Policy, edit: Pick<Edit, 'path'>, workspace: string): Ladder {
  const { environments, verdicts } = policy;
  if (environments.length === 0) return () => verdicts;
  const path = plainPath(edit.path, workspace);
  const byPath = environments.map(({ match }) => match.some((pattern) => pathMatcher(pattern)(path)));
  return (finding) => {
    const here = environments.filter(({ match }, index) => byPath[index] === true || match.some((pattern) => opensMatch(pattern, finding)));
    return here.length === 0
      ? verdicts
      : mapSeverities((severity) => strictestOf(here.flatMap((one) => one.verdicts[severity] ?? [])) ?? verdicts[severity]);
  };
}

/** Who must sign for these findings, given their verdicts. */
export function signingFor(needed: readonly { readonly severity: Severity; readonly verdict: Verdict }[], { presence }: Policy): Signing {
  return {
    people: needed.some(({ verdict }) => verdict === 'approve') ? 2 : 1,
    presence: needed.reduce<Presence>((strictest, { severity }) => stricterPresence(strictest, presence[severity]), 'none'),
  };
}

/** How long the acceptance of a risk of this severity may last. */
export function expiryFor({ expiry }: Policy, severity: Severity | undefined): Expiry {
  const own = severity === undefined ? undefined : expiry.bySeverity?.[severity];
  const longestHours = own?.longestHours ?? expiry.longestHours;
  return { defaultHours: Math.min(own?.defaultHours ?? expiry.defaultHours, longestHours), longestHours };
}

/** One value for each severity. */
export function mapSeverities<T>(of: (severity: Severity) => T): Readonly<Record<Severity, T>> {
  return { critical: of('critical'), high: of('high'), medium: of('medium'), low: of('low'), info: of('info') };
}

export function milder(a: Verdict, b: Verdict): Verdict {
  return VERDICTS.indexOf(a) <= VERDICTS.indexOf(b) ? a : b;
}

export function stricter(a: Verdict, b: Verdict): Verdict {
  return VERDICTS.indexOf(a) >= VERDICTS.indexOf(b) ? a : b;
}

function stricterPresence(a: Presence, b: Presence): Presence {
  return PRESENCES.indexOf(a) >= PRESENCES.indexOf(b) ? a : b;
}

/** Does a signature that proves `proven` prove what is asked for? */
export function provesEnough(proven: Presence, asked: Presence): boolean {
  return PRESENCES.indexOf(proven) >= PRESENCES.indexOf(asked);
}

/** The worst first. */
export function worstSeverity(severities: readonly string[]): Severity | undefined {
  return SEVERITIES.find((severity) => severities.includes(severity));
}

function strictestOf(verdicts: readonly Verdict[]): Verdict | undefined {
  return verdicts.reduce<Verdict | undefined>((worst, verdict) => (worst === undefined ? verdict : stricter(worst, verdict)), undefined);
}
