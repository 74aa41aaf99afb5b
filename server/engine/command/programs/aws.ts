import { type Arguments, argumentsOf } from '../arguments.ts';
import type { DirectChange } from '../../types.ts';
import type { Program } from '../effect.ts';

/** The AWS command line: calls that give access, take away a safeguard, destroy data or hand out a secret. */
export const aws: Program = {
  names: ['aws', 'awslocal'],
  effects: ({ args, command }) => {
    const read = argumentsOf(args, GLOBAL);
    const [service = '', verb = ''] = read.plain;
    // The password goes to `docker login`, and nobody sees it.
    if (verb === 'get-login-password' && command.piped) return [];
    if (read.has('--dry-run', '--generate-cli-skeleton', '--dryrun') || verb === 'help') return [];
    if (service === 's3' && /^(cp|mv|sync)$/.test(verb) && /public|authenticated-read/.test(read.value('--acl') ?? ''))
      return [{ kind: 'change', change: acl(read, service, verb) }];
    const found = CALLS.find(({ calls }) => calls.test(`${service} ${verb}`));
    if (found !== undefined) return [{ kind: 'change', change: found.change(read, service, verb) }];
    return /^(put|attach|create|update|add|modify|authorize|set|associate|disassociate|replace|upload|enable|disable|delete|remove|revoke|deregister|terminate|detach)-/.test(
      verb,
    ) && GOVERNED.test(service)
      ? [{ kind: 'change', change: any(read, service, verb) }]
      : [];
  },
};

const GLOBAL = new Set([
  '--profile',
  '--region',
  '--output',
  '--query',
  '--endpoint-url',
  '--cli-input-json',
  '--cli-binary-format',
  '--color',
  '--ca-bundle',
]);
/** Services whose every change is a change of access. */
const GOVERNED =
  /^(iam|sts|organizations|sso-admin|identitystore|kms|secretsmanager|cloudtrail|guardduty|waf|wafv2|waf-regional|shield|config|configservice|securityhub|ram|lakeformation|access-analyzer|accessanalyzer)$/;

type Made = (read: Arguments, service: string, verb: string) => DirectChange;

const change = (
  rule: DirectChange['rule'],
  does: string,
  object: string,
  kind: string,
  severity: DirectChange['severity'],
  document?: string,
): DirectChange => ({
  rule,
  system: 'AWS',
  does,
  object,
  kind,
  severity,
  document,
});

const ADMIN = /(Administrator|PowerUser|IAMFull|FullAccess|SystemAdministrator)/;

const attach: Made = (read) => {
  const policy = (read.value('--policy-arn') ?? 'a policy').split('/').at(-1) ?? 'a policy';
  const who = read.value('--user-name', '--role-name', '--group-name') ?? 'somebody';
  return change(
    'command-changes-access',
    `attaches \`${policy}\` to \`${who}\``,
    who,
    'identity',
    ADMIN.test(policy) ? 'critical' : 'medium',
  );
};

const putPolicy: Made = (read, service) => {
  const document = read.value(
    '--policy-document',
    '--policy',
    '--key-policy',
    '--resource-policy',
    '--policy-text',
    '--assume-role-policy-document',
    '--attributes',
  );
  const object =
    read.value(
      '--role-name',
      '--user-name',
      '--group-name',
      '--bucket',
      '--key-id',
      '--secret-id',
      '--queue-url',
      '--topic-arn',
      '--repository-name',
      '--function-name',
      '--policy-name',
      '--policy-arn',
    ) ?? service;
  return change(
    'command-changes-access',
    `sets a policy of \`${object}\``,
    object,
    'policy',
    document === undefined || /^file(b?):\/\//.test(document) ? 'high' : 'medium',
    document,
  );
};

const any: Made = (read, service, verb) => {
  const object =
    read.plain[2] ?? read.value('--name', '--user-name', '--role-name', '--bucket', '--key-id', '--secret-id', '--policy-arn') ?? service;
  return change('command-changes-access', `runs \`${service} ${verb}\` on \`${object}\``, object, service, 'medium');
};

const objectOf = (read: Arguments, service: string): string =>
  read.plain.slice(2).at(-1) ??
  read.value(
    '--bucket',
    '--db-instance-identifier',
    '--db-cluster-identifier',
    '--table-name',
    '--key-id',
    '--secret-id',
    '--instance-ids',
    '--stack-name',
    '--volume-id',
    '--function-name',
    '--name',
    '--trail-name',
    '--detector-id',
    '--group-id',
    '--cluster-name',
    '--user-pool-id',
    '--repository-name',
    '--role-name',
    '--user-name',
    '--policy-arn',
    '--account-id',
  ) ??
  service;

