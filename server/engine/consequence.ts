import type { Expansion } from './access/aws-iam/expansion.ts';
import { deniedWhen, limitsIn } from './consequence-limits.ts';
import { listed, lowerFirst, plural, quoted, serviceOf } from './consequence-names.ts';
import type { Opened } from './consequence-opened.ts';
import type { Owned } from './consequence-owner.ts';
import { whoOf } from './consequence-who.ts';
import { CREDENTIALS, DATA, DESTRUCTION, EXPOSURE } from './packs/action-classes.ts';
import type { AwsRuleId } from './packs/aws-rules.ts';
import type { Gain } from './rules/gains.ts';
import { isGuard, limitOf } from './rules/reach-of.ts';

/** `{Who} can {do} {what} in {name}.` At most 18 words, no word that only AWS uses. */
export function consequenceOf(expansion: Expansion, gain: Gain, rule: AwsRuleId, opened: Opened, owned: Owned): string {
  const who = whoOf(expansion, owned, rule);
  const could = expansion.policy.kind === 'scp' || expansion.policy.kind === 'boundary' || expansion.assumesOtherAllow ? 'could' : 'can';
  if (expansion.certainty === 'undecided') return `We cannot tell everything ${lowerFirst(who)} can newly do with ${opened.text}.`;
  const does = expansion.policy.kind === 'trust' ? `act as ${opened.text}` : doing(expansion, gain, rule, opened);
  const said = `${who} ${could} ${does}`;
  const lost = missing(expansion, rule);
  const endings = [lost === '' ? kept(expansion) : lost, ''];
  const fitting = endings.find((ending) => wordsIn(`${said}${ending}`) <= MOST_WORDS);
  // The holder is named beside it, in the example.
  if (fitting === undefined && who === owned.holder) return `Its holder ${could} ${does}.`;
  return `${said}${fitting ?? ''}.`;
}

