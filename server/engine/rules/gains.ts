import { actionMatches, namesAction } from '../access/aws-iam/actions.ts';
import type { Catalogue, CatalogueAction } from '../access/aws-iam/catalogue.ts';
import type { Expansion } from '../access/aws-iam/expansion.ts';
import type { PolicyDocument, Statement } from '../access/aws-iam/statement.ts';
import {
  CREDENTIALS,
  DATA,
  DESTRUCTION,
  EXPOSURE,
  HARMLESS,
  LOGGING,
  MILD_PERMISSIONS,
  REGISTRY_TOKENS,
  STOPPING,
} from '../packs/action-classes.ts';
import type { AwsRuleId } from '../packs/aws-rules.ts';
import { ESCALATING_ACTIONS, ESCALATION_SETS, type EscalationSet } from '../packs/escalation-sets.ts';
import { limitOf, targetOf } from './reach-of.ts';

/** What newly allowed actions are worth: the worst rule and the actions that make it so. */
export type Gain = {
  readonly rule: AwsRuleId;
  /** In lower case; the most telling first. */
  readonly actions: readonly string[];
  /** The set of actions that the edit completes. */
  readonly set: EscalationSet | undefined;
  /** For sets: false when any of the actions is limited to single things. */
  readonly wide: boolean;
  /** A whole service, or nearly, is newly allowed. */
  readonly whole: boolean;
};

/** Worst first. An expansion's finding is of its first rule that has any action. */
const ORDER: readonly AwsRuleId[] = [
  'aws-permissions-management',
  'aws-resource-exposure',
  'aws-credential-exposure',
  'aws-data-destruction',
  'aws-logging-disabled',
  'aws-run-code-with-role',
  'aws-data-read',
  'aws-service-wildcard',
  'aws-infrastructure-change',
  'aws-metadata-read',
];

/** `before` and `after` are the whole policy the expansion belongs to: sets are completed by the policy, not by a statement. */
export function gainOf(
  expansion: Expansion,
  before: PolicyDocument | undefined,
  after: PolicyDocument | undefined,
  catalogue: Catalogue,
): Gain {
  const lower = expansion.actions.map((name) => name.toLowerCase());
  const has = new Set(lower);
  if (isEverything(expansion, has)) return { rule: 'aws-admin-access', actions: ['*'], set: undefined, wide: true, whole: true };
  const own = ownOnly(expansion);
  const completed = own ? undefined : completedSet(expansion, has, before, after);
  if (completed !== undefined && completed.set.how !== 'code') {
    return { rule: 'aws-escalation-path', actions: completed.set.actions, set: completed.set, wide: completed.wide, whole: false };
  }
  const byRule = new Map<AwsRuleId, string[]>();
  for (const action of lower) {
    const rule = own ? ownRule(action, catalogue) : ruleOf(action, catalogue);
    const list = byRule.get(rule);
    if (list === undefined) byRule.set(rule, [action]);
    else list.push(action);
  }
  if (completed !== undefined && byRule.get('aws-run-code-with-role') === undefined)
    byRule.set('aws-run-code-with-role', [...completed.set.actions]);
  const whole = wholeService(expansion, lower, catalogue);
  if (whole !== undefined) byRule.set('aws-service-wildcard', [...whole]);
  for (const rule of ORDER) {
    const actions = byRule.get(rule);
    // Stopping what runs is less than running as its role.
    if (rule === 'aws-data-destruction' && actions?.every(STOPPING) === true && byRule.has('aws-run-code-with-role')) continue;
    // Taking rules of sharing away shares little; next to deleting what is stored it says nothing.
    if (
      rule === 'aws-resource-exposure' &&
      actions?.every((action) => /:delete/.test(action)) === true &&
      byRule.has('aws-data-destruction')
    )
      continue;
    if (actions !== undefined) return { rule, actions, set: undefined, wide: completed?.wide ?? true, whole: whole !== undefined };
  }
  return { rule: 'aws-future-actions', actions: [], set: undefined, wide: true, whole: false };
}

/** What one action, in lower case, is worth by itself. Of a listed one it is worked out once: whole services are asked for in edit after edit. */
export function ruleOf(action: string, catalogue: Catalogue): AwsRuleId {
  const listed = catalogue.action(action);
  let rule = listed === undefined ? undefined : rules.get(listed);
  if (rule === undefined) {
    rule = worthOf(action, listed);
    if (listed !== undefined) rules.set(listed, rule);
  }
  return rule;
}

