import assert from 'node:assert/strict';
import { test } from 'node:test';
import { comparedTexts } from './scene.ts';

type TextCase = readonly [
  name: string,
  path: string,
  before: string,
  after: string,
  expected: readonly string[],
  lines?: readonly number[],
];

const WORKFLOW = `name: ci
on: [push]
permissions:
  contents: read
jobs:
  build:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
`;
const TARGET = WORKFLOW.replace('[push]', '[pull_request_target]').replace(
  'checkout@v4\n',
  'checkout@v4\n        with:\n          ref: ${{ github.event.pull_request.head.sha }}\n',
);
const SG = `resource "aws_security_group" "web" {
  name = "web"
  ingress {
    from_port   = 22
    to_port     = 22
    protocol    = "tcp"
    cidr_blocks = ["10.0.0.0/8"]
  }
}
`;
const ROLE = `apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  name: app
  namespace: shop
rules:
  - apiGroups: [""]
    resources: [pods]
    verbs: [get]
`;
const cases: readonly TextCase[] = [
  [
    'YAML: a role',
    'role.yaml',
    ROLE,
    ROLE.replace('[pods]', '[pods, secrets]'),
    ['high Whoever has role `app` can read every secret in `shop`.'],
    [8],
  ],
  ['YAML: flow to block style', 'role.yaml', ROLE, ROLE.replace('[pods]', '\n      - pods').replace('[get]', '\n      - "get"'), []],
  [
    'YAML: an anchor',
    'role.yaml',
    ROLE,
    ROLE.replace('[get]', '&v [get]').concat('  - apiGroups: [""]\n    resources: [secrets]\n    verbs: *v\n'),
    ['high Whoever has role `app` can read every secret in `shop`.'],
  ],
  [
    'HCL: a security group',
    'main.tf',
    SG,
    SG.replace('10.0.0.0/8', '0.0.0.0/0'),
    ['critical Anyone on the internet can reach port 22 of `web`.'],
    [7],
  ],
  [
    'HCL: reformatted',
    'main.tf',
    SG,
    SG.replace('["10.0.0.0/8"]', '[\n      "10.0.0.0/8",\n    ]').replace('name = "web"', 'name        = "web"'),
    [],
  ],
  [
    'YAML: a CloudFormation group',
    'stack.yaml',
    'Resources:\n  Web:\n    Type: AWS::EC2::SecurityGroup\n    Properties:\n      SecurityGroupEgress: []\n      SecurityGroupIngress:\n        - {IpProtocol: tcp, FromPort: 443, ToPort: 443, CidrIp: 10.0.0.0/8}\n',
    'Resources:\n  Web:\n    Type: AWS::EC2::SecurityGroup\n    Properties:\n      SecurityGroupEgress: []\n      SecurityGroupIngress:\n        - {IpProtocol: tcp, FromPort: 443, ToPort: 443, CidrIp: 0.0.0.0/0}\n',
    ['medium Anyone on the internet can reach port 443 of `Web`.'],
    [7],
  ],
  [
    'Bicep: a role assignment',
    'main.bicep',
    "resource a 'Microsoft.Authorization/roleAssignments@2022-04-01' = {\n  name: 'x'\n  properties: {\n    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', 'acdd72a7-3385-48ef-bd42-f606fba81ae7')\n    principalId: 'p'\n  }\n}\n",
    "resource a 'Microsoft.Authorization/roleAssignments@2022-04-01' = {\n  name: 'x'\n  properties: {\n    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', '8e3af657-a8ff-443c-a75c-2fe8c4bcb635')\n    principalId: 'p'\n  }\n}\n",
    ['high `p` gets role `Owner` on where it is deployed.'],
    [4],
  ],
  [
    'compose',
    'docker-compose.yml',
    'services:\n  db:\n    image: postgres\n    ports: ["127.0.0.1:5432:5432"]\n',
    'services:\n  db:\n    image: postgres\n    ports: ["0.0.0.0:5432:5432"]\n',
    ['high Anyone on the network can reach port 5432 of `db`.'],
    [4],
  ],
  // An alias stands where its anchor stands: only the anchor's text changes.
  [
    'YAML: behind an alias',
    'role.yaml',
    ROLE.replace('rules:', 'x-all: &r [pods]\nrules:').replace('[pods]\n    verbs', '*r\n    verbs'),
    ROLE.replace('rules:', 'x-all: &r [pods, secrets]\nrules:').replace('[pods]\n    verbs', '*r\n    verbs'),
    ['high Whoever has role `app` can read every secret in `shop`.'],
  ],
  [
    'HCL: ranges behind a for expression stay unknown',
    'main.tf',
    SG,
    SG.replace('["10.0.0.0/8"]', 'var.ranges'),
    ['low `var.ranges` can reach port 22 of `web`.'],
    [7],
  ],
  ['nothing but a comment', 'main.tf', SG, `# web\n${SG}`, []],
  // Workflows.
  [
    'workflow: write-all',
    '.github/workflows/ci.yml',
    WORKFLOW,
    WORKFLOW.replace('permissions:\n  contents: read', 'permissions: write-all'),
    ['high Every job that sets no permissions can change everything the token reaches in the repository.'],
  ],
  [
    'workflow: contents of one job',
    '.github/workflows/ci.yml',
    WORKFLOW,
    WORKFLOW.replace('    steps', '    permissions:\n      contents: write\n    steps'),
    ['high Job `build` can change `contents` of the repository.'],
    [9],
  ],
  [
    'workflow: the block is taken away',
    '.github/workflows/ci.yml',
    WORKFLOW,
    WORKFLOW.replace('permissions:\n  contents: read\n', ''),
    ['high Every job that sets no permissions gets whatever the repository gives by default, which may be everything.'],
  ],
  [
    'workflow: id-token',
    '.github/workflows/ci.yml',
    WORKFLOW,
    WORKFLOW.replace('contents: read', 'contents: read\n  id-token: write'),
    ['high Every job that sets no permissions can sign in to clouds and registries as this repository.'],
    [5],
  ],
  [
    'workflow: foreign code',
    '.github/workflows/ci.yml',
    WORKFLOW,
    TARGET,
    ['critical Anyone with a GitHub account can have their code run with this repository’s secrets, through `pull_request_target`.'],
  ],
  [
    'workflow: foreign code, checkout added',
    '.github/workflows/ci.yml',
    WORKFLOW.replace('[push]', '[pull_request_target]'),
    TARGET,
    ['critical Anyone with a GitHub account can have their code run with this repository’s secrets, through `pull_request_target`.'],
    [11],
  ],
  [
    'workflow: permissions moved down to the job',
    '.github/workflows/ci.yml',
    WORKFLOW.replace('contents: read', 'contents: write'),
    WORKFLOW.replace('    steps', '    permissions:\n      contents: write\n    steps'),
    [],
  ],
  ['workflow: permissions are set', '.github/workflows/ci.yml', WORKFLOW.replace('permissions:\n  contents: read\n', ''), WORKFLOW, []],
  ['workflow: a job is renamed', '.github/workflows/ci.yml', WORKFLOW, WORKFLOW.replace('build:', 'test:'), []],
  // SQL.
  [
    'SQL: to everyone',
    'm.sql',
    'GRANT SELECT ON orders TO app;\n',
    'GRANT SELECT ON orders TO PUBLIC;\n',
    ['high Every role of the database can read table `orders`.'],
    [1],
  ],
  [
    'SQL: to anon',
    'm.sql',
    '',
    'GRANT ALL ON ALL TABLES IN SCHEMA public TO anon;\n',
    ['critical Anyone, without signing in, can do anything with every table of schema `public`.'],
    [1],
  ],
  [
    'SQL: with grant option',
    'm.sql',
    'GRANT SELECT ON orders TO app;\n',
    'GRANT SELECT ON orders TO app WITH GRANT OPTION;\n',
    ['high `app` can read table `orders`, and let others do so.'],
    [1],
  ],
  ['SQL: granted and revoked', 'm.sql', '', 'GRANT ALL ON orders TO PUBLIC;\nREVOKE ALL ON orders FROM PUBLIC;\n', []],
  [
    'SQL: a revoke is taken away',
    'm.sql',
    'GRANT ALL ON orders TO app;\nREVOKE DELETE ON orders FROM app;\n',
    'GRANT ALL ON orders TO app;\n',
    ['medium `app` can do anything with table `orders`.'],
  ],
  [
    'SQL: superuser',
    'm.sql',
    'CREATE ROLE app LOGIN;\n',
    'CREATE ROLE app LOGIN SUPERUSER;\n',
    ['critical `app` can do anything in the whole database server.'],
    [1],
  ],
  [
    'SQL: bypassrls',
    'm.sql',
    'ALTER ROLE app NOBYPASSRLS;\n',
    'ALTER ROLE app BYPASSRLS;\n',
    ['high `app` sees every row, whatever the policies say.'],
    [1],
  ],
  [
    'SQL: row-level security off',
    'm.sql',
    'CREATE TABLE t (id int);\nALTER TABLE t ENABLE ROW LEVEL SECURITY;\n',
    'CREATE TABLE t (id int);\nALTER TABLE t DISABLE ROW LEVEL SECURITY;\n',
    ['high Everyone who may use the table `t` sees and changes every row of it.'],
    [2],
  ],
  [
    'SQL: row-level security not asked for any more',
    'm.sql',
    'CREATE TABLE t (id int);\nALTER TABLE t ENABLE ROW LEVEL SECURITY;\n',
    'CREATE TABLE t (id int);\n',
    ['high Everyone who may use the table `t` sees and changes every row of it.'],
  ],
  [
    'SQL: a policy for all',
    'm.sql',
    'CREATE POLICY p ON t FOR SELECT USING (user_id = auth.uid());\n',
    'CREATE POLICY p ON t FOR SELECT USING (true);\n',
    ['high Every role of the database can read every row of `t`.'],
    [1],
  ],
  [
    'SQL: default privileges',
    'm.sql',
    '',
    'ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO anon;\n',
    ['high Anyone, without signing in, can read every new table of `public`.'],
    [1],
  ],
  [
    'SQL: membership',
    'm.sql',
    '',
    'GRANT pg_execute_server_program TO app;\n',
    ['critical `app` can act as role `pg_execute_server_program`.'],
    [1],
  ],
  [
    'SQL: another case and order',
    'm.sql',
    'GRANT SELECT, INSERT ON public.orders TO app;\n',
    'grant insert, select on orders to app;\n',
    [],
  ],
  ['SQL: all tables becomes one', 'm.sql', 'GRANT SELECT ON ALL TABLES IN SCHEMA public TO app;\n', 'GRANT SELECT ON orders TO app;\n', []],
];
for (const [name, path, before, after, expected, lines] of cases) {
  test(`texts: ${name}`, () => {
    const { findings, problems } = comparedTexts(path, before, after);
    assert.deepEqual(
      findings.map(({ severity, consequence }) => `${severity} ${consequence}`),
      expected,
    );
    assert.deepEqual(problems, []);
    for (const { ranges, consequence, witness } of findings) {
      assert.ok(consequence.split(/\s+/).length <= 18, consequence);
      assert.ok(ranges.some(({ side }) => side === 'after') && witness !== undefined);
      if (lines !== undefined)
        assert.deepEqual(
          [...new Set(ranges.filter(({ side }) => side === 'after').map(({ start }) => start.line))].sort((a, b) => a - b),
          lines,
        );
    }
    if (expected.length > 0)
      assert.deepEqual(
        comparedTexts(path, after, before)
          .findings.filter(({ severity }) => ['critical', 'high', 'medium'].includes(severity))
          .map(({ consequence }) => consequence),
        [],
        'the reverse is hardening',
      );
  });
}
