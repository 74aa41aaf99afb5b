import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { copyFileSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { decodeEnvelope, encodeEnvelope, preAuthEncoding, RECORD_PAYLOAD_TYPE } from '../../server/ledger/envelope.ts';
import { personSigner } from '../../server/ledger/keys.ts';
import { AFTER, BEFORE, bucketPolicy, CheckScene, EVERYONE, FILE, type Person } from './check-scene.ts';

/** Each begins on branch `work` with one acknowledged edit committed, and ends where `main` and HEAD are to be compared. */
const HONEST: Readonly<Record<string, (scene: CheckScene, ada: Person) => unknown>> = {
  'nothing else': () => {},
  'a commit on top that changes nothing here': (scene) => {
    scene.write({ 'src/main.ts': 'export const one = 1;\n' });
    scene.commit('Other');
  },
  'rebased onto a newer main': (scene) => {
    scene.git('checkout', '--quiet', 'main');
    scene.write({ 'README.md': 'Shop, newer\n' });
    scene.commit('Main moves');
    scene.git('checkout', '--quiet', 'work');
    scene.git('rebase', '--quiet', 'main');
  },
  'rebased onto a main that moved the lines of the very file': (scene) => {
    scene.git('checkout', '--quiet', 'main');
    scene.write({ [FILE]: BEFORE.replace('{\n  "Version"', '{\n  "Id": "exports",\n\n\n  "Version"') });
    scene.commit('Main moves the lines');
    scene.git('checkout', '--quiet', 'work');
    scene.git('rebase', '--quiet', 'main');
    assert.match(scene.read(FILE), /"Id"/);
  },
  'main merged into it': (scene) => {
    scene.git('checkout', '--quiet', 'main');
    scene.write({ 'README.md': 'Shop, newer\n' });
    scene.commit('Main moves');
    scene.git('checkout', '--quiet', 'work');
    scene.git('merge', '--quiet', '--no-edit', 'main');
  },
  'squashed into one commit': (scene) => {
    scene.write({ 'src/main.ts': 'export const two = 2;\n' });
    scene.commit('Other');
    scene.git('reset', '--quiet', '--soft', 'main');
    scene.commit('Squashed');
  },
  amended: (scene) => {
    scene.write({ 'src/main.ts': 'export const three = 3;\n' });
    scene.git('add', '--all');
    scene.git('commit', '--quiet', '--amend', '-m', 'Amended');
  },
  reformatted: (scene) => {
    scene.write({ [FILE]: `${JSON.stringify(JSON.parse(scene.read(FILE)), null, 4)}\n` });
    scene.commit('Format');
  },
  'another change, opened and closed again in the branch': (scene) => {
    scene.write({ 'infra/other.json': bucketPolicy(EVERYONE, ['s3:*'], 'prod-payroll') });
    scene.commit('Open');
    scene.remove('infra/other.json');
    scene.commit('Close');
  },
  'a criss-cross of merges': (scene) => {
    const work = scene.git('rev-parse', 'HEAD');
    scene.git('checkout', '--quiet', 'main');
    scene.write({ 'README.md': 'Shop, newer\n' });
    const main = scene.commit('Main moves');
    scene.git('checkout', '--quiet', '-b', 'elsewhere', main);
    scene.git('merge', '--quiet', '--no-edit', '--no-ff', work);
    scene.git('checkout', '--quiet', 'work');
    scene.git('merge', '--quiet', '--no-edit', '--no-ff', main);
    scene.write({ 'src/main.ts': 'export const four = 4;\n' });
    scene.commit('Other');
  },
  'a second step in the same file, acknowledged by itself': async (scene, ada) => {
    const more = JSON.parse(AFTER);
    more.Statement.push({
      Effect: 'Allow',
      Principal: { AWS: 'arn:aws:iam::999999999999:root' },
      Action: 's3:*',
      Resource: 'arn:aws:s3:::prod-payroll/*',
    });
    await scene.acknowledged(ada, FILE, AFTER, JSON.stringify(more, null, 2));
    scene.commit('Another statement');
  },
  'a second step in the same statement, acknowledged by itself': async (scene, ada) => {
    await scene.acknowledged(ada, FILE, AFTER, bucketPolicy(EVERYONE, ['s3:GetObject', 's3:PutObject']));
    scene.commit('Another action');
  },
  'a second person who is trusted acknowledges a second change': async (scene, ada) => {
    await scene.acknowledged(ada, 'infra/logs.json', '', bucketPolicy(EVERYONE, ['s3:GetObject'], 'prod-logs'));
    scene.commit('Second');
  },
};

void describe('honest histories pass', () => {
  for (const [name, history] of Object.entries(HONEST)) {
    void test(name, async (context) => {
      const { scene, ada } = await CheckScene.begin(context);
      await scene.acknowledged(ada, FILE, BEFORE, AFTER);
      scene.commit('Open the exports');
      await history(scene, ada);
      const { code, out, err } = await scene.check();
      assert.equal(code, 0, out + err);
      assert.match(out, /Passed: \d+ expansions?, each with a valid acknowledgement/);
    });
  }

  void test('a branch that opens nothing needs nothing', async (context) => {
    const { scene } = await CheckScene.begin(context);
    scene.write({ 'src/main.ts': 'export const one = 1;\n', [FILE]: BEFORE.replace('"Sid": "AppRead",\n', '"Sid": "AppRead",\n\n') });
    scene.commit('Harmless');
    const { code, out } = await scene.check();
    assert.equal(code, 0);
    assert.match(out, /Passed: Nothing needs a person\. 2 changed files looked at/);
  });

  void test('what is merged is in the base, and asks no more', async (context) => {
    const { scene, ada } = await CheckScene.begin(context);
    await scene.acknowledged(ada, FILE, BEFORE, AFTER);
    scene.commit('Open the exports');
    scene.git('checkout', '--quiet', 'main');
    scene.git('merge', '--quiet', '--squash', 'work');
    scene.commit('Squashed by the server');
    assert.equal((await scene.check('--base', 'main', '--head', 'work')).code, 0);
    assert.equal((await scene.check('--base', 'main', '--head', 'main')).code, 0);
  });

  void test('a workspace in a folder of the repository', async (context) => {
    const { scene, ada } = await CheckScene.begin(context);
    scene.write({ 'services/shop/policy.json': BEFORE });
    scene.commit('A service');
    scene.git('branch', '--force', 'main', 'work');
    const workspace = join(scene.folder, 'services/shop');
    await scene.acknowledged(ada, 'services/shop/policy.json', BEFORE, AFTER, { workspace, own: 'policy.json' });
    scene.commit('Open it');
    const { code, out } = await scene.check();
    assert.equal(code, 0, out);
  });
});

type Dishonest = { readonly does: (scene: CheckScene, ada: Person) => unknown; readonly says: RegExp };

/** Each begins as above, and must be refused with these words. */
const DISHONEST: Readonly<Record<string, Dishonest>> = {
  'widened after it was acknowledged: more actions': {
    does: (scene) => {
      scene.write({ [FILE]: bucketPolicy(EVERYONE, ['s3:GetObject', 's3:PutObject', 's3:DeleteObject']) });
      scene.commit('A little more');
    },
    says: /accepts something else in this file: what is opened was changed since, or is more/,
  },
  'widened after it was acknowledged: another bucket': {
    does: (scene) => {
      scene.write({ [FILE]: AFTER.replace('"arn:aws:s3:::prod-customer-exports/*"', '"arn:aws:s3:::*/*"') });
      scene.commit('A little more');
    },
    says: /accepts something else in this file/,
  },
  'the same text in another file': {
    does: (scene) => {
      scene.write({ [FILE]: BEFORE, 'infra/copied-policy.json': AFTER });
      scene.commit('Elsewhere');
    },
    says: /Refused: infra\/copied-policy\.json[\s\S]*Nobody acknowledged it/,
  },
  'renamed to a path that nobody acknowledged': {
    does: (scene) => {
      scene.git('mv', FILE, 'infra/renamed-policy.json');
      scene.commit('Rename');
    },
    says: /Refused: infra\/renamed-policy\.json/,
  },
  'only a part was acknowledged': {
    does: (scene) => {
      scene.write({ 'infra/second.json': bucketPolicy(EVERYONE, ['s3:GetObject'], 'prod-payroll') });
      scene.commit('And another');
    },
    says: /Refused: infra\/second\.json[\s\S]*Refused: 1 of \d expansions lacks/,
  },
  'the signature altered': {
    does: (scene) => {
      const [file = ''] = scene.acks();
      scene.write({ [file]: scene.read(file).replace(/"sig":"(.)/, (_, letter: string) => `"sig":"${letter === 'A' ? 'B' : 'A'}`) });
      scene.commit('Alter');
    },
    says: /was altered: its name is not the SHA-256/,
  },
  'altered, and named after its new hash': {
    does: (scene) => {
      const [file = ''] = scene.acks();
      const envelope: { payload: string } = JSON.parse(scene.read(file));
      const payload = Buffer.from(envelope.payload, 'base64')
        .toString('utf8')
        .replace(/"expires":"2\d{3}/, '"expires":"2999');
      const text = JSON.stringify({ ...envelope, payload: Buffer.from(payload).toString('base64') });
      scene.remove(file);
      scene.write({ [hashed(text)]: text });
      scene.commit('Alter');
    },
    says: /was altered: its signature is not one of key/,
  },
  'a fingerprint added to its list': {
    does: (scene) => {
      const [file = ''] = scene.acks();
      const envelope: { payload: string } = JSON.parse(scene.read(file));
      const payload = Buffer.from(envelope.payload, 'base64')
        .toString('utf8')
        .replace(/"fingerprint":"[0-9a-f]{64}"/, `"fingerprint":"${'0'.repeat(64)}"`);
      const text = JSON.stringify({ ...envelope, payload: Buffer.from(payload).toString('base64') });
      scene.remove(file);
      scene.write({ [hashed(text)]: text });
      scene.commit('Alter');
    },
    says: /was altered: its signature is not one of key/,
  },
  'the acknowledgement left out of the commit': {
    does: (scene) => {
      scene.remove(...scene.acks());
      scene.commit('Without');
    },
    says: /Nobody acknowledged it/,
  },
  'acknowledged by somebody whose key comes with the change': {
    does: async (scene) => {
      scene.remove(...scene.acks());
      const eve = await scene.person('eve');
      scene.write({ [FILE]: BEFORE });
      await scene.acknowledged(eve, FILE, BEFORE, AFTER);
      scene.write({ '.countersign/keys/eve.pub': eve.publicKeyPem });
      scene.commit('Trust me');
    },
    says: /Refused: \.countersign\/keys\/eve\.pub[\s\S]*is signed by a key that is not trusted on the base side/,
  },
  'the key that came with the change, in place of the old one': {
    does: async (scene) => {
      scene.remove(...scene.acks());
      const eve = await scene.person('eve');
      await scene.acknowledged(eve, FILE, BEFORE, AFTER);
      scene.write({ '.countersign/keys/ada.pub': eve.publicKeyPem });
      scene.commit('I am Ada');
    },
    says: /not trusted on the base side/,
  },
  'signed by the process key': {
    does: async (scene, ada) => {
      const kept = scene.acks();
      const text = scene.read(kept[0] ?? '');
      scene.remove(...kept);
      // The log refuses to write such a record, so it is made here.
      const payload = decodeEnvelope(Buffer.from(text))?.payload;
      assert.ok(payload);
      const key = personSigner(readFileSync(join(ada.state, 'keys/process.key'), 'utf8'));
      const signature = Buffer.from(await key.sign(preAuthEncoding(RECORD_PAYLOAD_TYPE, payload)));
      const bytes = encodeEnvelope({ payloadType: RECORD_PAYLOAD_TYPE, payload, keyId: key.keyId, signature }).toString('utf8');
      scene.write({ [hashed(bytes)]: bytes });
      scene.commit('The process said so');
    },
    says: /is signed by a key that is not trusted on the base side/,
  },
  'a record of another kind, signed by a trusted person': {
    does: async (scene, ada) => {
      scene.remove(...scene.acks());
      const written = await ada.gate.ledger.append(
        {
          kind: 'discarded',
          repository: { roots: [scene.git('rev-list', '--max-parents=0', 'HEAD')], prefix: '' },
          files: [{ path: FILE, findings: await findingsOf(scene) }],
          reason: { category: 'intended', text: 'The exports are public data since March' },
          expires: new Date(Date.now() + 3_600_000).toISOString(),
        },
        ada.signer,
      );
      // The log itself may refuse to have a person sign this.
      if (written.ok) scene.write({ [`.countersign/acks/${written.stored.id}.json`]: Buffer.from(written.stored.bytes) });
      scene.commit('Another kind');
    },
    says: /is a record of another kind|Nobody acknowledged it/,
  },
  'a key that the base revoked': {
    does: (scene, ada) => {
      scene.git('checkout', '--quiet', 'main');
      scene.write({ '.countersign/keys/revoked/ada.pub': ada.publicKeyPem });
      scene.commit('Ada lost her laptop');
      scene.git('checkout', '--quiet', 'work');
    },
    says: /is signed by a key that was revoked/,
  },
  expired: {
    does: async (scene, ada) => {
      scene.remove(...scene.acks());
      await scene.acknowledged(ada, FILE, BEFORE, AFTER, { hours: 1, now: new Date(Date.now() - 7_200_000) }).catch(() => {});
      const ledger = await ada.gate.ledger.append(
        {
          kind: 'acknowledged',
          repository: { roots: [scene.git('rev-list', '--max-parents=0', 'HEAD')], prefix: '' },
          files: [{ path: FILE, findings: await findingsOf(scene) }],
          reason: { category: 'intended', text: 'The exports are public data since March' },
          expires: new Date(Date.now() - 1000).toISOString(),
        },
        ada.signer,
      );
      assert.ok(ledger.ok);
      scene.remove(...scene.acks());
      scene.write({ [`.countersign/acks/${ledger.stored.id}.json`]: Buffer.from(ledger.stored.bytes) });
      scene.commit('Too late');
    },
    says: /expired on \d{4}-\d\d-\d\d/,
  },
  'longer than the policy of the base allows': {
    does: (scene) => {
      scene.git('checkout', '--quiet', 'main');
      scene.write({ '.countersign/policy.yaml': 'expiry:\n  longestHours: 24\n' });
      scene.commit('At most a day');
      scene.git('checkout', '--quiet', 'work');
    },
    says: /is for longer than the policy allows \(24 hours\)/,
  },
  'given in another repository': {
    does: async (scene, ada) => {
      scene.remove(...scene.acks());
      const other = join(scene.home, 'other');
      scene.git('init', '--quiet', '--initial-branch=main', other);
      mkdirSync(join(other, '.countersign'));
      writeFileSync(join(other, 'README.md'), 'Another\n');
      scene.git('-C', other, 'add', '--all');
      scene.git('-C', other, 'commit', '--quiet', '-m', 'Other root');
      await scene.acknowledged(ada, FILE, BEFORE, AFTER, { workspace: other });
      assert.equal(scene.acks().length, 0, 'it is kept there');
      const folder = join(other, '.countersign/acks');
      mkdirSync(join(scene.folder, '.countersign/acks'), { recursive: true });
      for (const name of readdirSync(folder)) copyFileSync(join(folder, name), join(scene.folder, '.countersign/acks', name));
      scene.commit('Borrowed');
    },
    says: /was given in another repository/,
  },
  'the policy loosened in the same change': {
    does: (scene) => {
      scene.remove(...scene.acks());
      scene.write({ '.countersign/policy.yaml': 'verdicts:\n  critical: allow\n  high: allow\n  medium: allow\n' });
      scene.commit('Nothing is risky');
    },
    says: /Refused: infra\/exports-policy\.json[\s\S]*Nobody acknowledged it/,
  },
  'an ignore added in the same change': {
    does: (scene) => {
      scene.remove(...scene.acks());
      scene.write({
        '.countersign/policy.yaml':
          'ignore:\n  - rule: public-read\n    path: "**"\n    reason: it is fine, everybody says so\n    until: 2026-12-31\n',
      });
      scene.commit('Ignore it');
    },
    says: /Refused: infra\/exports-policy\.json/,
  },
  'a no-go zone': {
    does: async (scene) => {
      scene.git('checkout', '--quiet', 'main');
      scene.write({ '.countersign/policy.yaml': 'noGo:\n  - pattern: infra/**\n    owner: platform-security\n' });
      scene.commit('Hands off');
      scene.git('checkout', '--quiet', 'work');
    },
    says: /The rule infra\/\*\* \(\.countersign\/policy\.yaml, line 2[^)]*\) forbids this change[\s\S]*platform-security/,
  },
  'a policy of the base that cannot be used': {
    does: (scene) => {
      scene.git('checkout', '--quiet', 'main');
      scene.write({ '.countersign/policy.yaml': 'verdicts: [critical\n' });
      scene.commit('Broken');
      scene.git('checkout', '--quiet', 'work');
    },
    says: /Refused: infra\/exports-policy\.json\n {2}\.countersign\/policy\.yaml, line \d[\s\S]*It is the policy of the base side that must be mended/,
  },
  'two steps that were acknowledged, and a third that was not': {
    does: async (scene, ada) => {
      const second = bucketPolicy(EVERYONE, ['s3:GetObject', 's3:PutObject']);
      await scene.acknowledged(ada, FILE, AFTER, second);
      scene.write({ [FILE]: bucketPolicy(EVERYONE, ['s3:GetObject', 's3:PutObject', 's3:DeleteObject']) });
      scene.commit('And a third');
    },
    says: /accepts something else in this file/,
  },
  'an acknowledged step to this text, from another one than the base has': {
    does: async (scene, ada) => {
      scene.remove(...scene.acks());
      const nearly = bucketPolicy(EVERYONE, ['s3:GetObject', 's3:PutObject']);
      await scene.acknowledged(ada, FILE, AFTER, nearly);
      scene.commit('Only the last step');
    },
    says: /accepts something else in this file/,
  },
  'a second person asked for, and one alone': {
    does: (scene) => {
      scene.git('checkout', '--quiet', 'main');
      scene.write({ '.countersign/policy.yaml': 'verdicts:\n  critical: approve\n' });
      scene.commit('Two of you');
      scene.git('checkout', '--quiet', 'work');
    },
    says: /Only one person acknowledged it; the policy asks for 2/,
  },
  'access that was accepted once, taken away, and opened again': {
    does: (scene) => {
      scene.git('checkout', '--quiet', 'main');
      scene.git('merge', '--quiet', '--no-ff', '--no-edit', 'work');
      scene.write({ [FILE]: BEFORE });
      scene.commit('Close it');
      scene.git('checkout', '--quiet', '-B', 'work', 'main');
      scene.write({ [FILE]: AFTER });
      scene.commit('Open it again');
    },
    says: /was used: it is in the history of the base side already/,
  },
  'the same, with its acknowledgement deleted and brought again': {
    does: (scene) => {
      const [file = ''] = scene.acks();
      const kept = scene.read(file);
      scene.git('checkout', '--quiet', 'main');
      scene.git('merge', '--quiet', '--no-ff', '--no-edit', 'work');
      scene.write({ [FILE]: BEFORE });
      scene.remove(file);
      scene.commit('Close it, and tidy up');
      scene.git('checkout', '--quiet', '-B', 'work', 'main');
      scene.write({ [FILE]: AFTER, [file]: kept });
      scene.commit('Open it again');
    },
    says: /was used: it is in the history of the base side already/,
  },
  'a merge commit that adds something of its own': {
    does: (scene) => {
      scene.git('checkout', '--quiet', 'main');
      scene.write({ 'README.md': 'Shop, newer\n' });
      scene.commit('Main moves');
      scene.git('checkout', '--quiet', 'work');
      scene.git('merge', '--quiet', '--no-commit', '--no-ff', 'main');
      scene.write({ 'infra/second.json': bucketPolicy(EVERYONE, ['s3:*'], 'prod-payroll') });
      scene.commit('Merge main');
    },
    says: /Refused: infra\/second\.json/,
  },
  'a merge that keeps open what main closed': {
    does: (scene) => {
      scene.remove(...scene.acks());
      scene.git('commit', '--quiet', '--all', '-m', 'Without');
      scene.git('checkout', '--quiet', 'main');
      scene.write({ [FILE]: BEFORE.replace('AppRead', 'OnlyTheApp') });
      scene.commit('Main changes the same');
      scene.git('checkout', '--quiet', 'work');
      scene.git('merge', '--quiet', '--no-edit', '--strategy-option=ours', 'main');
      scene.write({ [FILE]: AFTER });
      scene.commit('Ours');
    },
    says: /Refused: infra\/exports-policy\.json/,
  },
  'a symbolic link in the place of a file': {
    does: (scene) => {
      scene.write({ 'docs/notes.txt': bucketPolicy(EVERYONE, ['s3:*']), [FILE]: BEFORE });
      scene.remove(FILE);
      symlinkSync('../docs/notes.txt', join(scene.folder, FILE));
      scene.commit('A link');
    },
    says: /Refused: infra\/exports-policy\.json[\s\S]*is a symbolic link to docs\/notes\.txt/,
  },
  'a symbolic link that leads out of the repository': {
    does: (scene) => {
      scene.remove(FILE);
      symlinkSync('/etc/hostname', join(scene.folder, FILE));
      scene.commit('A link');
    },
    says: /is a symbolic link to \/etc\/hostname, which is not in this repository/,
  },
  'the file behind an old link changed': {
    does: (scene) => {
      scene.git('checkout', '--quiet', 'main');
      scene.write({ 'shared/settings.txt': '{"permissions": {"allow": []}}\n' });
      mkdirSync(join(scene.folder, '.claude'));
      symlinkSync('../shared/settings.txt', join(scene.folder, '.claude/settings.json'));
      scene.commit('Shared settings');
      scene.git('checkout', '--quiet', '-B', 'work', 'main');
      scene.write({ 'shared/settings.txt': '{"permissions": {"allow": ["Bash(*)"], "defaultMode": "bypassPermissions"}}\n' });
      scene.commit('Only a text file');
    },
    says: /Refused: \.claude\/settings\.json/,
  },
  'attributes that hide the difference': {
    does: (scene) => {
      scene.remove(...scene.acks());
      scene.write({ '.gitattributes': '*.json binary -diff diff=nothing linguist-generated\n' });
      scene.git('config', 'diff.nothing.textconv', 'true');
      scene.commit('Generated');
    },
    says: /Refused: infra\/exports-policy\.json/,
  },
  'a commit replaced on this machine alone': {
    does: (scene) => {
      scene.remove(...scene.acks());
      scene.commit('Without');
      const tree = scene.git('rev-parse', 'main^{tree}');
      const harmless = scene.git('commit-tree', tree, '-p', 'main', '-m', 'Harmless');
      scene.git('replace', scene.git('rev-parse', 'HEAD'), harmless);
    },
    says: /Refused: infra\/exports-policy\.json/,
  },
  'a watched file that cannot be read': {
    does: (scene) => {
      scene.write({ [FILE]: AFTER.replace('"Effect"', 'Effect') });
      scene.commit('Broken');
    },
    says: /Refused: infra\/exports-policy\.json/,
  },
  'a watched file kept by Git LFS': {
    does: (scene) => {
      scene.write({ [FILE]: `version https://git-lfs.github.com/spec/v1\noid sha256:${'a'.repeat(64)}\nsize 12345\n` });
      scene.commit('Elsewhere');
    },
    says: /is kept by Git LFS, so its text is not in the repository/,
  },
  'a watched file that is no text': {
    does: (scene) => {
      scene.write({ [FILE]: Buffer.from(`\uFEFF${AFTER}`, 'utf16le') });
      scene.commit('UTF-16');
    },
    says: /is no text in UTF-8/,
  },
  'an agent’s settings as a submodule': {
    does: (scene) => {
      scene.git('update-index', '--add', '--cacheinfo', `160000,${scene.git('rev-parse', 'HEAD')},.claude`);
      scene.git('commit', '--quiet', '-m', 'A submodule');
    },
    says: /\.claude is a submodule, now at [0-9a-f]{10}/,
  },
};

async function findingsOf(scene: CheckScene) {
  const answer = await scene.check('--base', 'main', '--head', 'HEAD', '--format', 'json');
  const files: { path: string; expansions: { fingerprint: string; severity: string }[] }[] = JSON.parse(answer.out).files;
  const found = files.find(({ path }) => path === FILE)?.expansions ?? [];
  assert.ok(found.length > 0);
  return found.map(({ fingerprint, severity }) => ({
    rule: 'public-read',
    severity,
    confidence: 'proved',
    consequence: 'Anyone can read it.',
    fingerprint,
    sensitivity: 'restricted',
    blastRadius: 'public',
  }));
}

function hashed(text: string): string {
  return `.countersign/acks/${createHash('sha256').update(text).digest('hex')}.json`;
}

void describe('dishonest histories are refused', () => {
  for (const [name, { does, says }] of Object.entries(DISHONEST)) {
    void test(name, async (context) => {
      const { scene, ada } = await CheckScene.begin(context);
      await scene.acknowledged(ada, FILE, BEFORE, AFTER);
      scene.commit('Open the exports');
      await does(scene, ada);
      const { code, out, err } = await scene.check();
      assert.equal(code, 1, out + err);
      assert.match(out, says);
    });
  }

  void test('a pack weakened in the same change still asks', async (context) => {
    const { scene } = await CheckScene.begin(context);
    const pack = PACK.replaceAll('SEVERITY', 'high');
    scene.git('checkout', '--quiet', 'main');
    scene.write({
      '.countersign/packs/team.pack.yaml': pack,
      '.countersign/packs/packs.lock': lockOf(pack),
      'deploy/app.yaml': POD('other/web@sha256:4f6a'),
    });
    scene.commit('A rule of ours');
    scene.git('checkout', '--quiet', '-B', 'work', 'main');
    const weak = PACK.replaceAll('SEVERITY', 'info');
    scene.write({
      '.countersign/packs/team.pack.yaml': weak,
      '.countersign/packs/packs.lock': lockOf(weak),
      'deploy/app.yaml': POD('shop/web@sha256:4f6a'),
    });
    scene.commit('Weaken it, and use it');
    const { code, out } = await scene.check();
    assert.equal(code, 1, out);
    assert.match(out, /Refused: deploy\/app\.yaml[\s\S]*High: Container app of web can run an image that nobody reviewed/);
    assert.match(out, /Refused: \.countersign\/packs\/team\.pack\.yaml/);
  });
});

const PACK = `pack: team
version: 1.0.0
title: Rules of our team
rules:
  - id: team-image-not-pinned
    title: An image is no longer pinned
    severity: SEVERITY
    confidence: likely
    on:
      - { system: kubernetes, type: [Pod] }
    each: "**.{containers,initContainers}"
    when:
      image: { matches: "^shop/" }
    at: image
    blastRadius: service
    gain: run another image than the one that was reviewed
    consequence: "Container \`{item}\` of \`{name}\` can run an image that nobody reviewed: \`{value}\`."
    opened: { name: "{name}", kind: workload }
    fix: Name the image by its digest.
    failureMode: A tag can be moved to another image at any time.
    references: [CWE-829]
    tests:
      - path: deploy/web.yaml
        before: |
          kind: Pod
          apiVersion: v1
          metadata: { name: web }
          spec: { containers: [{ name: app, image: other/web }] }
        after: |
          kind: Pod
          apiVersion: v1
          metadata: { name: web }
          spec: { containers: [{ name: app, image: shop/web }] }
        alarms: [{ severity: SEVERITY, lines: [4] }]
`;

const POD = (image: string) =>
  `apiVersion: v1\nkind: Pod\nmetadata: { name: web }\nspec:\n  containers:\n    - name: app\n      image: ${image}\n`;

function lockOf(pack: string): string {
  const digest = createHash('sha256').update(pack).digest('hex');
  return `${JSON.stringify({ version: 1, files: { 'team.pack.yaml': digest }, sources: {} }, null, 2)}\n`;
}