const rules = new WeakMap<CatalogueAction, AwsRuleId>();

function worthOf(action: string, listed: CatalogueAction | undefined): AwsRuleId {
  if (HARMLESS(action) || REGISTRY_TOKENS(action)) return 'aws-metadata-read';
  if (EXPOSURE(action)) return 'aws-resource-exposure';
  if (CREDENTIALS(action)) return 'aws-credential-exposure';
  if (DESTRUCTION(action)) return 'aws-data-destruction';
  if (LOGGING(action)) return 'aws-logging-disabled';
  if (action === 'iam:passrole') return 'aws-run-code-with-role';
  if (CODE_ALONE.has(action)) return 'aws-run-code-with-role';
  if (DATA(action)) return 'aws-data-read';
  const levels = listed?.levels ?? ['Write'];
  if (MILD_PERMISSIONS(action)) return 'aws-infrastructure-change';
  if (levels.includes('Permissions management') && !READS.test(action)) {
    if (GRANTING_SERVICES.has(action.slice(0, action.indexOf(':')))) return 'aws-permissions-management';
    return /:(delete|remove|revoke|disassociate|detach|retire|reject|deregister|reset|batchrevoke)/.test(action)
      ? 'aws-infrastructure-change'
      : 'aws-resource-exposure';
  }
  return (levels.includes('Write') || levels.includes('Tagging')) && !(READS.test(action) && levels.includes('Permissions management'))
    ? 'aws-infrastructure-change'
    : 'aws-metadata-read';
}

/** Some actions that only read are published as permissions management. */
const READS = /:(get|list|describe|view|check|validate|search|preview)/;
const GRANTING_SERVICES = new Set(['iam', 'sso', 'sso-directory', 'identitystore', 'organizations', 'controltower', 'rolesanywhere']);
const CODE_ALONE = new Set(
  ESCALATION_SETS.filter(({ how, actions }) => how === 'code' && actions.length === 1).flatMap(({ actions }) => actions),
);

/** One's own keys and password, as AWS's own examples for users have them. */
function ownOnly({ resources }: Expansion): boolean {
  return resources.length > 0 && resources.every((resource) => /\$\{aws:(username|userid)\}/i.test(resource));
}

function ownRule(action: string, catalogue: Catalogue): AwsRuleId {
  const rule = ruleOf(action, catalogue);
  return rule === 'aws-metadata-read' ? rule : 'aws-infrastructure-change';
}

function isEverything({ actions, statement, resources }: Expansion, has: ReadonlySet<string>): boolean {
  const named = statement.actions.some(({ text }) => /^\*+(:\*+)?$/.test(text.trim()));
  const wide = resources.some((resource) => targetOf(resource).extent === 'all');
  if (!wide) return false;
  // All of IAM is as good as everything: its holder grants itself the rest.
  return (
    (named && actions.length > 1000) ||
    (has.has('iam:putuserpolicy') &&
      has.has('iam:passrole') &&
      has.has('iam:createpolicyversion') &&
      has.has('iam:attachrolepolicy') &&
      has.has('iam:createuser'))
  );
}

/** The actions of a service that is newly allowed as a whole, or nearly, and lets its holder do more than look. */
function wholeService({ statement, cause }: Expansion, lower: readonly string[], catalogue: Catalogue): readonly string[] | undefined {
  if (cause !== 'allow-added' || statement.notAction) return undefined;
  for (const { text } of statement.actions) {
    const pattern = text.trim().toLowerCase();
    if (!/^[a-z0-9-]+:\*$/.test(pattern) || SMALL_SERVICES.test(pattern)) continue;
    const gained = lower.filter((action) => actionMatches(pattern, action));
    const all = catalogue.actionsOf(pattern.slice(0, pattern.indexOf(':'))).length;
    if (gained.length >= 4 && gained.length * 2 >= all && gained.some((action) => ruleOf(action, catalogue) !== 'aws-metadata-read'))
      return gained;
  }
  return undefined;
}

/** Services that only measure or tell: having all of them is nothing to ask about. */
const SMALL_SERVICES =
  /^(cloudwatch|logs|xray|tag|pricing|health|support|ssmmessages|ec2messages|resource-explorer-2|trustedadvisor|application-autoscaling|servicequotas):/;

