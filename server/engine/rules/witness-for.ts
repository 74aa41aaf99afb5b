import type { Catalogue, CatalogueAction } from '../access/aws-iam/catalogue.ts';
import type { Expansion } from '../access/aws-iam/expansion.ts';
import { familiarType } from '../packs/familiar-types.ts';
import type { Severity } from '../types.ts';
import type { Gain } from './gains.ts';

/**
 * The example request of an expansion is of any of its actions. The finding's sentence is about the worst of them,
 * so its example is looked for again for that one action, and on a thing with a name that a person would give.
 */
export function withTellingWitness(expansion: Expansion, gain: Gain, severity: Severity, catalogue: Catalogue): Expansion {
  const wanted = tellingAction(expansion, gain) ?? expansion.witness.action;
  const listed = catalogue.action(wanted);
  const inPlain = severity !== 'low' && severity !== 'info' && readable(expansion, listed);
  const same = wanted.toLowerCase() === expansion.witness.action.toLowerCase();
  if (same && !inPlain) return expansion;
  const found = expansion.witnessOf(wanted, inPlain && listed !== undefined ? familiar(expansion, listed) : []);
  return found === undefined ? expansion : { ...expansion, witness: found };
}

/** True where its resource is one of many kinds, or has a name that no person would give. */
function readable({ resources }: Expansion, action: CatalogueAction | undefined): boolean {
  return (action?.resourceTypes.length ?? 0) > 0 && resources.some((each) => /[*?]/.test(each));
}

/** Things that a person would name so: each wildcard filled in so that it names one thing of the most familiar kind. */
function familiar({ resources }: Expansion, action: CatalogueAction): readonly string[] {
  const type = familiarType(action);
  if (type === undefined) return [];
  const own = EXAMPLES[type.arn.slice(type.arn.lastIndexOf('/') + 1)] ?? exampleName(type.arn);
  const named = (): string =>
    type.arn
      .replace('${Partition}', 'aws')
      .replace('${Region}', 'us-east-1')
      .replace('${Account}', '111122223333')
      .replace('${BucketName}', 'any-bucket')
      .replace('${ObjectName}', 'any-object')
      .replace(/\$\{[^}]*\}$/, own)
      .replace(/\$\{[^}]*\}/g, 'any');
  const filled = (text: string): string => {
    if (/^\*+$/.test(text.trim())) return named();
    const [, , , region, account] = text.split(':');
    const placed = text
      .split(':')
      .map((part, i) =>
        part !== '*' ? part : i === 3 && region === '*' ? 'us-east-1' : i === 4 && account === '*' ? '111122223333' : part,
      );
    return placed
      .join(':')
      .replace(/^(arn:aws:s3:::)([^/*?]*)\*(?=\/)/, (_, start: string, name: string) => `${start}${name}${ending(name, 'any-bucket')}`)
      .replace(
        /^([^*?]*)\*$/,
        (_, start: string) => `${start}${ending(start, start.startsWith('arn:aws:s3:::') && start.includes('/') ? 'any-object' : own)}`,
      );
  };
  return resources.slice(0, MOST_NAMES).map((text) => filled(text).replace(/[*?]/g, 'x'));
}

const MOST_NAMES = 20;

/** What a name that starts so might end in. */
function ending(start: string, whole: string): string {
  return start === '' || /[/:]$/.test(start) ? whole : /[-_.]$/.test(start) ? 'example' : '-example';
}

const EXAMPLES: Readonly<Record<string, string>> = {
  '${InstanceId}': 'i-0123456789abcdef0',
  '${KeyId}': '1234abcd-12ab-34cd-56ef-1234567890ab',
  '${SecretId}': 'any-secret-AbCdEf',
  '${ParameterNameWithoutLeadingSlash}': 'any-parameter',
  '${RoleNameWithPath}': 'any-role',
};

/** "any-role" for `…:role/${RoleNameWithPath}`. */
function exampleName(arn: string): string {
  const word = /\$\{(\w+?)(Name|Id|WithPath|Arn)*\}$/.exec(arn)?.[1] ?? 'thing';
  return `any-${word.replace(/([a-z])([A-Z])/g, '$1-$2').toLowerCase()}`;
}

/** Actions that more people know stand for their like. */
const WELL_KNOWN = [
  's3:getobject',
  's3:getobjectversion',
  's3:putobject',
  's3:putbucketpolicy',
  's3:putobjectacl',
  'kms:putkeypolicy',
  'secretsmanager:getsecretvalue',
  'sqs:receivemessage',
  'sns:publish',
  'lambda:updatefunctioncode',
  'ec2:terminateinstances',
  'rds:deletedbinstance',
  'dynamodb:deletetable',
];

/** As the catalogue spells it. */
function tellingAction({ actions, principals }: Expansion, gain: Gain): string | undefined {
  const open = principals.some(({ kind }) => kind === 'anonymous' || kind === 'anyone');
  const known = open || gain.whole ? WELL_KNOWN : WELL_KNOWN.filter((action) => gain.actions.includes(action));
  const liked = [...(gain.rule === 'aws-admin-access' ? ['iam:putuserpolicy'] : []), ...known, ...gain.actions];
  const spelled = (lower: string): string | undefined =>
    actions.findLast((action) => action.length === lower.length && action.toLowerCase() === lower);
  for (const each of liked) {
    const action = spelled(each);
    if (action !== undefined) return action;
  }
  return undefined;
}
