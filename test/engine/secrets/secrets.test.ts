import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assess, DEFAULT_SETTINGS } from '../../../server/engine/assess.ts';
import { credentialsIn } from '../../../server/engine/rules/credential-detectors.ts';
import { secretName } from '../../../server/engine/rules/secret-names.ts';
import type { Assessment } from '../../../server/engine/types.ts';

/** Credentials are put together here, so that no scanner finds one in this repository. */
const LETTERS = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789';
const UPPER = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
const HEX = '0123456789abcdef';

function made(length: number, letters = LETTERS): string {
  let state = 12_345;
  return Array.from({ length }, () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return letters.charAt(Math.floor(state / 65_536) % letters.length);
  }).join('');
}

const PEM = ['-----BEGIN RSA', 'PRIVATE KEY-----'].join(' ');

const CREDENTIALS: readonly (readonly [string, string])[] = [
  ['an AWS access key', ['AK', 'IA'].join('') + made(16, UPPER)],
  ['a GitHub token', ['gh', 'p_'].join('') + made(36)],
  ['a GitLab token', ['gl', 'pat-'].join('') + made(20)],
  ['a Slack token', `${['xo', 'xb'].join('')}-123456789012-123456789012-${made(24)}`],
  ['a Stripe key', ['sk_', 'live_'].join('') + made(24)],
  ['an npm token', ['np', 'm_'].join('') + made(36)],
  ['a Google API key', ['AI', 'za'].join('') + made(35)],
  ['a SendGrid key', `${['S', 'G'].join('')}.${made(22)}.${made(43)}`],
  ['a Hugging Face token', ['h', 'f_'].join('') + made(34, LETTERS.slice(0, 52))],
  ['an Anthropic key', `${['sk-', 'ant-'].join('')}api03-${made(93)}AA`],
  ['a Vault token', ['hv', 's.'].join('') + made(95)],
  ['a DigitalOcean token', ['dop', '_v1_'].join('') + made(64, HEX)],
  ['a signed token', [`ey${made(20)}`, `ey${made(40)}`, made(30)].join('.').replace(/ey/g, 'eyJ')],
  ['a private key', `${PEM}\n${made(64)}\n${made(64)}\n-----END RSA PRIVATE KEY-----`],
  ['a database password', `postgres://app:${made(16)}@db.shop.internal:5432/app`],
  ['an Azure storage key', `${['Account', 'Key'].join('')}=${made(86)}==`],
];

for (const [what, credential] of CREDENTIALS) {
  void test(`${what} is seen wherever it is written, and never told`, () => {
    assert.deepEqual(
      credentialsIn(`# note: ${credential}\n`).map((each) => each.what),
      [what],
    );
    for (const path of ['deploy/notes.txt', 'src/app.py', '.env', 'config/app.yaml']) {
      const before = 'name: shop\n';
      const after = `${before}# note: ${credential.replace(/\n/g, '\n# ')}\n`;
      const found = assessed(path, before, after);
      assert.equal(found.findings.find(({ rule }) => rule === 'credential-written')?.severity, 'high', path);
      assert.equal(found.findings[0]?.ranges[0]?.start.line, 2);
      assertHidden(found, credential);
      assert.deepEqual(
        assessed(path, after, before).findings.filter(({ rule }) => rule === 'credential-written'),
        [],
      );
      assert.deepEqual(
        assessed(path, after, `# moved\n${after}`).findings.filter(({ rule }) => rule === 'credential-written'),
        [],
      );
    }
  });
}

type Case = { readonly path: string; readonly before: string; readonly after: string; readonly lines: readonly number[] };

const LITERALS: readonly Case[] = [
  { path: 'a.tf', before: 'provider "x" {\n  token = var.t\n}\n', after: 'provider "x" {\n  token = "we2323232g3hg2h3"\n}\n', lines: [2] },
  {
    path: 'a.tf',
    before: 'provider "x" {\n  api_key = "var.t"\n}\n',
    after: 'provider "x" {\n  api_key = "1d2d2dewerdcxeee34c3"\n}\n',
    lines: [2],
  },
  { path: 'a.tf', before: 'variable "db_password" {\n}\n', after: 'variable "db_password" {\n  default = "hunter22"\n}\n', lines: [2] },
  {
    path: 'a.tf',
    before: 'resource "a" "b" {\n  password = var.c ? var.d : null\n}\n',
    after: 'resource "a" "b" {\n  password = var.c ? var.d : "hunter22"\n}\n',
    lines: [2],
  },
  {
    path: 't.yaml',
    before: 'Resources:\n  Db:\n    Type: AWS::RDS::DBInstance\n    Properties:\n      MasterUserPassword: !Ref P\n',
    after: 'Resources:\n  Db1:\n    Type: AWS::RDS::DBInstance\n    Properties:\n      MasterUserPassword: root\n',
    lines: [5],
  },
  {
    path: 'd.yaml',
    before: 'apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n    - name: a\n      env: []\n',
    after:
      'apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n    - name: a\n      env:\n        - name: DB_PASSWORD\n          value: hunter22\n',
    lines: [9],
  },
  { path: 's.yaml', before: '', after: 'apiVersion: v1\nkind: Secret\nmetadata: {name: a}\nstringData:\n  url: hunter22\n', lines: [5] },
  {
    path: 'docker-compose.yml',
    before: 'services:\n  db:\n    image: postgres:16\n    environment:\n      - POSTGRES_PASSWORD=${PW}\n',
    after: 'services:\n  db:\n    image: postgres:16\n    environment:\n      - POSTGRES_PASSWORD=hunter22\n',
    lines: [5],
  },
  { path: '.env', before: 'PORT=1\n', after: 'PORT=1\nAPI_KEY=abc123def456\n', lines: [2] },
  { path: 'Dockerfile', before: 'FROM a:1\n', after: 'FROM a:1\nENV DB_PASSWORD=hunter22\n', lines: [2] },
  { path: 'appsettings.json', before: '{\n "Db": {}\n}\n', after: '{\n "Db": {\n  "Password": "hunter22"\n }\n}\n', lines: [3] },
  { path: 'm.sql', before: 'select 1;\n', after: "CREATE ROLE app LOGIN PASSWORD 'hunter22';\n", lines: [1] },
];

