import type { ConditionText, Expansion } from '../access/aws-iam/expansion.ts';
import type { AwsRuleId } from '../packs/aws-rules.ts';
import { compareSeverity, milderOf, shift, worseOf } from '../rate.ts';
import type { Rating, Severity } from '../types.ts';
import type { Surroundings } from './aws-finding.ts';
import { severityOfGain } from './gain-severity.ts';
import type { Gain } from './gains.ts';
import { knownAccounts, principalRule } from './principal-rule.ts';
import { isGuard, limitOf } from './reach-of.ts';

/** Which rule speaks for an expansion, and how grave it is. */
export function rate(
  expansion: Expansion,
  gain: Gain,
  level: Rating['sensitivity']['level'],
  around: Surroundings,
): { readonly rule: AwsRuleId; readonly severity: Severity } {
  const { policy, cause } = expansion;
  const byGain = severityOfGain(expansion, gain, level, around.catalogue);
  const own = (): ReadonlySet<string> => knownAccounts(around.beforeAll, around.after ?? around.before, around.settings.accounts);
  const byPrincipal = principalRule(expansion, gain, byGain, level, own);
  let rule: AwsRuleId = byPrincipal?.rule ?? gain.rule;
  let severity = byPrincipal?.severity ?? byGain;

  const guard = PLAIN_ENOUGH.has(rule) ? undefined : guardLost(expansion, byGain);
  if (guard !== undefined) {
    rule = 'aws-condition-weakened';
    // Anyone under a condition became these few: a trade, most often the narrower way.
    if (namesFewer(expansion)) return { rule, severity: 'low' };
    severity = worseOf(severity, guard);
  }
  // What other policies may grant is only made possible here, unless this one keeps to nothing any more.
  const detached = policy.kind === 'boundary' && gain.rule === 'aws-admin-access' && around.before !== undefined;
  if ((expansion.assumesOtherAllow || policy.kind === 'scp' || policy.kind === 'boundary') && !detached) severity = shift(severity, -1);
  if (cause === 'deny-removed') {
    if (!PLAIN_ENOUGH.has(rule)) rule = 'aws-deny-removed';
    severity = worseOf(severity, denialLost(expansion, gain, byGain));
  }
  if (expansion.onlyWithoutOwnPolicy) severity = milderOf(shift(severity, -1), 'medium');
  // What could not be worked out is asked about.
  if (expansion.certainty === 'undecided') severity = worseOf(severity, 'medium');
  return { rule, severity };
}

/** Rules whose own sentence already says the worst of it. */
const PLAIN_ENOUGH: ReadonlySet<AwsRuleId> = new Set([
  'aws-public-access',
  'aws-trust-any-principal',
  'aws-admin-access',
  'aws-escalation-path',
  'aws-federated-trust',
]);

/** A limit that kept others out is gone or wider: that is the point of the edit, whatever it was a limit on. */
function guardLost(expansion: Expansion, byGain: Severity): Severity | undefined {
  const { weakened, conditions, policy, cause } = expansion;
  if (cause !== 'allow-added' || !limitedThese(expansion)) return undefined;
  const lost = weakened.filter(isGuard);
  if (lost.length === 0) return undefined;
  // Still there, and not turned from names into patterns.
  const still = ({ key, values }: ConditionText): boolean =>
    conditions.some(
      (condition) =>
        condition.key.toLowerCase() === key.toLowerCase() &&
        limitOf([condition]) === 'strong' &&
        (values.some((value) => PATTERN.test(value)) || !condition.values.some((value) => PATTERN.test(value))),
    );
  const gone = lost.filter(
    (condition) =>
      !still(condition) &&
      condition.key.toLowerCase() !== 'aws:securetransport' &&
      !(policy.kind === 'identity' && IDLE.test(condition.key)),
  );
  // Another strong limit holds, or it is only wider: less, but still what somebody should see.
  const others = conditions.filter(({ key }) => !gone.some((lostOne) => lostOne.key.toLowerCase() === key.toLowerCase()));
  if (gone.length === 0 || limitOf(others) === 'strong') return 'medium';
  return policy.kind !== 'identity' || compareSeverity(byGain, 'info') < 0 ? 'high' : 'medium';
}

/** The limit was on whoever is now without it, not on somebody else who is gone. */
function limitedThese({ policy, principals, counterpart }: Expansion): boolean {
  if (policy.kind !== 'resource' && policy.kind !== 'trust') return true;
  const then = counterpart?.principals ?? [];
  return principals.some(({ value }) => {
    const account = /\d{12}/.exec(value)?.[0];
    return then.some(
      ({ text }) => text === '*' || text === value || (account !== undefined && text.replace(/:root$/, '').endsWith(account)),
    );
  });
}

const PATTERN = /[*?]/;

/** Keys that tell of its holder what is always so. */
const IDLE = /^aws:(principal|source(arn|account|org))/i;

/** A Deny that is gone; or one that is still there for less. */
function denialLost({ counterpart, policy, assumesOtherAllow }: Expansion, gain: Gain, byGain: Severity): Severity {
  const narrower = counterpart?.effect === 'Deny';
  if (compareSeverity(byGain, 'info') >= 0 || gain.rule === 'aws-future-actions') return narrower ? 'low' : 'medium';
  return narrower || (assumesOtherAllow && policy.kind === 'identity') ? 'medium' : 'high';
}

function namesFewer({ principals, counterpart }: Expansion): boolean {
  const everyone = counterpart?.principals?.some(({ type, text }) => type === '*' || text === '*') === true;
  return everyone && principals.every(({ kind, value }) => (kind === 'role' || kind === 'user' || kind === 'service') && value !== '*');
}