const destroys: Made = (read, service, verb) =>
  change(
    'command-destroys-data',
    `runs \`${service} ${verb}\` on \`${objectOf(read, service)}\`, which cannot be taken back`,
    objectOf(read, service),
    service,
    'high',
  );

const weakens: Made = (read, service, verb) =>
  change(
    'command-weakens-safeguard',
    `runs \`${service} ${verb}\`, which takes a safeguard off \`${objectOf(read, service)}\``,
    objectOf(read, service),
    service,
    'high',
  );

const opensNetwork: Made = (read, service) => {
  const text = [...read.values('--cidr', '--ip-permissions', '--cidr-ip')].join(' ');
  const open = /0\.0\.0\.0\/0|::\/0/.test(text);
  const object = read.value('--group-id', '--group-name') ?? service;
  const port = read.value('--port');
  return change(
    'command-changes-access',
    open
      ? `lets anyone on the internet reach ${port === undefined ? 'ports' : `port ${port}`} of \`${object}\``
      : `opens ports of \`${object}\``,
    object,
    'security group',
    open ? (/^(80|443)$/.test(port ?? '') ? 'medium' : 'critical') : 'medium',
  );
};

const acl: Made = (read, service, verb) => {
  const object = objectOf(read, service);
  const open = /public|AllUsers|AuthenticatedUsers/.test(
    [...read.values('--acl', '--grant-read', '--grant-full-control', '--grant-write')].join(' '),
  );
  return change(
    'command-changes-access',
    open ? `makes \`${object}\` public` : `runs \`${service} ${verb}\` on \`${object}\``,
    object,
    'bucket',
    open ? 'critical' : 'medium',
  );
};

const secret: Made = (read, service, verb) =>
  change('command-reads-secret', `reads a secret with \`${service} ${verb}\``, objectOf(read, service), 'secret', 'medium');

const key: Made = (read) => {
  const who = read.value('--user-name') ?? 'yourself';
  return change('command-changes-access', `makes a lasting access key for \`${who}\``, who, 'user', 'high');
};

/** Calls that open something where an option says so. */
const opensBy =
  (option: RegExp): Made =>
  (read, service, verb) => {
    const isOpen = option.test(
      read.plain.join(' ') + read.values(...OPENING).join(' ') + (read.has('--publicly-accessible') ? ' public' : ''),
    );
    const object = objectOf(read, service);
    return change(
      'command-changes-access',
      isOpen ? `runs \`${service} ${verb}\`, which opens \`${object}\` to everybody` : `runs \`${service} ${verb}\` on \`${object}\``,
      object,
      service,
      isOpen ? 'critical' : 'medium',
    );
  };

const OPENING = [
  '--acl',
  '--auth-type',
  '--account-ids-to-add',
  '--resources-vpc-config',
  '--access-policies',
  '--cidr',
  '--values-to-add',
];

const carriesOut: Made = (read, service, verb) =>
  change(
    'command-changes-access',
    `carries out \`${service} ${verb}\` on \`${objectOf(read, service)}\``,
    objectOf(read, service),
    'infrastructure',
    'medium',
  );

const runsThere: Made = (read, service, verb) =>
  change(
    'command-runs-unread-code',
    `runs a command on a machine with \`${service} ${verb}\``,
    objectOf(read, service),
    'machine',
    'medium',
  );