for (const [index, { path, before, after, lines }] of LITERALS.entries()) {
  void test(`a secret is written out, ${index}: ${path}`, () => {
    const found = assessed(path, before, after).findings.filter(({ rule }) => rule === 'secret-literal');
    assert.deepEqual(
      found.flatMap(({ ranges }) => ranges.map(({ start }) => start.line)),
      lines,
    );
    assertHidden(assessed(path, before, after), /hunter22|we2323232g3hg2h3|1d2d2dewerdcxeee34c3|abc123def456/);
    assert.deepEqual(literals(path, after, before), []);
    assert.deepEqual(literals(path, after, after.replaceAll('hunter22', 'rotated9')), [], 'one secret for another');
  });
}

const NEUTRAL: readonly (readonly [path: string, before: string, after: string])[] = [
  ['a.tf', 'x = 1\n', 'password = var.p\nsecret = data.x.y.z\ntoken = "${var.t}"\n'],
  ['a.yaml', 'a: 1\n', 'password: "{{ vault_password }}"\ntoken: <token>\nsecret: $SECRET\napi_key: ${API_KEY}\n'],
  [
    'a.yaml',
    'a: 1\n',
    'imagePullSecrets:\n  - name: regcred\nsecretName: web-tls\ntokenEndpoint: https://id.shop.test/token\npassword_length: 24\n',
  ],
  ['a.yaml', 'a: 1\n', 'existingSecret: shop-db\nsecret: shop-db-credentials\npermissions:\n  id-token: write\n'],
  ['.env.example', '', 'DB_PASSWORD=hunter22\n'],
  ['locales/en.json', '{}', '{"password": "Password", "token": "Enter the token you got"}'],
  ['a.yaml', 'password: ENC[AES256_GCM,data:abc]\n', 'password: ENC[AES256_GCM,data:def]\n'],
  ['a.yaml', 'x:\n  - name: a\n    password: hunter22\n', 'y:\n  - name: b\n    password: hunter22\n'],
];

for (const [index, [path, before, after]] of NEUTRAL.entries()) {
  void test(`no secret, ${index}: ${path}`, () => {
    assert.deepEqual(
      assessed(path, before, after).findings.filter(({ rule }) => rule === 'secret-literal' || rule === 'credential-written'),
      [],
    );
  });
}

void test('no comment switches the rules off', () => {
  const key = ['gh', 'p_'].join('') + made(36);
  const after = `# secretlint-disable\ntoken: ${key} # gitleaks:allow\n`;
  assert.equal(assessed('a.yaml', '', after).findings[0]?.rule, 'credential-written');
});

void test('addresses with stand-ins for passwords are none', () => {
  for (const text of [
    'postgres://app:${DB_PASSWORD}@db/app',
    'https://user:<password>@host.test/x',
    'postgres://app:password@db.internal/app',
  ])
    assert.deepEqual(credentialsIn(text), [], text);
});

void test('names of secrets', () => {
  for (const name of [
    'password',
    'MasterUserPassword',
    'TokenKey',
    'twilio_api_key',
    'GIT_PRIVATE_KEY',
    'clientSecret',
    'access-token',
    'DB_PASS',
    'AuthToken',
  ])
    assert.notEqual(secretName(name), undefined, name);
  for (const name of [
    'secretName',
    'passwordLength',
    'token_endpoint',
    'publicKey',
    'key',
    'id-token',
    'existingSecret',
    'KeyName',
    'monkey',
    'enable_password',
    'nextToken2Name',
  ])
    assert.equal(secretName(name), undefined, name);
});

void test('a long text takes no long time', () => {
  const started = performance.now();
  for (const piece of ['a', 'sk-', 'postgres://a:', 'AccountKey=', 'eyJa.', '-----BEGIN PRIVATE KEY-----', 'Password=', 'a1b2c3d4e5f6g7h8'])
    credentialsIn(`${piece.repeat(Math.ceil(200_000 / piece.length))}\n`);
  assert.ok(performance.now() - started < 2000, `${performance.now() - started} ms`);
});

function literals(path: string, before: string, after: string): readonly string[] {
  return assessed(path, before, after).findings.flatMap(({ rule, consequence }) => (rule === 'secret-literal' ? [consequence] : []));
}

function assessed(path: string, before: string, after: string): Assessment {
  return assess(
    { path, before, after, provenance: { channel: 'hook', certainty: 'attested', agent: { name: 'Claude Code' } } },
    DEFAULT_SETTINGS,
  );
}

function assertHidden(assessment: Assessment, secret: string | RegExp): void {
  const told = JSON.stringify(assessment);
  if (typeof secret === 'string')
    for (const line of secret.split('\n').slice(-2)) assert.ok(line.startsWith('-----') || !told.includes(line));
  else assert.doesNotMatch(told, secret);
}
