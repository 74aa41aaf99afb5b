import type { ConditionText } from './access/aws-iam/expansion.ts';
import { listed, quoted } from './consequence-names.ts';
import { lastOf } from './consequence-who.ts';

/** What conditions limit something to, after "only": "with a second factor", "from the network `10.0.0.0/8`". '' for none. */
export function limitsIn(conditions: readonly ConditionText[]): string {
  const words = [...new Set(conditions.map(limitIn))];
  return words.slice(0, 2).join(' and ');
}

function limitIn({ key, operator, values }: ConditionText): string {
  const name = key.toLowerCase();
  const how = operator.toLowerCase();
  if (/not|null/.test(how) || values.length === 0) return `under a condition on ${quoted(key)}`;
  const value = listed(values.map(quoted), 1);
  const words = WORDS[name];
  if (words !== undefined) return words;
  if (name === 'aws:sourceip' || name === 'aws:vpcsourceip') return `from the network ${value}`;
  if (name.startsWith('aws:sourcevpc')) return `from your network ${value}`;
  if (name === 'aws:requestedregion') return `in ${value}`;
  if (name === 'aws:sourceaccount' || name === 'aws:sourceowner') return `when sent from account ${value}`;
  if (name === 'aws:sourcearn') return `when sent by ${named(values)}`;
  if (name === 'aws:principalarn') return `for ${named(values)}`;
  if (name === 'aws:principalaccount' || name === 'kms:calleraccount') return `for account ${value}`;
  if (name === 'iam:passedtoservice') return `for ${value}`;
  if (name === 'kms:viaservice') return `through ${value}`;
  if (/:(sub|aud)$/.test(name)) return `for ${value}`;
  if (name === 'aws:resourceaccount')
    return values.some((each) => each.includes('$')) ? 'inside its own account' : `inside account ${value}`;
  const tag = /^[a-z0-9]+:(resource|request|principal)tag\/(.+)$/i.exec(key);
  if (tag !== null) {
    const tagged = eitherOf(values.map((each) => quoted(`${tag[2] ?? ''}=${each}`)));
    return tag[1]?.toLowerCase() === 'principal' ? `for people or roles tagged ${tagged}` : `for those tagged ${tagged}`;
  }
  return `under a condition on ${quoted(key)}`;
}

const WORDS: Readonly<Record<string, string>> = {
  'aws:multifactorauthpresent': 'with a second factor',
  'aws:multifactorauthage': 'with a recent second factor',
  'sts:externalid': 'with the agreed external ID',
  'aws:principalorgid': 'inside your organisation',
  'aws:principalorgpaths': 'inside a part of your organisation',
  'aws:sourceorgid': 'when sent from your organisation',
  'aws:resourceorgid': 'inside your organisation',
  'aws:securetransport': 'over an encrypted connection',
  'aws:currenttime': 'within a set time',
  'aws:epochtime': 'within a set time',
};

/** "`a`", "`a` or `b`", "`a` or 3 others". */
function eitherOf(names: readonly string[]): string {
  const [first = '', second, ...rest] = names;
  if (second === undefined) return first;
  return rest.length === 0 ? `${first} or ${second}` : `${first} or ${rest.length + 1} others`;
}

/** When a Deny denied: "from outside your organisation". '' when always. */
export function deniedWhen(conditions: readonly ConditionText[]): string {
  const [first] = conditions;
  if (first === undefined) return '';
  const name = first.key.toLowerCase();
  const not = /not/i.test(first.operator);
  const value = listed(first.values.map(quoted), 1);
  if (name.startsWith('aws:multifactor')) return ' without a second factor';
  if (name === 'aws:securetransport') return ' over an unencrypted connection';
  if (/^aws:(principal|source|resource)org/.test(name) && not) return ' from outside your organisation';
  if (name === 'aws:sourceip' || name.startsWith('aws:sourcevpc')) return not ? ` from anywhere but ${value}` : ` from ${value}`;
  if (name === 'aws:requestedregion') return not ? ` outside ${value}` : ` in ${value}`;
  if (name === 'aws:principalarn') return not ? ` to all but ${named(first.values)}` : ` to ${named(first.values)}`;
  return ` under a condition on ${quoted(first.key)}`;
}

function named(values: readonly string[]): string {
  return listed(
    values.map((value) => {
      const name = lastOf(value);
      return quoted(name === '' || name === '*' ? value : name);
    }),
    1,
  );
}
