import { assertNever } from '../assert-never.ts';
import { serviceOf } from '../consequence-names.ts';
import type { Expansion } from '../access/aws-iam/expansion.ts';
import type { PolicyDocument, Principal } from '../access/aws-iam/statement.ts';
import type { AwsRuleId } from '../packs/aws-rules.ts';
import { compareSeverity, milderOf, shift, worseOf } from '../rate.ts';
import type { Sensitivity, Severity } from '../types.ts';
import type { Gain } from './gains.ts';
import { limitOf, looseSubject } from './reach-of.ts';

type Judged = { readonly rule: AwsRuleId; readonly severity: Severity };

/** What it means that these principals get it. Undefined where the policy names none: then only the gain counts. */
export function principalRule(
  expansion: Expansion,
  gain: Gain,
  byGain: Severity,
  sensitivity: Sensitivity,
  ownAccounts: () => ReadonlySet<string>,
): Judged | undefined {
  const { principals, policy } = expansion;
  if (policy.kind !== 'resource' && policy.kind !== 'trust') return undefined;
  const own = ownAccounts();
  const judged = principals.map((principal) => judge(principal, expansion, gain, byGain, sensitivity, own));
  return judged.sort((a, b) => compareSeverity(a.severity, b.severity))[0];
}

function judge(
  principal: Principal,
  { policy, conditions, statement, counterpart, weakened }: Expansion,
  gain: Gain,
  byGain: Severity,
  sensitivity: Sensitivity,
  own: ReadonlySet<string>,
): Judged {
  const trust = policy.kind === 'trust';
  const limit = limitOf(conditions);
  switch (principal.kind) {
    case 'anonymous':
    case 'anyone': {
      const open: Severity = limit === 'none' ? 'critical' : limit === 'some' ? 'high' : 'medium';
      if (trust)
        return {
          rule: 'aws-trust-any-principal',
          severity: conditions.some(({ key }) => /^sts:externalid$/i.test(key)) ? worseOf(open, 'high') : open,
        };
      const grave = limit !== 'none' || compareSeverity(byGain, 'high') <= 0 || GRAVE_WHEN_PUBLIC.has(serviceOf(gain.actions[0] ?? ''));
      const worst: Severity = grave ? open : 'high';
      return {
        rule: 'aws-public-access',
        severity: sensitivity === 'public' && gain.rule !== 'aws-data-destruction' ? shift(worst, -1) : worst,
      };
    }
    case 'federated': {
      return { rule: 'aws-federated-trust', severity: severityOfSignIn(principal, statement, weakened) };
    }
    case 'account':
    case 'role':
    case 'user':
    case 'canonical': {
      const account = /\d{12}/.exec(principal.value)?.[0];
      if (account !== undefined && own.has(account)) {
        // To one's own account as a whole: its own policies still say who.
        if (principal.kind === 'account')
          return {
            rule: 'aws-principal-added',
            severity: trust ? (namesNobodyElse(counterpart) ? 'low' : 'medium') : milderOf(byGain, 'low'),
          };
        return {
          rule: trust ? 'aws-principal-added' : compareSeverity(byGain, 'medium') <= 0 ? gain.rule : 'aws-principal-added',
          severity: trust
            ? 'low'
            : gain.rule === 'aws-data-destruction'
              ? worseOf('medium', shift(byGain, -1))
              : shift(byGain, compareSeverity(byGain, 'low') < 0 ? -1 : 0),
        };
      }
      if (account === undefined && principal.kind !== 'canonical')
        return { rule: 'aws-principal-added', severity: trust ? 'low' : milderOf(byGain, 'medium') };
      if (trust) return { rule: 'aws-cross-account-trust', severity: limit === 'strong' ? 'medium' : 'high' };
      // Who decrypts reads everything that the key protects.
      const grave = compareSeverity(byGain, 'high') <= 0 || (gain.actions[0] ?? '').startsWith('kms:');
      return { rule: 'aws-cross-account-access', severity: limit === 'strong' || byGain === 'info' ? 'low' : grave ? 'high' : 'medium' };
    }
    case 'service':
      return { rule: 'aws-principal-added', severity: principal.value === '*' ? 'medium' : 'low' };
    case 'holder':
      return { rule: gain.rule, severity: byGain };
    case 'other':
      return { rule: 'aws-principal-added', severity: worseOf('low', milderOf(byGain, 'medium')) };
    default:
      return assertNever(principal.kind);
  }
}

/** Services whose things hold data, keys or secrets: open to everyone, they are lost. */
const GRAVE_WHEN_PUBLIC = new Set(['s3', 'kms', 'secretsmanager', 'dynamodb', 'backup', 'glacier', 'elasticfilesystem', 'iam', 'sts']);

/** An outside sign-in: how closely it says who of the many that can sign in there. */
function severityOfSignIn({ value }: Principal, { conditions }: Expansion['statement'], weakened: Expansion['weakened']): Severity {
  // A sign-in of one's own people (SAML) is not an open provider.
  if (/saml-provider/.test(value)) return 'medium';
  // Here the audience is the application: it is what says who.
  const byAudience = /^(cognito-identity\.amazonaws\.com|accounts\.google\.com|graph\.facebook\.com|www\.amazon\.com)$/.test(value);
  const pins = byAudience ? /:(aud|sub|app_id|oaud)$/i : /:(sub|amr|repository|repository_id|namespace_id|oid|email)$/i;
  const pinned = conditions.some(
    ({ key, operator, values }) =>
      pins.test(key) && !/not|null|ifexists/i.test(operator) && values.length > 0 && !values.some(({ text }) => looseSubject(text)),
  );
  if (!pinned) return 'critical';
  return weakened.some(({ key }) => /:aud$/i.test(key)) && !conditions.some(({ key }) => /:aud$/i.test(key)) ? 'high' : 'medium';
}

/** True where the account as a whole, or nobody, was named before: then naming it is no widening from a few. */
function namesNobodyElse(counterpart: Expansion['counterpart']): boolean {
  const named = counterpart?.principals ?? [];
  return named.length === 0 || named.some(({ text }) => /^\d{12}$|:root$/.test(text));
}

/**
 * Accounts that are no strangers: told by the settings, named by the resources of the policy, or already let in by a policy of
 * the same kind anywhere in the file before the edit (a template may have moved it).
 */
export function knownAccounts(
  beforeAll: readonly PolicyDocument[],
  after: PolicyDocument | undefined,
  told: readonly string[],
): ReadonlySet<string> {
  const known = new Set(told);
  const kind = after?.kind;
  for (const document of after === undefined ? beforeAll : [after, ...beforeAll.filter((each) => each.kind === kind)]) {
    for (const statement of document.statements) {
      for (const { text } of statement.resources) {
        const account = text.split(':')[4];
        if (account !== undefined && /^\d{12}$/.test(account)) known.add(account);
      }
      // A key's own account holds the whole key: AWS writes that into every new one.
      const ownsKey = statement.actions.some(({ text }) => text.toLowerCase() === 'kms:*');
      if (statement.effect === 'Deny' || (document === after && !ownsKey)) continue;
      for (const { text } of statement.principals ?? []) {
        const account = /(?<!\d)\d{12}(?!\d)/.exec(text)?.[0];
        if (account !== undefined && (document !== after || text.endsWith(':root'))) known.add(account);
      }
    }
  }
  return known;
}
