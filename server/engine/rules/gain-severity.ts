import { namesAction } from '../access/aws-iam/actions.ts';
import type { Catalogue } from '../access/aws-iam/catalogue.ts';
import type { Expansion } from '../access/aws-iam/expansion.ts';
import { resourcesOf } from '../consequence-opened.ts';
import { HARMLESS, STOPPING } from '../packs/action-classes.ts';
import { AWS_RULES, type AwsRuleId } from '../packs/aws-rules.ts';
import { compareSeverity, isSensitive, shift, worseOf } from '../rate.ts';
import type { Rating, Severity } from '../types.ts';
import type { Gain } from './gains.ts';
import { limitOf, type Target, targetOf } from './reach-of.ts';

/** What the actions are worth, where they reach, what limits them. */
export function severityOfGain(expansion: Expansion, gain: Gain, level: Rating['sensitivity']['level'], catalogue: Catalogue): Severity {
  const base: Severity = AWS_RULES[gain.rule].base;
  // What a policy's holder is, it always is: such keys limit only the policies that name who may.
  const idle =
    expansion.policy.kind === 'identity'
      ? /^(iam:passedtoservice|aws:principal\w+|aws:source(arn|account|org\w*))$/i
      : /^iam:passedtoservice$/i;
  const limit = limitOf(expansion.conditions.filter(({ key }) => !idle.test(key)));
  if (gain.rule === 'aws-escalation-path') return gain.wide && limit !== 'strong' ? base : shift(base, -1);
  if (gain.rule === 'aws-admin-access') return limit === 'strong' ? shift(base, -1) : base;
  if (gain.rule === 'aws-future-actions') return expansion.futureActions.every((pattern) => READING.test(pattern)) ? 'info' : base;

  const targets = fittingTargets(expansion, gain);
  const all = targets.length === 0 || targets.some(({ extent }) => extent === 'all');
  if (compareSeverity(base, 'low') >= 0) {
    const wider = limit === 'strong' ? undefined : widening(expansion, gain, targets);
    if (wider === undefined) return base;
    const most: Severity = base === 'low' ? (wider === 'all' && limit === 'none' ? 'high' : 'medium') : wider === 'all' ? 'medium' : base;
    return worseOf(base, most);
  }
  const whole = gain.whole && limit !== 'strong' ? 'high' : 'info';
  return worseOf(whole, byReach());

  function byReach(): Severity {
    const one = targets.length > 0 && new Set(targets.map(({ name }) => name)).size <= 2 && targets.every(({ extent }) => extent === 'one');
    if (one || limit === 'strong') {
      // One way to a role's rights leads to all of them.
      if (limit !== 'strong' && leadsOn(gain)) return handedOn(expansion, gain) ? shift(base, -1) : base;
      // A narrow way to what is sensitive is not less to lose.
      const kept =
        limit !== 'strong' &&
        (level === 'restricted' || (isSensitive(level) && KEPT_IF_SENSITIVE.has(gain.rule))) &&
        SENSITIVE_GAINS.has(gain.rule);
      return kept ? base : shift(base, -1);
    }
    // To named services only, and roles of one name's beginning: what runs with them is limited twice.
    if (handedOn(expansion, gain)) return shift(base, all ? -1 : -2);
    const takesResources = gain.actions.some((action) => (catalogue.action(action)?.resourceTypes.length ?? 0) > 0);
    if (all && limit === 'none' && RAISED_ON_ALL.has(gain.rule) && takesResources && !gain.actions.every(STOPPING)) return shift(base, 1);
    return level === 'restricted' && gain.rule === 'aws-data-read' ? shift(base, 1) : base;
  }
}

const READING = /:(batchget|get|list|describe|head|read|search|lookup|view|check|validate|query|scan|select)/i;
const SENSITIVE_GAINS: ReadonlySet<AwsRuleId> = new Set([
  'aws-data-read',
  'aws-data-destruction',
  'aws-credential-exposure',
  'aws-resource-exposure',
]);
const KEPT_IF_SENSITIVE: ReadonlySet<AwsRuleId> = new Set(['aws-data-read', 'aws-data-destruction']);
const RAISED_ON_ALL: ReadonlySet<AwsRuleId> = new Set([
  'aws-data-read',
  'aws-credential-exposure',
  'aws-data-destruction',
  'aws-permissions-management',
  'aws-resource-exposure',
  'aws-logging-disabled',
  'aws-run-code-with-role',
]);

/** A role, or what runs as one. */
function leadsOn(gain: Gain): boolean {
  return gain.rule === 'aws-run-code-with-role' || gain.actions.every((action) => action.startsWith('sts:assumerole'));
}

/** A role handed to named services only. */
function handedOn(expansion: Expansion, gain: Gain): boolean {
  return (
    gain.actions.every((action) => action === 'iam:passrole') && expansion.conditions.some(({ key }) => /^iam:passedtoservice$/i.test(key))
  );
}

/** What was allowed for less, and is now allowed for everything of its kind, or for more by a wildcard. */
function widening({ cause, counterpart, policy }: Expansion, gain: Gain, targets: readonly Target[]): 'all' | 'some' | undefined {
  if (cause !== 'allow-added' || policy.kind === 'trust' || counterpart?.effect !== 'Allow' || counterpart.notResource) return undefined;
  if (gain.actions.length === 0 || !gain.actions.some((action) => !HARMLESS(action) && namesAction(counterpart, action))) return undefined;
  const now = widest(targets);
  const then = widest(counterpart.resources.map(({ text }) => targetOf(text)));
  if (RANK[now] <= RANK[then] || now === 'one') return undefined;
  return now;
}

const RANK = { one: 0, some: 1, all: 2 } as const;

function widest(targets: readonly Target[]): Target['extent'] {
  if (targets.length === 0 || targets.some(({ extent }) => extent === 'all')) return 'all';
  return targets.some(({ extent }) => extent === 'some') ? 'some' : 'one';
}

/** A policy on a thing that speaks of everything speaks of that thing. */
function fittingTargets(expansion: Expansion, gain: Gain): readonly Target[] {
  const service = (gain.actions[0] ?? '').split(':')[0] ?? '';
  const targets = resourcesOf(expansion).map(targetOf);
  const fitting = targets.filter((target) => target.service === service || target.service === '');
  const found = fitting.length === 0 ? targets : fitting;
  return expansion.policy.kind === 'resource'
    ? found.map((target) => (target.extent === 'all' ? { ...target, extent: 'one' } : target))
    : found;
}
