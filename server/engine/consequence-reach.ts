import type { Expansion } from './access/aws-iam/expansion.ts';
import type { PolicyDocument, PrincipalValue } from './access/aws-iam/statement.ts';
import { allowsSame, isEveryone, peopleIn } from './consequence-before.ts';
import { plural } from './consequence-names.ts';
import type { Opened } from './consequence-opened.ts';
import { personOfValue } from './consequence-who.ts';
import type { Gain } from './rules/gains.ts';
import { targetOf } from './rules/reach-of.ts';
import type { Reach } from './types.ts';

const WHO_STEPS = ['This account', 'Your organisation', 'Any AWS account', 'Anyone on the internet'] as const;

/** How far access to one thing reaches, before and after. Only where the file itself names who may use it. */
export function reachOf(expansion: Expansion, gain: Gain, opened: Opened, before: PolicyDocument | undefined): Reach | undefined {
  const { policy, principals } = expansion;
  if (policy.kind === 'identity') return extentReach(expansion, gain, opened, before);
  if (policy.kind !== 'resource' && policy.kind !== 'trust') return undefined;
  const after = principals.some(({ kind }) => kind === 'anonymous') ? 4 : principals.some(({ kind }) => kind === 'anyone') ? 3 : undefined;
  if (after === undefined) return undefined;
  const orgOnly = expansion.conditions.some(({ key, operator }) => /^aws:principalorg/i.test(key) && !/not|ifexists/i.test(operator));
  const people = before === undefined ? [] : peopleIn(allowsSame(expansion, gain, before));
  if (before !== undefined && allowsSame(expansion, gain, before).some(({ notPrincipal }) => notPrincipal)) return undefined;
  const everyone = people.some(isEveryone);
  // Everyone before, under a condition that is now gone: how far that reached is not on this scale, but for an organisation.
  if (everyone && !expansion.weakened.some(({ key }) => /^aws:principalorg/i.test(key))) return undefined;
  const account = people.some(({ text }) => /^\d{12}$|:root$/.test(text));
  const names = new Set(people.map(({ text }) => text)).size;
  const steps = [names === 0 ? 'Nobody' : names === 1 ? `1 ${oneWord(people[0])}` : `${names} named`, ...WHO_STEPS];
  const from = everyone ? 2 : account ? 1 : 0;
  const to = orgOnly ? 2 : after;
  if (from >= to) return undefined;
  return {
    label: policy.kind === 'trust' ? 'Who can become it' : gain.rule === 'aws-data-read' ? 'Who can read it' : 'Who can use it',
    steps,
    before: from,
    after: to,
  };
}

function oneWord(person: PrincipalValue | undefined): string {
  const word = person === undefined ? '' : (/^(role|user|account|AWS service)/.exec(personOfValue(person))?.[1] ?? 'name');
  return word === 'AWS service' ? 'service' : word;
}

/** What the holder can reach with the same action: nothing, one, some, every one. */
function extentReach(expansion: Expansion, gain: Gain, opened: Opened, before: PolicyDocument | undefined): Reach | undefined {
  if (opened.kind === 'account' || opened.kind === 'resource' || opened.kind === 'thing' || expansion.cause !== 'allow-added')
    return undefined;
  const targets = (before === undefined ? [] : allowsSame(expansion, gain, before)).flatMap(({ resources, notResource }) =>
    notResource ? [targetOf('*')] : resources.map(({ text }) => targetOf(text)),
  );
  const level = (extents: readonly { readonly extent: string; readonly name: string }[]): number => {
    if (extents.length === 0) return 0;
    if (extents.some(({ extent }) => extent === 'all')) return 3;
    return extents.some(({ extent }) => extent === 'some') || new Set(extents.map(({ name }) => name)).size > 1 ? 2 : 1;
  };
  const from = level(targets);
  const to = Math.max(level([opened]), level(expansion.resources.map(targetOf).filter(({ kind }) => kind === opened.kind)));
  if (from >= to) return undefined;
  return {
    label: 'What it can do this to',
    steps: ['Nothing', `1 ${opened.kind}`, `Several ${plural(opened.kind)}`, `Every ${opened.kind}`],
    before: from,
    after: to,
  };
}