type Width = 'none' | 'narrow' | 'wide';

/** The worst set that the policy completes after the edit, or completes in a wider way than before. */
function completedSet(
  { policy }: Expansion,
  has: ReadonlySet<string>,
  before: PolicyDocument | undefined,
  after: PolicyDocument | undefined,
): { readonly set: EscalationSet; readonly wide: boolean } | undefined {
  if (policy.kind !== 'identity' || ESCALATING_ACTIONS.every((action) => !has.has(action))) return undefined;
  const afterWidths = widths(after);
  const beforeWidths = widths(before);
  let found: { readonly set: EscalationSet; readonly wide: boolean } | undefined;
  for (const set of ESCALATION_SETS) {
    if (!set.actions.some((action) => has.has(action))) continue;
    const now = widthOfSet(set, afterWidths);
    const then = widthOfSet(set, beforeWidths);
    if (now === 'none' || now === then || then === 'wide') continue;
    const wide = now === 'wide';
    if (!wide && set.actions[0] === 'sts:assumerole') continue;
    if (found === undefined || points({ set, wide }) > points(found)) found = { set, wide };
  }
  return found;
}

function points({ set, wide }: { readonly set: EscalationSet; readonly wide: boolean }): number {
  return (set.how === 'code' ? 0 : 2) + (wide ? 1 : 0);
}

type Widths = (action: string, set: EscalationSet) => Width;

function widthOfSet(set: EscalationSet, widthOf: Widths): Width {
  let width: Width = 'wide';
  for (const action of set.actions) {
    const one = widthOf(action, set);
    if (one === 'none') return 'none';
    if (one === 'narrow') width = 'narrow';
  }
  return width;
}

function widths(document: PolicyDocument | undefined): Widths {
  const allows = document?.statements.filter(({ effect }) => effect === 'Allow') ?? [];
  const denies =
    document?.statements.filter(
      (statement) => statement.effect === 'Deny' && statement.conditions.length === 0 && onEverything(statement),
    ) ?? [];
  return (action, set) => {
    if (denies.some((deny) => namesAction(deny, action))) return 'none';
    let width: Width = 'none';
    for (const allow of allows) {
      if (!namesAction(allow, action)) continue;
      if (action === 'iam:passrole' && !passes(allow, set)) continue;
      if (widthOfStatement(allow) === 'wide') return 'wide';
      width = 'narrow';
    }
    return width;
  };
}

function widthOfStatement(statement: Statement): 'narrow' | 'wide' {
  const conditions = statement.conditions.map(({ key, operator, values }) => ({ key, operator, values: values.map(({ text }) => text) }));
  if (limitOf(conditions.filter(({ key }) => !/^iam:passedtoservice$/i.test(key))) === 'strong') return 'narrow';
  if (statement.notResource || statement.resources.length === 0) return 'wide';
  return statement.resources.every(({ text }) => targetOf(text).extent === 'one' || /\$\{aws:(username|userid)\}/i.test(text))
    ? 'narrow'
    : 'wide';
}

function onEverything(statement: Statement): boolean {
  return statement.notResource ? statement.resources.length === 0 : statement.resources.some(({ text }) => /^\*+$/.test(text.trim()));
}

/** A role that may be handed only to some services completes only the sets of those. */
function passes(statement: Statement, set: EscalationSet): boolean {
  const limits = statement.conditions.filter(
    ({ key, operator }) => /^iam:passedtoservice$/i.test(key) && /^(for\w+:)?(string(equals|like)|arn)/i.test(operator),
  );
  if (limits.length === 0) return true;
  const services = set.actions
    .map((action) => action.slice(0, action.indexOf(':')))
    .flatMap((service) => [service, ...(PASSED_AS[service] ?? [])]);
  return limits.every(({ values }) =>
    values.some(({ text }) => text.startsWith('*') || services.some((service) => text.toLowerCase().startsWith(`${service}.`))),
  );
}

const PASSED_AS: Readonly<Record<string, readonly string[]>> = {
  ecs: ['ecs-tasks'],
  batch: ['ecs-tasks'],
  autoscaling: ['ec2'],
  elasticmapreduce: ['ec2'],
  elasticbeanstalk: ['ec2'],
  imagebuilder: ['ec2'],
  apprunner: ['tasks', 'build'],
  'cognito-identity': ['cognito-identity'],
  bedrock: ['bedrock'],
};
