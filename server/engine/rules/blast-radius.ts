import type { Expansion } from '../access/aws-iam/expansion.ts';
import { lowerFirst, plural } from '../consequence-names.ts';
import type { Opened } from '../consequence-opened.ts';
import type { Owned } from '../consequence-owner.ts';
import { whoOf } from '../consequence-who.ts';
import type { Rating } from '../types.ts';
import type { Gain } from './gains.ts';
import { limitOf, targetOf } from './reach-of.ts';

/** How far it reaches: what, where and for whom, counted where it can be. "1 bucket, every object, for anyone on the internet". */
export function blastRadiusOf(expansion: Expansion, gain: Gain, opened: Opened, owned: Owned): Rating['blastRadius'] {
  const who = lowerFirst(whoOf(expansion, owned)).replaceAll('`', '');
  return { level: levelOf(expansion, gain, opened), what: `${whatOf(expansion, gain, opened)}${whereOf(expansion)}, for ${who}` };
}

function levelOf({ policy, principals, conditions }: Expansion, gain: Gain, opened: Opened): Rating['blastRadius']['level'] {
  if (policy.kind === 'scp') return 'organization';
  const open = principals.some(({ kind }) => kind === 'anonymous' || kind === 'anyone');
  if (open && limitOf(conditions) !== 'strong') return 'public';
  if (open && conditions.some(({ key }) => /^aws:principalorg/i.test(key))) return 'organization';
  if (gain.rule === 'aws-admin-access' || (gain.rule === 'aws-escalation-path' && gain.wide) || opened.kind === 'account') return 'account';
  if (opened.extent === 'all') return gain.rule === 'aws-permissions-management' ? 'account' : 'service';
  return opened.extent === 'some' ? 'service' : 'resource';
}

function whatOf({ policy, actions, resources }: Expansion, gain: Gain, opened: Opened): string {
  if (policy.kind === 'trust') return '1 role and all it may do';
  if (opened.kind === 'account') return policy.kind === 'scp' ? 'every action in every account it covers' : 'every action in 1 account';
  if (opened.extent === 'all' && gain.rule === 'aws-permissions-management') return 'the rights of everyone in 1 account';
  const things =
    opened.extent === 'one' && opened.count > 0
      ? `${opened.count} ${opened.count === 1 ? opened.kind : plural(opened.kind)}`
      : opened.text.replaceAll('`', '');
  const objects = opened.kind === 'bucket' && gain.actions.some((action) => /object/.test(action)) ? objectsOf(resources) : '';
  return `${actions.length > 1 ? `${actions.length} actions on ` : ''}${things}${objects}`;
}

/** Of buckets: all that is in them, or part. */
function objectsOf(resources: readonly string[]): string {
  const insides = resources.map((text) => (/^\*+$/.test(text) ? '*' : targetOf(text).inside)).filter((inside) => inside !== undefined);
  if (insides.length === 0) return '';
  if (insides.some((inside) => /^\**$/.test(inside))) return ', every object';
  return insides.every((inside) => !/[*?]/.test(inside))
    ? `, ${insides.length} object${insides.length === 1 ? '' : 's'}`
    : ', some objects';
}

/** The region and account, where the names say one. */
function whereOf({ resources, policy }: Expansion): string {
  if (policy.kind === 'trust') return '';
  const parts = resources.map((text) => text.split(':'));
  const one = (index: number, shape: RegExp): string | undefined => {
    const values = new Set(parts.map((each) => each[index] ?? ''));
    const [only] = values;
    return values.size === 1 && only !== undefined && shape.test(only) ? only : undefined;
  };
  const account = one(4, /^\d{12}$/);
  const region = one(3, /^[a-z]{2}(-[a-z]+)+-\d$/);
  return `${account === undefined ? '' : ` in account ${account}`}${region === undefined ? '' : `${account === undefined ? ' in' : ','} ${region}`}`;
}