/** First match wins; matched against "service verb". */
const CALLS: readonly { readonly calls: RegExp; readonly change: Made }[] = [
  {
    calls:
      /^(lambda (create|update)-function-url-config|apigateway put-method|ssm modify-document-permission|eks (create-access-entry|associate-access-policy|update-cluster-config|update-access-entry)|apigateway(v2)? update-(rest-)?api.*|redshift authorize-.*|elasticache modify-replication-group|cognito-identity set-identity-pool-roles|cognito-idp (admin-set-user-password|admin-add-user-to-group|admin-create-user)|lambda (update-function-configuration|remove-permission)|iam .*-open-id-connect-provider-.*)$/,
    change: opensBy(/NONE|\ball\b|endpointPublicAccess=true|public/),
  },
  {
    calls:
      /^cloudformation (deploy|create-stack|update-stack|execute-change-set|create-stack-set|update-stack-set|create-stack-instances|set-stack-policy)$/,
    change: carriesOut,
  },
  { calls: /^(route53 change-resource-record-sets|route53domains .*|organizations leave-organization)$/, change: carriesOut },
  {
    calls:
      /^(ssm (send-command|start-session|start-automation-execution)|ecs execute-command|ec2-instance-connect (ssh|send-ssh-public-key))$/,
    change: runsThere,
  },
  {
    calls: /^\w[\w-]* (put|set)-[\w-]*(resource-|repository-|queue-|topic-|bus-|vault-)?(access-)?policy$|^events put-permission$/,
    change: putPolicy,
  },
  { calls: /^iam attach-(user|role|group)-policy$|^sso-admin attach-/, change: attach },
  {
    calls:
      /^iam (put-(user|role|group)-policy|create-policy(-version)?|update-assume-role-policy|create-role|put-(user|role)-permissions-boundary)$/,
    change: putPolicy,
  },
  {
    calls:
      /^(s3api put-bucket-policy|kms put-key-policy|secretsmanager put-resource-policy|sqs set-queue-attributes|sns set-topic-attributes|ecr set-repository-policy|organizations (create|update)-policy|glacier set-vault-access-policy|opensearch update-domain-config|es update-elasticsearch-domain-config)$/,
    change: putPolicy,
  },
  { calls: /^iam (create-access-key|create-login-profile|update-login-profile|create-service-specific-credential)$/, change: key },
  {
    calls:
      /^(lambda add-permission|kms create-grant|sns add-permission|sqs add-permission|ec2 (associate|replace)-iam-instance-profile(-association)?|codebuild update-project|glue update-(job|crawler)|iam (add-user-to-group|add-role-to-instance-profile|create-saml-provider|create-open-id-connect-provider)|ram create-resource-share|ec2 modify-(image|snapshot)-attribute|rds modify-db-(cluster-)?snapshot-attribute)$/,
    change: any,
  },
  { calls: /^ec2 authorize-security-group-(ingress|egress)$|^ec2 (create|replace)-network-acl-entry$/, change: opensNetwork },
  { calls: /^s3api put-(bucket|object)-acl$/, change: acl },
  {
    calls:
      /^s3api (delete-public-access-block|put-public-access-block|delete-bucket-(policy|encryption|lifecycle)|put-bucket-versioning)$|^s3control (put|delete)-public-access-block$/,
    change: weakens,
  },
  {
    calls:
      /^(cloudtrail (stop-logging|delete-trail|update-trail|put-event-selectors)|guardduty (delete-detector|update-detector)|config(service)? (stop-configuration-recorder|delete-.*)|ec2 delete-flow-logs|logs (delete-log-group|put-retention-policy)|iam (deactivate-mfa-device|delete-account-password-policy|delete-(role|user)-permissions-boundary|detach-.*)|organizations detach-policy|kms disable-key(-rotation)?|rds modify-db-(instance|cluster)|elbv2 modify-load-balancer-attributes|wafv?2? (delete|disassociate)-web-acl|ec2 modify-instance-(attribute|metadata-options))$/,
    change: weakens,
  },
  {
    calls:
      /^(s3 (rb|rm)|s3api delete-(bucket|objects?)|rds delete-db-(instance|cluster|snapshot|cluster-snapshot)|dynamodb delete-table|kms schedule-key-deletion|secretsmanager delete-secret|ec2 (terminate-instances|delete-(volume|snapshot|vpc|subnet|key-pair))|cloudformation delete-stack|efs delete-file-system|eks delete-cluster|ecs delete-(cluster|service)|lambda delete-function|cognito-idp (admin-delete-user|delete-user-pool)|ecr (batch-delete-image|delete-repository)|redshift delete-cluster|backup delete-.*|route53 delete-hosted-zone|iam delete-.*|glacier delete-.*|elasticache delete-.*)$/,
    change: destroys,
  },
  {
    calls:
      /^(secretsmanager (get-secret-value|batch-get-secret-value)|ssm get-parameters?(-by-path)?|kms decrypt|ecr get-login-password|sts (assume-role.*|get-session-token|get-federation-token)|iam get-credential-report|rds generate-db-auth-token|lambda get-function)$/,
    change: secret,
  },
];
