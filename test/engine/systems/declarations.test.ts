import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatOf, readText } from '../../../server/engine/read/format.ts';
import { declarationsOf } from '../../../server/engine/systems/registry.ts';
import { plain } from '../read/shape.ts';

type Case = {
  readonly what: string;
  readonly path: string;
  readonly text: string;
  /** system, type, key and name of each. */
  readonly expected: readonly (readonly [system: string, type: string, key: string, name: string])[];
  /** What the body of the declaration with this key says. */
  readonly body?: readonly [key: string, body: unknown];
};

const unresolved = (value: string): unknown => ({ unresolved: value });

const CASES: readonly Case[] = [
  {
    what: 'resources of Config Connector and of Crossplane, in the words of Terraform',
    path: 'x.yaml',
    text: [
      'apiVersion: storage.cnrm.cloud.google.com/v1beta1',
      'kind: StorageBucket',
      'metadata: {name: b, annotations: {cnrm.cloud.google.com/force-destroy: "true"}}',
      'spec: {publicAccessPrevention: enforced}',
      '---',
      'apiVersion: rds.aws.upbound.io/v1beta1',
      'kind: Instance',
      'metadata: {name: d}',
      'spec: {deletionPolicy: Orphan, forProvider: {publiclyAccessible: false}}',
      '---',
      'apiVersion: network.azure.upbound.io/v1beta1',
      'kind: SecurityRule',
      'metadata: {name: s}',
      'spec: {forProvider: {access: Allow}}',
    ].join('\n'),
    expected: [
      ['kubernetes', 'StorageBucket', 'StorageBucket//b', 'b'],
      ['kubernetes', 'Instance', 'Instance//d', 'd'],
      ['kubernetes', 'SecurityRule', 'SecurityRule//s', 's'],
      ['terraform', 'google_storage_bucket', 'google_storage_bucket./b', 'b'],
      ['terraform', 'aws_db_instance', 'aws_db_instance./d', 'd'],
      ['terraform', 'azurerm_network_security_rule', 'azurerm_network_security_rule./s', 's'],
    ],
    body: ['aws_db_instance./d', { publicly_accessible: false, deletion_policy: 'Orphan' }],
  },
  {
    what: 'an overlay of Kustomize that does not say what it is',
    path: 'overlays/prod/kustomization.yaml',
    text: 'resources: [../../base]\n',
    expected: [['kubernetes', 'Kustomization', 'Kustomization', 'kustomization']],
  },
  {
    what: 'objects of a manifest and of a list, with the booleans of YAML 1.1',
    path: 'x.yaml',
    text: 'apiVersion: v1\nkind: Pod\nmetadata: {name: a, namespace: n}\nspec: {hostNetwork: yes, dnsPolicy: "no"}\n---\napiVersion: v1\nkind: List\nitems:\n- apiVersion: rbac.authorization.k8s.io/v1\n  kind: Role\n  metadata: {name: r}\n',
    expected: [
      ['kubernetes', 'Pod', 'Pod/n/a', 'a'],
      ['kubernetes', 'Role', 'Role//r', 'r'],
    ],
    body: [
      'Pod/n/a',
      { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'a', namespace: 'n' }, spec: { hostNetwork: true, dnsPolicy: 'no' } },
    ],
  },
  {
    what: 'the flags of a program of the cluster: in lists, as two words, in a script, and none of other programs',
    path: 'x.yaml',
    text: [
      'apiVersion: v1',
      'kind: Pod',
      'metadata: {name: p}',
      'spec:',
      '  containers:',
      '  - {name: api, image: "k8s/kube-apiserver-amd64:v1", args: ["--authorization-mode=Node,RBAC", "--secure-port", "6443", "--profiling"]}',
      '  - {name: db, command: [sh, -c, "exec /usr/bin/etcd --client-cert-auth=true"]}',
      '  - {name: web, image: shop/web, args: [--debug=true]}',
    ].join('\n'),
    expected: [
      ['kubernetes', 'Pod', 'Pod//p', 'p'],
      ['kubernetes', 'flags/kube-apiserver', 'kube-apiserver of Pod//p api', 'kube-apiserver'],
      ['kubernetes', 'flags/etcd', 'etcd of Pod//p db', 'etcd'],
    ],
    body: ['kube-apiserver of Pod//p api', { 'authorization-mode': ['Node', 'RBAC'], 'secure-port': '6443', profiling: 'true' }],
  },
  {
    what: 'flags in the words of kubeadm, and the configuration of a network',
    path: 'x.yaml',
    text: 'apiVersion: kubeadm.k8s.io/v1beta4\nkind: ClusterConfiguration\napiServer: {extraArgs: [{name: anonymous-auth, value: "false"}]}\n---\ncniVersion: 0.3.0\nname: n\n',
    expected: [
      ['kubernetes', 'ClusterConfiguration', 'ClusterConfiguration//', 'ClusterConfiguration'],
      ['kubernetes', 'flags/kube-apiserver', 'kube-apiserver of ClusterConfiguration// kubeadm', 'kube-apiserver'],
      ['kubernetes', 'cni', 'cni', 'n'],
    ],
    body: ['kube-apiserver of ClusterConfiguration// kubeadm', { 'anonymous-auth': 'false' }],
  },
  {
    what: 'a manifest in JSON',
    path: 'x.json',
    text: '{"apiVersion": "v1", "kind": "Service", "metadata": {"name": "s"}}',
    expected: [['kubernetes', 'Service', 'Service//s', 's']],
  },
  {
    what: 'a Helm template',
    path: 'templates/d.yaml',
    text: '{{- if .Values.x }}\napiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: {{ include "n" . }}\n{{- end }}\n',
    expected: [['kubernetes', 'Deployment', 'Deployment//${include "n" .}', '${include "n" .}']],
  },
  { what: 'values of a chart', path: 'chart/values-prod.yaml', text: 'a: 1\n', expected: [['helm-values', 'values', 'values', 'values']] },
  {
    what: 'a CloudFormation template: references, defaults and conditions',
    path: 'stack.yaml',
    text: [
      'Parameters:',
      '  Cidr: {Type: String, Default: 0.0.0.0/0}',
      '  Password: {Type: String, NoEcho: true, Default: x}',
      'Resources:',
      '  Group:',
      '    Type: AWS::EC2::SecurityGroup',
      '    Properties:',
      '      Cidr: !Ref Cidr',
      '      Password: !Ref Password',
      '      Public: !If [IsProd, false, yes]',
      '      Rules:',
      '        - !If [A, {Port: 1}, !Ref AWS::NoValue]',
      '        - !Sub "${X}/y"',
      '        - !Sub plain',
      '      Arn: !GetAtt A.Arn',
      '',
    ].join('\n'),
    expected: [
      ['cloudformation', 'AWS::EC2::SecurityGroup', 'Group', 'Group'],
      ['cloudformation', 'parameter', 'parameter/Cidr', 'Cidr'],
      ['cloudformation', 'parameter', 'parameter/Password', 'Password'],
    ],
    body: [
      'Group',
      {
        Type: 'AWS::EC2::SecurityGroup',
        Properties: {
          Cidr: '0.0.0.0/0',
          Password: unresolved('${Password}'),
          Public: [false, true],
          Rules: [{ Port: 1 }, unresolved('${X}/y'), 'plain'],
          Arn: unresolved('${A.Arn}'),
        },
      },
    ],
  },
  {
    what: 'the same in JSON',
    path: 'stack.json',
    text: '{"AWSTemplateFormatVersion": "2010-09-09", "Parameters": {"C": {"Type": "String", "Default": "x"}}, "Resources": {"B": {"Type": "AWS::S3::Bucket", "Properties": {"N": {"Ref": "C"}, "M": {"Fn::Join": ["-", ["a", {"Ref": "Z"}]]}}}}}',
    expected: [
      ['cloudformation', 'AWS::S3::Bucket', 'B', 'B'],
      ['cloudformation', 'parameter', 'parameter/C', 'C'],
    ],
    body: ['B', { Type: 'AWS::S3::Bucket', Properties: { N: 'x', M: unresolved('a-${Z}') } }],
  },
  {
    what: 'a Serverless service with a template below it',
    path: 'file.yml',
    text: 'service: shop\nprovider:\n  name: aws\n  stage: ${opt:stage}\nfunctions:\n  - hello: {handler: a.b}\nresources:\n  Resources:\n    T: {Type: AWS::SNS::Topic}\n',
    expected: [
      ['serverless', 'service', 'service', 'shop'],
      ['serverless', 'provider', 'provider', 'aws'],
      ['serverless', 'function', 'function/hello', 'hello'],
      ['cloudformation', 'AWS::SNS::Topic', 'T', 'T'],
    ],
    body: ['provider', { name: 'aws', stage: unresolved('${opt:stage}') }],
  },
  {
    what: 'an ARM template: nested resources, variables, parameters',
    path: 'a.json',
    text: JSON.stringify({
      $schema: 'https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#',
      parameters: { acl: { type: 'string', defaultValue: 'Allow' }, pw: { type: 'secureString', defaultValue: 'x' } },
      variables: { v: 'one' },
      resources: [
        {
          type: 'Microsoft.Storage/storageAccounts',
          name: "[parameters('acl')]",
          apiVersion: '2021-01-01',
          properties: {
            a: "[parameters('acl')]",
            b: "[variables('v')]",
            c: "[concat('x', 'y')]",
            d: '[[literal]',
            e: "[parameters('pw')]",
          },
          resources: [{ type: 'blobServices', name: 'default', apiVersion: '2021-01-01' }],
        },
        {
          type: 'Microsoft.Resources/deployments',
          name: 'inner',
          apiVersion: '2021-01-01',
          properties: { template: { resources: [{ type: 'Microsoft.Sql/servers', name: 's', apiVersion: '2021-01-01' }] } },
        },
      ],
    }),
    expected: [
      ['arm', 'Microsoft.Storage/storageAccounts', "Microsoft.Storage/storageAccounts/[parameters('acl')]", 'acl'],
      [
        'arm',
        'Microsoft.Storage/storageAccounts/blobServices',
        "Microsoft.Storage/storageAccounts/blobServices/[parameters('acl')]/default",
        'default',
      ],
      ['arm', 'Microsoft.Resources/deployments', 'Microsoft.Resources/deployments/inner', 'inner'],
      ['arm', 'Microsoft.Sql/servers', 'Microsoft.Sql/servers/inner/s', 's'],
      ['arm', 'parameter', 'parameter/acl', 'acl'],
      ['arm', 'parameter', 'parameter/pw', 'pw'],
    ],
    body: [
      "Microsoft.Storage/storageAccounts/[parameters('acl')]",
      {
        type: 'Microsoft.Storage/storageAccounts',
        name: 'Allow',
        apiVersion: '2021-01-01',
        properties: { a: 'Allow', b: 'one', c: 'xy', d: '[literal]', e: unresolved("${parameters('pw')}") },
        resources: [{ type: 'blobServices', name: 'default', apiVersion: '2021-01-01' }],
      },
    ],
  },
  {
    what: 'a role definition and an assignment of Azure',
    path: 'r.json',
    text: '[{"Name": "Ops", "Actions": ["*"], "AssignableScopes": ["/"]}, {"principalId": "p", "roleDefinitionName": "Owner", "scope": "/"}]',
    expected: [
      ['azure-role', 'role-definition', 'role-definition/Ops', 'Ops'],
      ['azure-role', 'role-assignment', 'role-assignment/Owner', 'Owner'],
    ],
  },
  {
    what: 'Deployment Manager',
    path: 'd.yaml',
    text: 'resources:\n- name: fw\n  type: compute.v1.firewall\n  properties: {network: $(ref.n.selfLink)}\n- name: vm\n  type: gcp-types/compute-v1:instances\n',
    expected: [
      ['gcp-deployment-manager', 'compute.v1.firewall', 'fw', 'fw'],
      ['gcp-deployment-manager', 'gcp-types/compute-v1:instances', 'vm', 'vm'],
    ],
    body: ['fw', { name: 'fw', type: 'compute.v1.firewall', properties: { network: unresolved('$(ref.n.selfLink)') } }],
  },
  {
    what: 'an allow policy of GCP',
    path: 'p.yaml',
    text: 'bindings:\n- members: [allUsers]\n  role: roles/viewer\netag: x\n',
    expected: [['gcp-policy', 'policy', 'policy', 'policy']],
  },
  {
    what: 'a custom role of GCP',
    path: 'p.json',
    text: '{"title": "Ops", "includedPermissions": ["a.b.c"]}',
    expected: [['gcp-policy', 'role', 'Ops', 'Ops']],
  },
  {
    what: 'a workflow, told by its words',
    path: 'file.yaml',
    text: 'name: CI\non: push\njobs:\n  build:\n    runs-on: x\n    steps:\n    - run: echo "${{ github.event.x }}"\n',
    expected: [
      ['github-actions', 'workflow', 'workflow', 'CI'],
      ['github-actions', 'job', 'job/build', 'build'],
    ],
    body: ['job/build', { 'runs-on': 'x', steps: [{ run: 'echo "${{ github.event.x }}"' }] }],
  },
  {
    what: 'what a workflow takes from others',
    path: '.github/workflows/a.yml',
    text: 'on: push\njobs:\n  b:\n    uses: Acme/flows/.github/workflows/x.yml@v1\n  c:\n    steps:\n    - uses: acme/a@11bd71901bbe5b1630ceea73d27597364c9af683\n    - uses: ./local\n    - uses: docker://ghcr.io/acme/b:1.2\n',
    expected: [
      ['github-actions', 'workflow', 'workflow', 'workflow'],
      ['github-actions', 'job', 'job/b', 'b'],
      ['github-actions', 'job', 'job/c', 'c'],
      ['github-actions', 'use', 'use/acme/flows/.github/workflows/x.yml', 'Acme/flows/.github/workflows/x.yml'],
      ['github-actions', 'use', 'use/ghcr.io/acme/b', 'ghcr.io/acme/b'],
      ['github-actions', 'use', 'use/acme/a', 'acme/a'],
      ['github-actions', 'publisher', 'publisher/acme', 'acme'],
      ['github-actions', 'publisher', 'publisher/docker://ghcr.io/acme', 'docker://ghcr.io/acme'],
    ],
    body: [
      'use/acme/a',
      {
        uses: 'acme/a@11bd71901bbe5b1630ceea73d27597364c9af683',
        owner: 'acme',
        repository: 'acme/a',
        reference: '11bd71901bbe5b1630ceea73d27597364c9af683',
        pinned: 'commit',
      },
    ],
  },
  {
    what: 'an action',
    path: 'action.yml',
    text: 'name: X\nruns:\n  using: composite\n  steps: []\n',
    expected: [['github-actions', 'action', 'action', 'X']],
  },
  {
    what: "a repository's settings",
    path: '.github/settings.yml',
    text: 'repository: {private: true}\nbranches:\n- name: main\n  protection: {enforce_admins: true}\n',
    expected: [
      ['github-settings', 'settings', 'settings/settings', 'settings'],
      ['github-settings', 'branch-protection', 'branch-protection/main', 'main'],
    ],
  },
  {
    what: 'a ruleset',
    path: 'ruleset.json',
    text: '{"name": "main", "target": "branch", "enforcement": "active", "rules": [{"type": "deletion"}]}',
    expected: [['github-settings', 'ruleset', 'ruleset/main', 'main']],
  },
  {
    what: 'a pipeline of GitLab',
    path: '.gitlab-ci.yml',
    text: 'stages: [a]\n.base:\n  image: x\nbuild:\n  extends: .base\n  script: [!reference [.base, script]]\n',
    expected: [
      ['gitlab-ci', 'pipeline', 'pipeline', 'pipeline'],
      ['gitlab-ci', 'job', 'job/.base', '.base'],
      ['gitlab-ci', 'job', 'job/build', 'build'],
    ],
  },
  {
    what: 'a pipeline of Azure DevOps, told by its words, with what it runs',
    path: 'ci/build.yaml',
    text: 'trigger: [main]\nsteps:\n- task: Bash@3\n  inputs: {script: trivy fs .}\n- bash: make\n',
    expected: [
      ['azure-pipelines', 'pipeline', 'pipeline', 'pipeline'],
      ['azure-pipelines', 'runs', 'runs', 'pipeline'],
    ],
    body: ['runs', { script: ['trivy fs .', 'make'], image: [], check: ['trivy'] }],
  },
  {
    what: 'a pipeline of CircleCI',
    path: '.circleci/config.yml',
    text: 'version: 2.1\njobs: {a: {docker: [{image: "x:1"}], steps: [{run: make}]}}\nworkflows: {w: {jobs: [a]}}\n',
    expected: [
      ['circleci', 'pipeline', 'pipeline', 'pipeline'],
      ['circleci', 'runs', 'runs', 'pipeline'],
    ],
    body: ['runs', { script: ['make'], image: ['x:1'], check: [] }],
  },
  {
    what: "resources of Pulumi's azure-native, in the shape of ARM",
    path: 'Pulumi.yaml',
    text: 'name: a\nruntime: yaml\nresources:\n  box:\n    type: azure-native:storage:BlobContainer\n    properties: {publicAccess: None}\n  keys:\n    type: azure-native:keyvault:Vault\n    properties: {location: here, properties: {enableSoftDelete: true}}\n',
    expected: [
      [
        'arm',
        'Microsoft.Storage/storageAccounts/blobServices/containers',
        'Microsoft.Storage/storageAccounts/blobServices/containers/box',
        'box',
      ],
      ['arm', 'Microsoft.KeyVault/vaults', 'Microsoft.KeyVault/vaults/keys', 'keys'],
    ],
    body: ['Microsoft.KeyVault/vaults/keys', { location: 'here', properties: { enableSoftDelete: true } }],
  },
  {
    what: 'headers that a host of websites sends',
    path: 'public/_headers',
    text: '# all\n/*\n  X-Frame-Options: DENY\n',
    expected: [['settings', 'headers', 'headers', '_headers']],
    body: ['headers', { header: [{ name: 'x-frame-options', value: 'DENY', where: '/*' }] }],
  },
  {
    what: 'the lines of a proxy, without comments',
    path: 'Caddyfile',
    text: '# a\nshop.example {\n\treverse_proxy  app:3000 # b\n}\n',
    expected: [['settings', 'caddy', 'caddy', 'Caddyfile']],
    body: ['caddy', { line: ['shop.example {', 'reverse_proxy app:3000', '}'] }],
  },
  {
    what: "what Traefik's routes are",
    path: 'dynamic.yml',
    text: 'http: {routers: {a: {service: s}}}\n',
    expected: [['settings', 'traefik-routes', 'traefik-routes', 'dynamic.yml']],
    body: ['traefik-routes', { http: { routers: { a: { service: 's' } } } }],
  },
  {
    what: 'packages with and without a hash, and what continues their lines',
    path: 'requirements/prod.txt',
    text: 'Flask_A==3 \\\n  --hash=sha256:a\nb==1\n',
    expected: [['settings', 'requirements', 'requirements', 'prod.txt']],
    body: [
      'requirements',
      { line: ['Flask_A==3 \\', '  --hash=sha256:a', 'b==1'], package: [{ name: 'flask-a', hash: 'held' }, { name: 'b' }] },
    ],
  },
  {
    what: 'what tasks of a playbook make elsewhere',
    path: 'cloud.yml',
    text: '- hosts: all\n  tasks:\n  - name: d\n    amazon.aws.rds_instance: {publicly_accessible: false}\n  - name: k\n    kubernetes.core.k8s: {definition: {kind: Pod, metadata: {name: p}}}\n',
    expected: [
      ['ansible', 'play', 'play/all', 'all'],
      ['ansible', 'task', 'task/all/d', 'd'],
      ['terraform', 'aws_db_instance', 'task/all/d/aws_db_instance', 'd'],
      ['ansible', 'task', 'task/all/k', 'k'],
      ['kubernetes', 'Pod', 'task/all/k/Pod/0', 'p'],
    ],
    body: ['task/all/d/aws_db_instance', { publicly_accessible: false }],
  },
  {
    what: 'a pipeline of Bitbucket',
    path: 'bitbucket-pipelines.yml',
    text: 'image: x:1\npipelines: {default: [{step: {script: [make]}}]}\n',
    expected: [
      ['bitbucket-pipelines', 'pipeline', 'pipeline', 'pipeline'],
      ['bitbucket-pipelines', 'runs', 'runs', 'pipeline'],
    ],
    body: ['runs', { script: ['make'], image: ['x:1'], check: [] }],
  },
  {
    what: 'a pipeline of Buildkite',
    path: '.buildkite/pipeline.yml',
    text: 'steps: [{label: a, command: make}]\n',
    expected: [
      ['buildkite', 'pipeline', 'pipeline', 'pipeline'],
      ['buildkite', 'runs', 'runs', 'pipeline'],
    ],
    body: ['runs', { script: ['make'], image: [], check: [] }],
  },
  {
    what: 'a Jenkinsfile: its lines by what they speak of, without comments',
    path: 'ci/Jenkinsfile',
    text: "pipeline {\n  agent any // here\n  /* off */\n  when { branch 'main' }\n  input 'Go?'\n  sh '''\n    make\n    snyk test\n  '''\n  sh \"run ${x}\"\n}\n",
    expected: [
      ['jenkinsfile', 'pipeline', 'pipeline', 'pipeline'],
      ['jenkinsfile', 'runs', 'runs', 'pipeline'],
    ],
    body: [
      'runs',
      {
        line: ['pipeline {', '}'],
        agent: ['agent any'],
        condition: ["branch 'main'"],
        input: ['input'],
        literal: ["sh '''\nmake\nsnyk test\n'''"],
        script: ["sh '''\nmake\nsnyk test\n'''", 'sh "run ${x}"'],
        check: ['snyk'],
        template: ['sh "run ${x}"'],
      },
    ],
  },
  {
    what: 'Dependabot',
    path: '.github/dependabot.yml',
    text: 'version: 2\nupdates: []\n',
    expected: [['dependency-bot', 'dependabot', 'dependabot', 'Dependabot']],
  },
  {
    what: 'Renovate',
    path: 'renovate.json',
    text: '{"automerge": true}',
    expected: [['dependency-bot', 'renovate', 'renovate', 'Renovate']],
  },
  {
    what: 'a compose file, told by its words',
    path: 'file.yaml',
    text: 'x-base: &b\n  privileged: true\nservices:\n  web:\n    <<: *b\n    image: "x:${TAG}"\n    ports: [22:22]\n',
    expected: [
      ['compose', 'compose', 'compose', 'compose'],
      ['compose', 'service', 'service/web', 'web'],
    ],
    body: ['service/web', { image: unresolved('x:${TAG}'), ports: ['22:22'], privileged: true }],
  },
  {
    what: 'a playbook',
    path: 'site.yml',
    text: '- hosts: all\n  become: yes\n  tasks:\n  - name: one\n    copy: {mode: 0777}\n  - block:\n    - name: two\n      shell: x\n',
    expected: [
      ['ansible', 'play', 'play/all', 'all'],
      ['ansible', 'task', 'task/all/one', 'one'],
      ['ansible', 'task', 'task/all/two', 'two'],
    ],
    body: ['task/all/one', { name: 'one', copy: { mode: 511 } }],
  },
  { what: 'an environment file', path: '.env', text: 'A=1\n', expected: [['dotenv', 'dotenv', 'dotenv', 'environment']] },
  {
    what: 'settings of an application',
    path: 'config/app.yaml',
    text: 'debug: true\n',
    expected: [['settings', 'yaml', 'settings', 'app.yaml']],
  },
  { what: 'data of no system', path: 'data.json', text: '{"a": [1, {"kind": "x"}]}', expected: [] },
  { what: 'an OpenAPI description', path: 'openapi.yaml', text: 'openapi: 3.0.0\npaths: {}\n', expected: [] },
];

for (const { what, path, text, expected, body } of CASES) {
  test(`declared: ${what}`, () => {
    const tree = readText(formatOf(path, text) ?? assert.fail('no format'), text, 'after');
    assert.deepEqual(tree.problems, []);
    const found = declarationsOf(tree, path);
    assert.deepEqual(
      found.map(({ system, type, key, name }) => [system, type, key, name]),
      expected,
    );
    if (body !== undefined) assert.deepEqual(plain(found.find(({ key }) => key === body[0])?.node), body[1]);
  });
}

test('what stands in several places is declared under different keys', () => {
  const object = 'apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n';
  const tree = readText('yaml', `${object}---\n${object}`, 'after');
  assert.deepEqual(
    declarationsOf(tree, 'x.yaml').map(({ key }) => key),
    ['Pod//a', 'Pod//a#2'],
  );
});
