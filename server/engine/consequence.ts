import type { Expansion } from './access/aws-iam/expansion.ts';
import { type Opened, quoted, serviceOf } from './consequence-opened.ts';
import { whoOf } from './consequence-who.ts';
import { CREDENTIALS, DATA, DESTRUCTION, EXPOSURE } from './packs/action-classes.ts';
import type { AwsRuleId } from './packs/aws-rules.ts';
import type { Gain } from './rules/gains.ts';

/** `{Who} can {do} {what} in {name}.` At most 18 words, no word that only AWS uses. */
export function consequenceOf(expansion: Expansion, gain: Gain, rule: AwsRuleId, opened: Opened, path: string): string {
  const who = whoOf(expansion, path);
  const could = expansion.policy.kind === 'scp' || expansion.policy.kind === 'boundary' || expansion.assumesOtherAllow ? 'could' : 'can';
  if (expansion.certainty === 'undecided') return `We cannot tell everything ${asObject(who)} can newly do with ${opened.text}.`;
  return `${who} ${could} ${expansion.policy.kind === 'trust' ? `act as ${opened.text}` : doing(expansion, gain, rule, opened)}${missing(expansion, rule)}.`;
}

function asObject(who: string): string {
  return who.startsWith('AWS') || who.startsWith('`') ? who : who.charAt(0).toLowerCase() + who.slice(1);
}

/** The check that is gone, in a few words. */
function missing({ weakened }: Expansion, rule: AwsRuleId): string {
  if (rule !== 'aws-condition-weakened') return '';
  const key = weakened[0]?.key.toLowerCase() ?? '';
  if (key.startsWith('aws:multifactor')) return ' without a second factor';
  if (key === 'sts:externalid') return ' without the agreed external ID';
  if (key.startsWith('aws:principalorg')) return ' from outside your organisation';
  if (key === 'aws:sourceip' || key.startsWith('aws:sourcevpc')) return ' from other networks';
  if (key.startsWith('aws:source')) return ' for other senders';
  if (key.endsWith(':sub')) return ' for more than the one project';
  return ' with fewer checks';
}

function doing(expansion: Expansion, gain: Gain, rule: AwsRuleId, opened: Opened): string {
  const first = gain.actions[0] ?? '';
  if (
    rule === 'aws-public-access' ||
    rule === 'aws-cross-account-access' ||
    rule === 'aws-principal-added' ||
    (rule === 'aws-condition-weakened' && expansion.policy.kind === 'resource')
  ) {
    return verbsOn(expansion, opened);
  }
  switch (gain.rule) {
    case 'aws-admin-access':
      return opened.kind === 'account' ? `do anything in ${opened.text}` : `do anything with ${opened.text}`;
    case 'aws-escalation-path':
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
      return first === 'iam:passrole' ? `hand ${opened.text} to programs it starts` : `run its own code in ${bare(opened)}`;
    case 'aws-data-read':
      if (/^s3:getobject|^s3:select/.test(first)) return `read ${objectsIn(opened)}`;
      return first === 'kms:decrypt' ? `decrypt with ${opened.text}` : `read data in ${bare(opened)}`;
    case 'aws-service-wildcard':
      return `do anything ${opened.text === bare(opened) ? 'with' : 'in'} ${bare(opened)}`;
    case 'aws-future-actions':
      return `use what AWS later adds to ${quoted(serviceOf(expansion.futureActions[0] ?? '') || 'AWS')} on ${opened.text}`;
    case 'aws-infrastructure-change':
      return `change ${opened.text}`;
    case 'aws-metadata-read':
      return `list or describe ${opened.text}`;
    default:
      return `use ${opened.text}`;
  }
}

/** What outsiders can do with one resource: the verbs of all that is gained, not only of the worst. */
function verbsOn({ actions }: Expansion, opened: Opened): string {
  const lower = actions.map((action) => action.toLowerCase());
  const special = lower.length === 1 ? SPECIAL[lower[0] ?? ''] : undefined;
  if (special !== undefined) return `${special} ${opened.text}`;
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
  if (opened.kind !== 'bucket') return opened.text;
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
  return /backup|snapshot|recoverypoint/.test(action) && opened.extent !== 'one' ? `backups: ${opened.text}` : opened.text;
}
