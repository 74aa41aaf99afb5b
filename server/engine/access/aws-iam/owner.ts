import type { Member } from '../../read/json.ts';

/** Whose policy it is, where the document around it says so: the role it is attached to, the bucket it guards, or at least its own name. */
export type Owner = {
  readonly kind:
    | 'role'
    | 'user'
    | 'group'
    | 'policy'
    | 'bucket'
    | 'key'
    | 'queue'
    | 'topic'
    | 'secret'
    | 'function'
    | 'repository'
    | 'table';
  readonly name: string;
};

/** What one object on the way down to a policy says. `pointer` is the object's own; the owner known so far gives way only to a nearer thing. */
export function ownerIn(members: readonly Member[], pointer: string, known: Owner | undefined): Owner | undefined {
  const own = named(members) ?? typed(members, pointer) ?? inTerraform(members, pointer);
  return own === undefined || (own.kind === 'policy' && known !== undefined && known.kind !== 'policy') ? known : own;
}

/** Members that name a thing, as AWS's answers, CloudFormation and the SDKs spell them. */
const NAMES: readonly (readonly [Owner['kind'], RegExp])[] = [
  ['role', /^role_?name$/i],
  ['user', /^user_?name$/i],
  ['group', /^group_?name$/i],
  ['bucket', /^bucket(_?name)?$/i],
  ['key', /^key_?id$/i],
  ['queue', /^queue_?(name|url)$/i],
  ['topic', /^topic_?(name|arn)$/i],
  ['secret', /^secret_?(id|name)$/i],
  ['function', /^function_?name$/i],
  ['repository', /^repository_?name$/i],
  ['table', /^table_?name$/i],
  ['policy', /^(managed_?)?policy_?name$/i],
];

function named(members: readonly Member[]): Owner | undefined {
  for (const [kind, field] of NAMES) {
    const found = members.find(({ key }) => field.test(key));
    const name = found === undefined ? undefined : textOf(found.value);
    // "Roles: [one]": the policy is that role's.
    if (name !== undefined) return (kind === 'policy' ? attached(members) : undefined) ?? { kind, name: lastPart(name) };
  }
  return attached(members);
}

function attached(members: readonly Member[]): Owner | undefined {
  for (const [kind, field] of [
    ['role', 'Roles'],
    ['user', 'Users'],
    ['group', 'Groups'],
    ['queue', 'Queues'],
    ['topic', 'Topics'],
  ] as const) {
    const list = members.find(({ key }) => key === field)?.value.children ?? [];
    const [only] = list;
    const name = only === undefined || list.length > 1 ? undefined : textOf(only);
    if (name !== undefined) return { kind, name: lastPart(name) };
  }
  return undefined;
}

/** `{"Type": "AWS::IAM::Role", "Properties": …}` below its logical name. */
function typed(members: readonly Member[], pointer: string): Owner | undefined {
  const type = members.find(({ key }) => key === 'Type')?.value.value;
  const kind = typeof type === 'string' ? TYPES[type] : undefined;
  return kind === undefined ? undefined : { kind, name: stepsOf(pointer).at(-1) ?? '' };
}

const TYPES: Readonly<Record<string, Owner['kind']>> = {
  'AWS::IAM::Role': 'role',
  'AWS::IAM::User': 'user',
  'AWS::IAM::Group': 'group',
  'AWS::IAM::Policy': 'policy',
  'AWS::IAM::ManagedPolicy': 'policy',
  'AWS::Serverless::Function': 'function',
  'AWS::KMS::Key': 'key',
  'AWS::ECR::Repository': 'repository',
};

/** `{"resource": {"aws_iam_role": {"app": …}}}` */
function inTerraform(members: readonly Member[], pointer: string): Owner | undefined {
  const steps = stepsOf(pointer).filter((step) => !/^\d+$/.test(step));
  const own = TERRAFORM.find(([start]) => (steps.at(-2) ?? '').startsWith(start))?.[1];
  if (own === undefined) return undefined;
  // What a policy calls `policy` is its text, not its name.
  const field = own === 'policy' ? 'name' : own;
  const said = members.find(({ key }) => key === field)?.value ?? members.find(({ key }) => key === 'name')?.value;
  const name = said === undefined ? undefined : textOf(said);
  return { kind: own, name: name === undefined ? (steps.at(-1) ?? '') : lastPart(name) };
}

const TERRAFORM: readonly (readonly [string, Owner['kind']])[] = [
  ['aws_iam_role', 'role'],
  ['aws_iam_user', 'user'],
  ['aws_iam_group', 'group'],
  ['aws_iam_policy', 'policy'],
  ['aws_kms_key', 'key'],
  ['aws_s3_bucket', 'bucket'],
];

/** A name as written, or what a template refers to: `{"Ref": "App"}`, `${aws_iam_role.app.name}`. */
function textOf(node: Member['value']): string | undefined {
  if (node.type === 'string' && typeof node.value === 'string') {
    const text = node.value.trim();
    const reference = /^\$\{(?:[\w-]+\.)?([\w-]+)(?:\.\w+)?\}$/.exec(text)?.[1];
    return text === '' ? undefined : (reference ?? text);
  }
  if (node.type !== 'object') return undefined;
  const [, value] = node.children?.[0]?.children ?? [];
  const inner = value?.type === 'array' ? value.children?.[0] : value;
  return inner?.type === 'string' && typeof inner.value === 'string' && inner.value !== '' ? inner.value : undefined;
}

function stepsOf(pointer: string): readonly string[] {
  return pointer.split('/').map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
}

/** Of a URL or ARN, the name at its end. */
function lastPart(name: string): string {
  return /^(arn:|https?:)/.test(name) ? (name.split(/[/:]/).at(-1) ?? name) : name;
}