/** What still limits it, where the subject does not say: ", only with a second factor". */
function kept({ conditions, principals, cause }: Expansion): string {
  if (cause !== 'allow-added' || principals.some(({ kind }) => kind !== 'holder' && kind !== 'role' && kind !== 'user')) return '';
  const limits = conditions.filter(
    (condition) =>
      !/not|null|ifexists/i.test(condition.operator) &&
      (limitOf([condition]) === 'strong' || /^aws:requestedregion$|:resourcetag\//i.test(condition.key)) &&
      !/^aws:principal|^iam:passedtoservice$/i.test(condition.key),
  );
  return limits.length === 0 ? '' : `, only ${limitsIn(limits.slice(0, 1))}`;
}

const MOST_WORDS = 18;

/** Names count as one word. */
function wordsIn(sentence: string): number {
  return sentence.replace(/`[^`]*`/g, 'name').split(/\s+/).length;
}

/** The check that is gone, in a few words. */
function missing({ weakened, conditions, cause, statement, counterpart }: Expansion, rule: AwsRuleId): string {
  if (cause === 'deny-removed' && counterpart?.effect !== 'Deny')
    return deniedWhen(statement.conditions.map(({ key, operator, values }) => ({ key, operator, values: values.map(({ text }) => text) })));
  if (rule !== 'aws-condition-weakened') return '';
  const guard = weakened.find(isGuard) ?? weakened[0];
  const key = guard?.key.toLowerCase() ?? '';
  if (conditions.some((each) => each.key.toLowerCase() === key && limitOf([each]) !== 'none')) return looser(key);
  if (key.startsWith('aws:multifactor')) return ' without a second factor';
  if (key === 'sts:externalid') return ' without the agreed external ID';
  if (/^aws:(principal|source|resource)org/.test(key)) return ' from outside your organisation';
  if (key === 'aws:sourceip' || key === 'aws:vpcsourceip') return ' from any network';
  if (key.startsWith('aws:sourcevpc')) return ' from outside your network';
  if (key === 'aws:securetransport') return ' over an unencrypted connection';
  if (key.startsWith('aws:source')) return ' for any sender';
  if (key === 'kms:viaservice') return ' without going through a service';
  if (key.endsWith(':sub')) return ' for more than the one project';
  return ' with fewer checks';
}

/** The check is still there, and lets more through. */
function looser(key: string): string {
  if (key === 'sts:externalid') return ' with more external IDs';
  if (key === 'aws:sourceip' || key === 'aws:vpcsourceip' || key.startsWith('aws:sourcevpc')) return ' from more networks';
  if (key.startsWith('aws:source')) return ' for more senders';
  if (key.endsWith(':sub')) return ' for more than the one project';
  return ' with a weaker check';
}

function doing(expansion: Expansion, gain: Gain, rule: AwsRuleId, opened: Opened): string {
  const first = gain.actions[0] ?? '';
  if (
    rule === 'aws-public-access' ||
    rule === 'aws-cross-account-access' ||
    rule === 'aws-principal-added' ||
    (rule === 'aws-condition-weakened' && (expansion.policy.kind === 'resource' || gain.rule === 'aws-data-read'))
  ) {
    return verbsOn(expansion, opened);
  }
  const nearly = nearlyAll(expansion, opened);
  if (nearly !== undefined) return nearly;
  if (gain.whole && gain.rule !== 'aws-admin-access') return wholly(gain, opened);
  switch (gain.rule) {
    case 'aws-admin-access':
      if (expansion.policy.kind === 'scp') return 'do anything';
      return opened.kind === 'account' ? `do anything in ${opened.text}` : `do anything with ${opened.text}`;
    case 'aws-escalation-path':
      if (gain.actions.length === 1 && first === 'sts:assumerole') return `act as ${gain.wide ? 'every role' : opened.text}`;
      return gain.wide ? `become an administrator of ${opened.text}` : `gain every right of ${opened.text}`;
    case 'aws-permissions-management':
      return opened.extent === 'all' ? 'change who can do what in this account' : `change the rights of ${opened.text}`;
    case 'aws-resource-exposure':
      return `change who can use ${opened.text === bare(opened) ? opened.text : `what is in ${bare(opened)}`}`;
    case 'aws-credential-exposure':
      if (first.startsWith('sts:assumerole')) return `act as ${opened.text}`;
      if (first.startsWith('secretsmanager:') || first.startsWith('ssm:'))
        return `read ${opened.extent === 'one' ? `the ${opened.kind} ` : ''}${opened.text}`;
      return `get sign-in credentials for ${bare(opened)}`;
    case 'aws-data-destruction':
      if (first.startsWith('s3:deleteobject')) return `delete ${objectsIn(opened)}`;
      return first === 's3:putlifecycleconfiguration' ? `make objects expire in ${opened.text}` : `delete ${dataOf(first, opened)}`;
    case 'aws-logging-disabled':
      return opened.extent === 'all'
        ? `turn off logging or its alarms in ${quoted(serviceOf(first))}`
        : `turn off logging for ${opened.text}`;
    case 'aws-run-code-with-role':
      return first === 'iam:passrole' ? `hand ${opened.text} to ${takers(expansion)}` : `run its own code in ${bare(opened)}`;
    case 'aws-data-read':
      if (/^s3:getobject|^s3:select/.test(first)) return `read ${onlyVersions(gain) ? 'old versions of ' : ''}${objectsIn(opened)}`;
      return first === 'kms:decrypt' ? `decrypt with ${opened.text}` : `read data in ${bare(opened)}`;
    case 'aws-service-wildcard':
      return `do anything ${opened.text === bare(opened) ? 'with' : 'in'} ${bare(opened)}`;
    case 'aws-future-actions':
      return `use what AWS later adds to ${quoted(serviceOf(expansion.futureActions[0] ?? '') || 'AWS')}${opened.extent === 'one' ? ` on ${opened.text}` : ''}`;
    case 'aws-infrastructure-change':
      return changing(gain, opened);
    case 'aws-metadata-read':
      return first.startsWith('s3:listbucket') ? `list what is in ${opened.text}` : `list or describe ${opened.text}`;
    default:
      return `use ${opened.text}`;
  }
}

/** "Everything but these": what an allowance that only names exceptions amounts to. */
function nearlyAll({ statement, actions, cause }: Expansion, opened: Opened): string | undefined {
  if (cause !== 'allow-added' || !statement.notAction || actions.length < 1000) return undefined;
  const [first] = statement.actions;
  const more = statement.actions.length - 1;
  const but = first === undefined ? '' : ` but ${quoted(first.text)}${more > 0 ? ` and ${more} more` : ''}`;
  return opened.extent === 'all' ? `do everything${but} in this account` : `do everything${but} with ${opened.text}`;
}

/** A whole service: what it keeps, where that is one kind of thing. */
function wholly(gain: Gain, opened: Opened): string {
  const service = serviceOf(gain.actions[0] ?? '');
  if (opened.extent !== 'all') return `do anything with ${opened.text}`;
  return OF_ONE_KIND.has(service) ? `do anything with ${opened.text}` : `do anything in ${quoted(service)}`;
}

const OF_ONE_KIND = new Set(['s3', 'sqs', 'sns', 'dynamodb', 'kms', 'secretsmanager', 'lambda', 'ecr']);

function onlyVersions({ actions }: Gain): boolean {
  return !actions.includes('s3:getobject') && actions.some((action) => action === 's3:getobjectversion');
}

/** The verb of what is changed, where all telling actions share one. */
function changing({ actions }: Gain, opened: Opened): string {
  const verbs = new Set(actions.map((action) => VERBS.find(([start]) => start.test(action))?.[1] ?? 'change'));
  const [only] = verbs;
  const verb = verbs.size === 1 ? (only ?? 'change') : 'change';
  if (verb === 'create') return opened.extent === 'one' ? `change ${opened.text}` : `create ${plural(opened.kind)}`;
  return `${verb} ${opened.text}`;
}

const VERBS: readonly (readonly [RegExp, string])[] = [
  [/:(un)?tag|:(create|delete|put)tags?$|:put\w*tagging$/, 'change the tags of'],
  [/:(create|run|allocate)/, 'create'],
  [/:(delete|terminate|remove|purge)/, 'delete'],
  [/:(start|stop|reboot)/, 'start or stop'],
  [/^(sqs:send|sns:publish|ses:send)/, 'send messages to'],
  [/:invoke/, 'run'],
];

/** What a role may be handed to. */
function takers({ conditions }: Expansion): string {
  const limit = conditions.find(({ key, operator }) => /^iam:passedtoservice$/i.test(key) && !/not|null|ifexists/i.test(operator));
  const names = (limit?.values ?? [])
    .filter((value) => !/^\*+$/.test(value))
    .map((value) => quoted(value.replace(/\.amazonaws\.com(\.cn)?$/, '')));
  return names.length === 0 ? 'programs it starts' : `programs of ${listed(names, 1)}`;
}

/** What outsiders can do with one resource: the verbs of all that is gained, not only of the worst. */
function verbsOn({ actions }: Expansion, opened: Opened): string {
  const lower = actions.map((action) => action.toLowerCase());
  const telling = lower.length === 1 ? lower : lower.filter((action) => !LOOKS.test(action) || DATA(action) || CREDENTIALS(action));
  const special = telling.map((action) => SPECIAL[action]);
  if (special.length > 0 && special.length <= 3 && special.every((verb) => verb !== undefined))
    return `${listed([...new Set(special)], 3)} ${opened.text}`;
  const verbs = [
    lower.some((action) => DATA(action) || CREDENTIALS(action)) ? 'read' : undefined,
    lower.some((action) => WRITES.test(action) && !DESTRUCTION(action) && !EXPOSURE(action)) ? 'change' : undefined,
    lower.some(DESTRUCTION) ? 'delete' : undefined,
    lower.some(EXPOSURE) ? 'share' : undefined,
  ].filter((verb) => verb !== undefined);
  const list =
    verbs.length === 0 ? 'list' : verbs.length === 1 ? (verbs[0] ?? '') : `${verbs.slice(0, -1).join(', ')} and ${verbs.at(-1) ?? ''}`;
  const objects = lower.some((action) => /^s3:.*object/.test(action));
  const s3 = opened.kind === 'bucket';
  return `${list} ${s3 && (objects || verbs.length === 0) ? objectsIn(opened) : opened.text}`;
}

const LOOKS = /:(get|list|describe|head)/;
const WRITES =
  /:(put|create|update|write|send|publish|upload|complete|initiate|batchwrite|start|invoke|set|add|tag|modify|import|restore|replicate|encrypt|generate)/;
const SPECIAL: Readonly<Record<string, string>> = {
  'sqs:sendmessage': 'send messages to',
  'sqs:receivemessage': 'read messages in',
  'sns:publish': 'send messages to',
  'sns:subscribe': 'receive messages from',
  'lambda:invokefunction': 'run',
  'lambda:invokefunctionurl': 'run',
  'kms:decrypt': 'decrypt with',
  'execute-api:invoke': 'call',
  'es:eshttpget': 'read data in',
};

/** "every object in `b`", "objects under `in/` in `b`", "`key` in `b`". */
function objectsIn(opened: Opened): string {
  const { inside } = opened;
  if (opened.kind !== 'bucket' || opened.except) return opened.kind === 'bucket' ? `every object in ${opened.text}` : opened.text;
  if (inside === undefined || /^\**$/.test(inside)) return `every object in ${opened.text}`;
  const wild = inside.search(/[*?]/);
  if (wild === -1) return `${quoted(inside)} in ${opened.text}`;
  return wild === 0 ? `many objects in ${opened.text}` : `objects under ${quoted(inside.slice(0, wild))} in ${opened.text}`;
}

/** "everything in `ec2`" without its first words. */
function bare(opened: Opened): string {
  return opened.text.replace(/^everything in /, '');
}

function dataOf(action: string, opened: Opened): string {
  return /backup|snapshot|recoverypoint/.test(action) && opened.extent !== 'one' && !/backup|snapshot|recovery/.test(opened.kind)
    ? `backups: ${opened.text}`
    : opened.text;
}
