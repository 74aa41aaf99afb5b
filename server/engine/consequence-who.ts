import type { ConditionText, Expansion } from './access/aws-iam/expansion.ts';
import type { Principal, PrincipalValue } from './access/aws-iam/statement.ts';
import { assertNever } from './assert-never.ts';
import { listed, lowerFirst, quoted } from './consequence-names.ts';
import type { Owned } from './consequence-owner.ts';
import type { AwsRuleId } from './packs/aws-rules.ts';
import { limitOf } from './rules/reach-of.ts';

/** The subject of the sentence: "Anyone on the internet", "Role `app-reader`". */
export function whoOf(
  { principals, conditions, policy }: Pick<Expansion, 'principals' | 'conditions' | 'policy'>,
  owned: Owned,
  rule?: AwsRuleId,
): string {
  if (policy.kind === 'scp') return 'Accounts of your organisation';
  if (policy.kind === 'boundary') return owned.holder;
  const widest = principals.find(({ kind }) => kind === 'anonymous') ?? principals.find(({ kind }) => kind === 'anyone');
  if (widest !== undefined) return whoWithin(widest, conditions);
  const [first] = principals;
  if (first === undefined || first.kind === 'holder') return owned.holder;
  const others = principals.length - 1;
  const person =
    first.kind === 'federated'
      ? signedIn(first, conditions)
      : `${personOf(first)}${rule === 'aws-cross-account-access' || rule === 'aws-cross-account-trust' ? ofAccount(first) : ''}`;
  return others === 0 ? person : `${person} and ${others} more`;
}

/** Whose role or user it is, where that is a stranger's. */
function ofAccount({ kind, value }: Principal): string {
  const account = kind === 'role' || kind === 'user' ? /\d{12}/.exec(value)?.[0] : undefined;
  return account === undefined ? '' : ` of account ${quoted(account)}`;
}

/** Those of an outside sign-in that the condition on the subject lets through. */
function signedIn(principal: Principal, conditions: readonly ConditionText[]): string {
  const subject = conditions.find(({ key, operator }) => /:sub$/i.test(key) && !/not|null/i.test(operator));
  const value = subject?.values[0];
  return value === undefined || /^\*+$/.test(value)
    ? personOf(principal)
    : `${personOf(principal)} as ${listed(subject?.values.map(quoted) ?? [], 1)}`;
}

/** Anyone, but for what a condition says of them. */
function whoWithin({ kind }: Principal, conditions: readonly ConditionText[]): string {
  const anyone = kind === 'anonymous' ? 'Anyone on the internet' : 'Anyone with an AWS account';
  const strong = conditions.find((condition) => limitOf([condition]) === 'strong');
  if (strong === undefined) return anyone;
  const key = strong.key.toLowerCase();
  const value = quoted(strong.values[0] ?? '');
  if (key.startsWith('aws:principalorg')) return 'Everyone in your organisation';
  if (key === 'aws:sourceip' || key === 'aws:vpcsourceip') return `Anyone from the network ${value}`;
  if (key.startsWith('aws:sourcevpc')) return `Anyone from your network ${value}`;
  if (/^aws:(principal|source)account$|^kms:calleraccount$|^aws:sourceowner$/.test(key)) return `Everyone in account ${value}`;
  if (key === 'aws:principalarn') return namePart(strong.values[0] ?? '');
  if (key === 'aws:sourcearn') return `Anything sent by ${namePart(strong.values[0] ?? '')}`;
  if (key === 'sts:externalid') return 'Anyone who knows the external ID';
  return `${anyone} who meets a condition`;
}

export function personOf(principal: Principal): string {
  const { kind, value } = principal;
  switch (kind) {
    case 'anonymous':
      return 'Anyone on the internet';
    case 'anyone':
      return 'Anyone with an AWS account';
    case 'account':
      return `Account ${quoted(/\d{12}/.exec(value)?.[0] ?? value)}`;
    case 'role':
      return `Role ${quoted(lastOf(value))}`;
    case 'user':
      return `User ${quoted(lastOf(value))}`;
    case 'service':
      return value === '*' ? 'Any AWS service' : `AWS service ${quoted(value.replace(/\.amazonaws\.com(\.cn)?$/, ''))}`;
    case 'federated':
      return `Anyone signed in through ${quoted(lastOf(value).replace(/^oidc-provider\//, ''))}`;
    case 'canonical':
      return 'One other AWS account';
    case 'holder':
      return 'The holder';
    case 'other':
      return quoted(lastOf(value));
    default:
      return assertNever(kind);
  }
}

/** The same for what a policy before the edit names. */
export function personOfValue({ type, text }: PrincipalValue): string {
  if (type === '*' || (type === 'AWS' && text === '*')) return 'anyone';
  if (type === 'Service') return lowerFirst(personOf({ kind: 'service', value: text }));
  if (type === 'Federated') return lowerFirst(personOf({ kind: 'federated', value: text }));
  if (type === 'CanonicalUser') return lowerFirst(personOf({ kind: 'canonical', value: text }));
  if (/:(assumed-)?role\//.test(text)) return lowerFirst(personOf({ kind: 'role', value: text }));
  if (/:user\//.test(text)) return lowerFirst(personOf({ kind: 'user', value: text }));
  if (/^\d{12}$|:root$/.test(text)) return lowerFirst(personOf({ kind: 'account', value: text }));
  return lowerFirst(personOf({ kind: 'other', value: text }));
}

/** The name at the end of an ARN: "role/team/app" is "app". */
export function lastOf(value: string): string {
  const rest = value.split(':').slice(5).join(':');
  const text = rest === '' ? value : rest;
  const account = /^arn:[^:]*:iam::(\d{12}):root$/.exec(value)?.[1];
  if (account !== undefined) return account;
  if (/^(oidc-provider|saml-provider)\//.test(text)) return text.slice(text.indexOf('/') + 1);
  return text.startsWith('assumed-role/') ? (text.split('/')[1] ?? text) : (text.split('/').at(-1) ?? text);
}

function namePart(arn: string): string {
  const name = lastOf(arn);
  return quoted(name === '' || name === '*' ? arn : name);
}
