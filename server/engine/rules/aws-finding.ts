import type { Catalogue } from '../access/aws-iam/catalogue.ts';
import type { Expansion } from '../access/aws-iam/expansion.ts';
import type { PolicyDocument } from '../access/aws-iam/statement.ts';
import { consequenceOf } from '../consequence.ts';
import { previouslyOf, reachOf } from '../consequence-before.ts';
import { type Opened, openedBy, resourcesOf } from '../consequence-opened.ts';
import { witnessOf } from '../consequence-witness.ts';
import { fingerprint } from '../fingerprint.ts';
import { AWS_RULES, type AwsRuleId } from '../packs/aws-rules.ts';
import { compareSeverity, isSensitive, milderOf, sensitivityOf, shift, worseOf } from '../rate.ts';
import type { BlastRadius, Confidence, EngineSettings, Finding, Place, Rating, Severity } from '../types.ts';
import { type Gain, gainOf } from './gains.ts';
import { knownAccounts, principalRule } from './principal-rule.ts';
import { limitOf, targetOf } from './reach-of.ts';
import type { Rule } from './rule.ts';
import { withTellingWitness } from './witness-for.ts';

/** What a finding is worked out from, beside the expansion itself. */
export type Surroundings = {
  readonly path: string;
  readonly before: PolicyDocument | undefined;
  readonly after: PolicyDocument | undefined;
  /** Every policy of the file before the edit. */
  readonly beforeAll: readonly PolicyDocument[];
  readonly catalogue: Catalogue;
  readonly settings: EngineSettings;
};

/** One expansion, one finding: that of its worst gain. */
export function findingOf(found: Expansion, around: Surroundings): Finding {
  const { path, before, after, catalogue, settings } = around;
  const gain = gainOf(found, before, after, catalogue);
  const opened = openedBy(found, gain, path);
  const sensitivity = sensitivityOf(opened.names, settings);
  const rated = rate(found, gain, sensitivity.level, around);
  const told = compareSeverity(rated.severity, 'medium') <= 0 || found.actions.length < 50;
  const expansion = told ? withTellingWitness(found, gain, before, after, catalogue, settings.outOfTime) : found;
  const rule: Rule = AWS_RULES[rated.rule];
  return {
    rule: rule.id,
    severity: rated.severity,
    confidence: confidenceOf(expansion, rated.rule, gain),
    rating: {
      sensitivity,
      blastRadius: blastRadiusOf(expansion, gain, opened),
      gain: rated.rule === gain.rule ? rule.gain : `${rule.gain}: ${AWS_RULES[gain.rule].gain}`,
    },
    consequence: consequenceOf(expansion, gain, rated.rule, opened, path),
    previously: previouslyOf(expansion, gain, opened, before),
    opened: { name: opened.name, kind: opened.kind },
    witness: witnessOf(expansion, path),
    reach: reachOf(expansion, gain, opened, before),
    ranges: placesOf(expansion),
    fingerprint: fingerprint(path, expansion.canonical),
    fix: rule.fix,
    failureMode:
      gain.set === undefined
        ? rule.failureMode
        : `${rule.failureMode} Together: ${gain.set.actions.map((action) => spelled(action, catalogue)).join(', ')}.`,
    unchecked: rule.unchecked,
    references: rule.references,
  };
}

function rate(
  expansion: Expansion,
  gain: Gain,
  level: Rating['sensitivity']['level'],
  around: Surroundings,
): { readonly rule: AwsRuleId; readonly severity: Severity } {
  const { policy, conditions, weakened, cause } = expansion;
  const byGain = severityOfGain(expansion, gain, level, around.catalogue);
  const byPrincipal = principalRule(
    expansion,
    gain,
    byGain,
    level,
    knownAccounts(around.beforeAll, around.after ?? around.before, around.settings.accounts),
  );
  let rule: AwsRuleId = byPrincipal?.rule ?? gain.rule;
  let severity = byPrincipal?.severity ?? byGain;

  // A limit that kept others out is gone: that is the point of the edit, whatever it was a limit on.
  const lost = weakened.filter((condition) => limitOf([condition]) === 'strong' || /:sub$/i.test(condition.key));
  if (lost.length > 0 && limitOf(conditions) !== 'strong' && !PLAIN_ENOUGH.has(rule) && compareSeverity(byGain, 'info') < 0) {
    rule = 'aws-condition-weakened';
    // Anyone under a condition became these few: a trade, most often the narrower way.
    if (namesFewer(expansion)) return { rule, severity: 'low' };
    const named = expansion.principals.every(({ kind, value }) => kind !== 'holder' && value !== '*');
    severity = worseOf(
      severity,
      policy.kind === 'trust'
        ? 'high'
        : named || policy.kind === 'identity'
          ? worseOf(byGain, compareSeverity(byGain, 'low') < 0 ? 'medium' : byGain)
          : 'medium',
    );
  }
  if (cause === 'deny-removed' && !PLAIN_ENOUGH.has(rule)) rule = 'aws-deny-removed';
  if (expansion.assumesOtherAllow || policy.kind === 'scp' || policy.kind === 'boundary') severity = shift(severity, -1);
  if (expansion.onlyWithoutOwnPolicy) severity = milderOf(shift(severity, -1), 'medium');
  // What could not be worked out is asked about.
  if (expansion.certainty === 'undecided') severity = worseOf(severity, 'medium');
  return { rule, severity };
}

