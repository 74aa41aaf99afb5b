import assert from 'node:assert/strict';
import { generateKeyPairSync, sign } from 'node:crypto';
import { appendFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { DEFAULT_POLICY, loadPolicy } from '../../server/gate/policy.ts';
import { LOCK_FILE, LOCK_PAYLOAD_TYPE, SIGNATURE_FILE } from '../../server/gate/pack-lock.ts';
import { judge } from '../../server/gate/judge.ts';
import type { Policy } from '../../server/gate/types.ts';
import { encodeEnvelope, preAuthEncoding } from '../../server/ledger/envelope.ts';
import { personSigner } from '../../server/ledger/keys.ts';
import { edit, temporaryFolder } from './builders.ts';
import { lockedPacks, packText, pod, write } from './team-pack.ts';

const PATH = 'k8s/web.yaml';
const team = newKey();
const stranger = newKey();

type Case = {
  /** Files below the workspace; `.countersign/packs` holds `shop` (rule no-shop) and `bank` (rule no-bank), locked. */
  readonly policy?: string;
  readonly change?: (packs: string, workspace: string) => void;
  /** Rules that still find something. */
  readonly rules: readonly string[];
  /** What the gate says to an edit that breaks none of them, and which words are in its cause. */
  readonly says: readonly RegExp[];
};

const both = ['no-shop', 'no-bank'];
const KEY = 'keys: ["../team.pub.pem"]';

const cases: Readonly<Record<string, Case>> = {
  'packs beside a policy are asked, named or not': { rules: both, says: [] },
  'a pack that is named': { policy: 'packs: [{ name: shop }]', rules: both, says: [] },
  'a folder that is named': { policy: 'packs: [.countersign/packs]', rules: both, says: [] },
  'a named pack that is missing': {
    policy: 'retryMinutes: 5\npacks:\n  - name: shop\n  - name: harbour\n',
    rules: both,
    says: [/policy\.yaml, line 4, column 5: there is no usable pack “harbour”/, /countersign pack add/],
  },
  'a folder that is missing': {
    policy: 'packs: [tools/packs]',
    rules: both,
    says: [/policy\.yaml, line 1, column 9: the packs in .*tools\/packs are not loaded: there is no such folder/],
  },
  'a file changed since locking': {
    change: (packs) => appendFileSync(join(packs, 'shop', 'shop.yaml'), '\n'),
    rules: ['no-bank'],
    says: [/not all loaded: shop\/shop\.yaml is not what was locked\./, /countersign pack lock/],
  },
  'a file that is not locked': {
    change: (packs) => write(packs, { 'shop/more.yaml': packText('more', '1.0.0', [{ id: 'no-more' }]) }),
    rules: both,
    says: [/shop\/more\.yaml is not in the lock/],
  },
  'a locked file that is gone': {
    change: (packs) => rmSync(join(packs, 'bank', 'bank.yaml')),
    rules: ['no-shop'],
    says: [/bank\/bank\.yaml is missing/],
  },
  'no lock': {
    change: (packs) => rmSync(join(packs, LOCK_FILE)),
    rules: [],
    says: [/There is no .*packs\.lock\. Write it: countersign pack lock/],
  },
  'a rule that is not valid': {
    change: (packs) =>
      lockedPacks(packs, {
        'shop/shop.yaml': packText('shop', '1.0.0', [{ id: 'no-shop' }]).replace('severity: medium', 'severity: huge'),
      }),
    rules: ['no-bank'],
    says: [/shop\.yaml, line 7: "huge"/, /Its rules are not asked until then/],
  },
  'a pattern that no linear matcher takes': {
    change: (packs) =>
      lockedPacks(packs, {
        'shop/shop.yaml': packText('shop', '1.0.0', [{ id: 'no-shop' }]).replace('hostname: no-shop', 'hostname: { matches: "(a+)\\\\1" }'),
      }),
    rules: ['no-bank'],
    says: [/shop\.yaml, line 9: /],
  },
  'a folder with far more than packs': {
    policy: 'packs: [heap]',
    change: (_packs, workspace) => {
      for (let index = 0; index <= 1000; index++) write(join(workspace, 'heap'), { [`${index}.txt`]: '' });
      write(join(workspace, 'heap'), { [LOCK_FILE]: '{\n  "version": 1,\n  "files": {},\n  "sources": {}\n}\n' });
    },
    rules: both,
    says: [/holds more than 1000 files: name the folder of the packs alone/],
  },
  'an empty folder is none': {
    change: (packs) => {
      rmSync(packs, { recursive: true });
      mkdirSync(packs);
    },
    rules: [],
    says: [],
  },
  'signed by a key of the policy': {
    policy: `packs: [{ name: shop, ${KEY} }]`,
    change: (packs) => signed(packs, team),
    rules: both,
    says: [],
  },
  'not signed': { policy: `packs: [{ name: shop, ${KEY} }]`, rules: [], says: [/packs\.lock\.sig is missing/, /countersign pack sign/] },
  'signed by another': {
    policy: `packs: [{ name: shop, ${KEY} }]`,
    change: (packs) => signed(packs, stranger),
    rules: [],
    says: [/was not made with this key/],
  },
  'a second entry without keys does not drop those of the first': {
    policy: `packs: [{ name: bank }, { name: shop, ${KEY} }, .countersign/packs]`,
    change: (packs) => signed(packs, stranger),
    rules: [],
    says: [/was not made with this key/],
  },
  'a key that is not there': {
    policy: 'packs: [{ name: shop, keys: [nowhere.pem] }]',
    rules: [],
    says: [/the public key .*nowhere\.pem cannot be read/],
  },
  'another lock than the one that is named': {
    policy: `packs: [{ name: shop, lock: "${'0'.repeat(64)}" }]`,
    rules: [],
    says: [/its SHA-256 is [0-9a-f]{64}/],
  },
  'a package': {
    policy: 'packs: [{ npm: "@team/rules", name: far }]',
    change: (_packs, workspace) =>
      lockedPacks(join(workspace, 'node_modules', '@team', 'rules'), {
        'package.json': '{}',
        'far.yaml': packText('far', '1.0.0', [{ id: 'no-far' }]),
      }),
    rules: [...both, 'no-far'],
    says: [],
  },
};

for (const [name, { policy, change, rules, says }] of Object.entries(cases)) {
  void test(`packs: ${name}`, (t) => {
    const workspace = temporaryFolder(t);
    const packs = join(workspace, '.countersign', 'packs');
    lockedPacks(packs, {
      'shop/shop.yaml': packText('shop', '1.0.0', [{ id: 'no-shop' }]),
      'bank/bank.yaml': packText('bank', '1.0.0', [{ id: 'no-bank' }]),
    });
    writeFileSync(join(workspace, 'team.pub.pem'), team.publicKey);
    if (policy !== undefined) writeFileSync(join(workspace, '.countersign', 'policy.yaml'), policy);
    change?.(packs, workspace);
    const loaded = load(workspace);
    for (const rule of [...both, 'no-far', 'no-more']) {
      const { assessments } = ask(loaded, workspace, pod('good'), pod(rule));
      assert.deepEqual(
        assessments[0]?.findings.map((one) => one.rule),
        rules.includes(rule) ? [rule] : [],
      );
    }
    const { verdict, cause } = ask(loaded, workspace, pod('good'), pod('better'));
    if (says.length === 0) assert.deepEqual([verdict, loaded.packs.problems], ['allow', []]);
    else {
      assert.equal(verdict, 'closed');
      for (const part of says) assert.match(cause ?? '', part);
      // What is not watched, and what a person types, goes on.
      assert.equal(ask(loaded, workspace, 'a', 'b', 'src/main.ts').verdict, 'allow');
      const typed = { ...edit(PATH, 'human', pod('better')), before: pod('good') };
      assert.equal(
        judge({ workspace, edits: [typed] }, { policy: loaded, outOfTime: () => false, now: () => new Date() }).verdict,
        'allow',
      );
    }
  });
}

void test('the user’s and the workspace’s packs are all asked, and no later one replaces a rule of an earlier one', (t) => {
  const folder = temporaryFolder(t);
  const [workspace, user] = [join(folder, 'w'), join(folder, 'u')];
  lockedPacks(join(user, 'packs'), { 'own.yaml': packText('own', '1.0.0', [{ id: 'no-own', severity: 'high' }]) });
  lockedPacks(join(workspace, '.countersign', 'packs'), {
    'weak.yaml': packText('weak', '1.0.0', [{ id: 'no-own', severity: 'info' }, { id: 'no-weak' }]),
  });
  const loaded = loadPolicy(workspace, join(user, 'policy.yaml'));
  assert.ok(loaded.ok);
  const found = (rule: string) => ask(loaded.policy, workspace, pod('good'), pod(rule)).assessments[0]?.findings.map((one) => one.severity);
  assert.deepEqual([found('no-own'), found('no-weak')], [['high'], ['medium']]);
});

void test('the same bytes are read once, other bytes anew; the digest of the policy tells them apart', (t) => {
  const workspace = temporaryFolder(t);
  const packs = join(workspace, '.countersign', 'packs');
  lockedPacks(packs, { 'shop.yaml': packText('shop', '1.0.0', [{ id: 'no-shop' }]) });
  const one = load(workspace);
  const again = load(workspace);
  assert.equal(one.engine.packs, again.engine.packs);
  assert.equal(one.digest, again.digest);
  assert.notEqual(one.digest, DEFAULT_POLICY.digest);
  lockedPacks(packs, { 'shop.yaml': packText('shop', '1.0.0', [{ id: 'no-ship' }]) });
  const other = load(workspace);
  assert.notEqual(one.engine.packs, other.engine.packs);
  assert.notEqual(one.digest, other.digest);
});

void test('without packs the policy is the default one, and nothing is loaded', (t) => {
  assert.equal(load(temporaryFolder(t)), DEFAULT_POLICY);
});

void test('an agent that changes a pack outside of .countersign is asked', (t) => {
  const workspace = temporaryFolder(t);
  lockedPacks(join(workspace, 'tools', 'packs'), { 'shop.yaml': packText('shop', '1.0.0', [{ id: 'no-shop' }]) });
  write(workspace, { '.countersign/policy.yaml': 'packs: [tools/packs]' });
  const loaded = load(workspace);
  for (const [path, verdict] of [
    ['tools/packs/shop.yaml', 'acknowledge'],
    ['tools/packs/packs.lock', 'acknowledge'],
    ['tools/packs/../packs/new.md', 'acknowledge'],
    ['tools/other.md', 'allow'],
  ] as const) {
    assert.equal(ask(loaded, workspace, 'a\n', 'b\n', path).verdict, verdict, path);
  }
});

function ask(policy: Policy, workspace: string, before: string, after: string, path = PATH) {
  return judge(
    { workspace, edits: [{ ...edit(path, 'attested', after), before }] },
    { policy, outOfTime: () => false, now: () => new Date() },
  );
}

function load(workspace: string): Policy {
  const loaded = loadPolicy(workspace, undefined);
  assert.ok(loaded.ok, JSON.stringify(loaded));
  return loaded.policy;
}

function newKey(): { readonly publicKey: string; readonly privateKey: string } {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  return {
    publicKey: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
}

function signed(packs: string, key: ReturnType<typeof newKey>): void {
  const payload = readFileSync(join(packs, LOCK_FILE));
  const { keyId } = personSigner(key.privateKey);
  const signature = sign(null, preAuthEncoding(LOCK_PAYLOAD_TYPE, payload), key.privateKey);
  writeFileSync(join(packs, SIGNATURE_FILE), encodeEnvelope({ payloadType: LOCK_PAYLOAD_TYPE, payload, keyId, signature }));
}
