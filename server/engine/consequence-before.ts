import { actionMatches, namesAction } from './access/aws-iam/actions.ts';
import type { Expansion } from './access/aws-iam/expansion.ts';
import type { PolicyDocument, PrincipalValue, Statement } from './access/aws-iam/statement.ts';
import { type Opened, quoted, serviceOf } from './consequence-opened.ts';
import { personOfValue } from './consequence-who.ts';
import type { Gain } from './rules/gains.ts';
import { targetOf } from './rules/reach-of.ts';
import type { Reach } from './types.ts';

/** "Before: only role `app-reader`." Worked out from the text before the edit, for the same request as the witness. */
export function previouslyOf(expansion: Expansion, gain: Gain, opened: Opened, before: PolicyDocument | undefined): string {
  if (expansion.cause === 'deny-removed') return 'Before: this was denied.';
  if (before === undefined) return 'Before: there was nothing here that allowed it.';
  if (gain.set !== undefined) return setBefore(expansion, gain, before);
  const allowing = allowsLike(expansion, gain, before);
  if (allowing.length === 0) return `Before: nothing in this file allowed it.`;
  if (expansion.principals.every(({ kind }) => kind === 'holder')) return holderBefore(expansion, opened, allowing);
  if (allowing.some(({ notPrincipal }) => notPrincipal)) return 'Before: nearly anyone, but not in this way.';
  const people = peopleIn(allowing);
  if (people.some((each) => each.type === '*' || each.text === '*'))
    return expansion.weakened.length > 0
      ? `Before: only under ${limits(expansion)}.`
      : 'Before: anyone, but under stricter conditions or for less.';
  const names = [...new Set(people.map(personOfValue))];
  if (expansion.weakened.length > 0 && sameAsNow(expansion, names)) return `Before: only under ${limits(expansion)}.`;
  const [first, second, third] = names;
  if (first === undefined) return 'Before: nobody through this file.';
  if (second === undefined) return `Before: only ${first}.`;
  if (third === undefined) return `Before: only ${first} and ${second}.`;
  return `Before: only ${first}, ${second} and ${names.length - 2} more.`;
}

/** Which step of the set was missing. */
function setBefore(expansion: Expansion, { actions }: Gain, before: PolicyDocument): string {
  const fresh = expansion.actions.filter((action) => actions.includes(action.toLowerCase()));
  const missing = fresh.filter(
    (action) => !before.statements.some((statement) => statement.effect === 'Allow' && namesAction(statement, action)),
  );
  const [first, second] = missing;
  if (first === undefined) return 'Before: only for fewer things.';
  return second === undefined
    ? `Before: not without ${quoted(first)}.`
    : `Before: not without ${quoted(first)} and ${missing.length - 1} more.`;
}

function holderBefore(expansion: Expansion, opened: Opened, allowing: readonly Statement[]): string {
  if (expansion.weakened.length > 0) return `Before: only under ${limits(expansion)}.`;
  const leftOut = allowing.find(({ notResource }) => notResource);
  if (leftOut !== undefined) return `Before: everything but ${quoted(targetOf(leftOut.resources[0]?.text ?? '').name)}.`;
  const names = [
    ...new Set(
      allowing
        .flatMap(({ resources }) => resources.map(({ text }) => targetOf(text)))
        .map(({ name, extent }) => (extent === 'all' ? '' : name)),
    ),
  ].filter((name) => name !== '' && name !== opened.name);
  const [first, second] = names;
  if (first === undefined) return 'Before: less of the same.';
  return second === undefined ? `Before: only ${quoted(first)}.` : `Before: only ${quoted(first)} and ${names.length - 1} more.`;
}

/** Statements before the edit that allow the same kind of request, be it to fewer or for less. */
function allowsLike({ witness, policy }: Expansion, gain: Gain, before: PolicyDocument): readonly Statement[] {
  const actions = gain.actions.length > 0 && gain.actions[0] !== '*' ? gain.actions.slice(0, 20) : [witness.action.toLowerCase()];
  const service = serviceOf(actions[0] ?? '');
  return before.statements.filter((statement) => {
    if (statement.effect !== 'Allow' || !actions.some((action) => namesAction(statement, action))) return false;
    if (policy.kind === 'trust' || statement.notResource || statement.resources.length === 0) return true;
    if (policy.kind === 'resource') return statement.resources.some(({ text }) => actionMatches(text, witness.resource.toLowerCase()));
    return statement.resources.some(({ text }) => [service, ''].includes(targetOf(text).service));
  });
}

function peopleIn(statements: readonly Statement[]): readonly PrincipalValue[] {
  return statements.flatMap(({ principals }) => principals ?? []);
}

function sameAsNow({ statement }: Expansion, names: readonly string[]): boolean {
  const now = new Set((statement.principals ?? []).map(personOfValue));
  return names.length > 0 && names.every((name) => now.has(name)) && now.size === names.length;
}

function limits({ weakened }: Expansion): string {
  const words = [...new Set(weakened.map(({ key }) => LIMIT_WORDS[key.toLowerCase()] ?? `the condition ${quoted(key)}`))];
  return words.slice(0, 2).join(' and ');
}

const LIMIT_WORDS: Readonly<Record<string, string>> = {
  'aws:multifactorauthpresent': 'a second factor',
  'aws:multifactorauthage': 'a recent second factor',
  'sts:externalid': 'an agreed external ID',
  'aws:principalorgid': 'membership of your organisation',
  'aws:principalorgpaths': 'membership of your organisation',
  'aws:sourceip': 'the named networks',
  'aws:sourcevpc': 'the named network',
  'aws:sourcevpce': 'the named network',
  'aws:sourcearn': 'the named sender',
  'aws:sourceaccount': 'the named sending account',
};

const WHO_STEPS = ['This account', 'Your organisation', 'Any AWS account', 'Anyone on the internet'] as const;

/** How far access to one thing reaches, before and after. Only where the file itself names who may use it. */
export function reachOf(expansion: Expansion, gain: Gain, opened: Opened, before: PolicyDocument | undefined): Reach | undefined {
  const { policy, principals } = expansion;
  if (policy.kind === 'identity') return extentReach(expansion, gain, opened, before);
  if (policy.kind !== 'resource' && policy.kind !== 'trust') return undefined;
  const after = principals.some(({ kind }) => kind === 'anonymous') ? 4 : principals.some(({ kind }) => kind === 'anyone') ? 3 : undefined;
  if (after === undefined) return undefined;
  const orgOnly = expansion.conditions.some(({ key, operator }) => /^aws:principalorg/i.test(key) && !/not|ifexists/i.test(operator));
  const people = before === undefined ? [] : peopleIn(allowsLike(expansion, gain, before));
  if (before !== undefined && allowsLike(expansion, gain, before).some(({ notPrincipal }) => notPrincipal)) return undefined;
  const everyone = people.some((each) => each.type === '*' || each.text === '*');
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
  const targets = (before === undefined ? [] : allowsLike(expansion, gain, before)).flatMap(({ resources, notResource }) =>
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
    label: `What it can reach`,
    steps: ['Nothing', `1 ${opened.kind}`, `Several ${opened.kind}s`, `Every ${opened.kind}`],
    before: from,
    after: to,
  };
}