function namesFewer({ principals, counterpart }: Expansion): boolean {
  const everyone = counterpart?.principals?.some(({ type, text }) => type === '*' || text === '*') === true;
  return everyone && principals.every(({ kind, value }) => (kind === 'role' || kind === 'user' || kind === 'service') && value !== '*');
}

/** Rules whose own sentence already says the worst of it. */
const PLAIN_ENOUGH: ReadonlySet<AwsRuleId> = new Set([
  'aws-public-access',
  'aws-trust-any-principal',
  'aws-admin-access',
  'aws-escalation-path',
  'aws-federated-trust',
]);

/** What the actions are worth, where they reach, what limits them. */
function severityOfGain(expansion: Expansion, gain: Gain, level: Rating['sensitivity']['level'], catalogue: Catalogue): Severity {
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
  if (compareSeverity(base, 'low') >= 0) return base;

  const targets = fittingTargets(expansion, gain);
  const one = targets.length > 0 && new Set(targets.map(({ name }) => name)).size <= 2 && targets.every(({ extent }) => extent === 'one');
  const handedOn =
    gain.actions.every((action) => action === 'iam:passrole') && expansion.conditions.some(({ key }) => /^iam:passedtoservice$/i.test(key));
  if (one || limit === 'strong') {
    // A narrow way to what is sensitive is not less to lose.
    const kept =
      limit !== 'strong' &&
      (level === 'restricted' || (isSensitive(level) && gain.rule === 'aws-data-read')) &&
      SENSITIVE_GAINS.has(gain.rule);
    return kept ? base : shift(base, -1);
  }
  const all = targets.length === 0 || targets.some(({ extent }) => extent === 'all');
  // To named services only, and roles of one name's beginning: what runs with them is limited twice.
  if (handedOn) return shift(base, all ? -1 : -2);
  if (
    all &&
    limit === 'none' &&
    RAISED_ON_ALL.has(gain.rule) &&
    gain.actions.some((action) => (catalogue.action(action)?.resourceTypes.length ?? 0) > 0)
  )
    return shift(base, 1);
  return level === 'restricted' && gain.rule === 'aws-data-read' ? shift(base, 1) : base;
}

const READING = /:(batchget|get|list|describe|head|read|search|lookup|view|check|validate|query|scan|select)/i;
const SENSITIVE_GAINS: ReadonlySet<AwsRuleId> = new Set([
  'aws-data-read',
  'aws-data-destruction',
  'aws-credential-exposure',
  'aws-resource-exposure',
]);
const RAISED_ON_ALL: ReadonlySet<AwsRuleId> = new Set([
  'aws-data-read',
  'aws-credential-exposure',
  'aws-data-destruction',
  'aws-permissions-management',
  'aws-resource-exposure',
  'aws-logging-disabled',
]);

function fittingTargets(expansion: Expansion, gain: Gain) {
  const service = (gain.actions[0] ?? '').split(':')[0] ?? '';
  const targets = resourcesOf(expansion).map(targetOf);
  const fitting = targets.filter((target) => target.service === service || target.service === '');
  return fitting.length === 0 ? targets : fitting;
}

function confidenceOf({ certainty, assumesOtherAllow }: Expansion, rule: AwsRuleId, gain: Gain): Confidence {
  if (certainty === 'undecided') return 'unknown';
  if (certainty === 'possible' || assumesOtherAllow) return 'likely';
  // That the actions are allowed is proved; that they lead further is a known pattern.
  return rule === 'aws-escalation-path' || (rule === 'aws-run-code-with-role' && gain.actions.length > 0) || rule === 'aws-future-actions'
    ? 'likely'
    : 'proved';
}

function blastRadiusOf(expansion: Expansion, gain: Gain, opened: Opened): { readonly level: BlastRadius; readonly what: string } {
  const { policy, principals, conditions } = expansion;
  if (policy.kind === 'scp') return { level: 'organization', what: 'every account this file covers' };
  const open = principals.some(({ kind }) => kind === 'anonymous' || kind === 'anyone');
  if (open && limitOf(conditions) !== 'strong') return { level: 'public', what: opened.text.replaceAll('`', '') };
  if (open && conditions.some(({ key }) => /^aws:principalorg/i.test(key)))
    return { level: 'organization', what: opened.text.replaceAll('`', '') };
  if (gain.rule === 'aws-admin-access' || (gain.rule === 'aws-escalation-path' && gain.wide) || opened.kind === 'account')
    return { level: 'account', what: 'the whole account' };
  if (opened.extent === 'all')
    return gain.rule === 'aws-permissions-management'
      ? { level: 'account', what: 'the whole account' }
      : { level: 'service', what: opened.name };
  return { level: opened.extent === 'some' ? 'service' : 'resource', what: opened.text.replaceAll('`', '') };
}

/** Where a removed condition shows only in the text before, the statement that now lacks it is shown too. */
function placesOf({ places, cause, statement }: Expansion): readonly Place[] {
  return cause === 'allow-added' && places.every(({ side }) => side === 'before') ? [...places, statement.effectPlace] : places;
}

function spelled(action: string, catalogue: Catalogue): string {
  return catalogue.action(action)?.name ?? action;
}
