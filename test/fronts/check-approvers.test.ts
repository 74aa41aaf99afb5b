import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { checkChange } from '../../server/fronts/git/check-change.ts';
import { openRepository } from '../../server/fronts/git/repository.ts';
import { keyIdOf } from '../../server/ledger/keys.ts';
import { AFTER, BEFORE, CheckScene, FILE, type Person } from './check-scene.ts';

const ME = process.getuid?.() ?? 0;

type Team = { readonly scene: CheckScene; readonly ada: Person; readonly bea: Person; readonly cara: Person };

type History = {
  /** The organization's policy of the machine that checks. */
  readonly organization?: (team: Team) => string;
  /** The repository's, on the base side. */
  readonly policy?: (team: Team) => string;
  /** Public keys in the base's .countersign/keys, beside Ada's. */
  readonly keys?: readonly ('bea' | 'cara')[];
  /** Who signs, in order. */
  readonly signs: readonly ('ada' | 'bea' | 'cara')[];
  /** What the change does beside. */
  readonly does?: (team: Team) => void;
  /** Absent: it passes. */
  readonly says?: RegExp;
};

const id = ({ publicKeyPem }: Person) => keyIdOf(publicKeyPem);
const approvers = (person: string, people: readonly Person[], more = '') =>
  `approvers: [{person: ${person}, keys: [${people.map((one) => `"${id(one)}"`).join(', ')}]${more}}]\n`;
const trusts = (...people: readonly (readonly [string, Person])[]) =>
  `trustedKeys: [${people.map(([person, { publicKeyPem }]) => `{person: ${person}, key: ${JSON.stringify(publicKeyPem)}}`).join(', ')}]\n`;
const TWO = 'verdicts: {critical: approve}\n';

const HISTORIES: Readonly<Record<string, History>> = {
  'two people, and no list': { policy: () => TWO, keys: ['bea'], signs: ['ada', 'bea'] },
  'the second one is listed': { policy: ({ bea }) => TWO + approvers('Bea', [bea]), keys: ['bea'], signs: ['ada', 'bea'] },
  'listed by the organization, for this path and severity': {
    organization: ({ bea }) => TWO + approvers('Bea', [bea], ', severities: [critical], match: ["infra/**"]'),
    keys: ['bea'],
    signs: ['ada', 'bea'],
  },
  'trusted by the organization alone': {
    organization: ({ bea }) => TWO + trusts(['Bea', bea]) + approvers('Bea', [bea]),
    signs: ['ada', 'bea'],
  },
  'one person is enough, whoever approves elsewhere': { policy: ({ bea }) => approvers('Bea', [bea]), signs: ['ada'] },
  'both may approve': {
    policy: ({ ada, bea }) => TWO + approvers('A', [ada]).replace(']}]\n', `]}, {person: B, keys: ["${id(bea)}"]}]\n`),
    keys: ['bea'],
    signs: ['bea', 'ada'],
  },
  'the listed one and another, and a third who is none': {
    policy: ({ bea }) => TWO + approvers('Bea', [bea]),
    keys: ['bea', 'cara'],
    signs: ['cara', 'ada', 'bea'],
  },
  'trusted by the organization, where one is enough': { organization: ({ bea }) => trusts(['Bea', bea]), signs: ['bea'] },

  'the second one is not listed': {
    policy: ({ cara }) => TWO + approvers('Cara', [cara]),
    keys: ['bea'],
    signs: ['ada', 'bea'],
    says: /not among those of the approvers \(\.countersign\/policy\.yaml, line 2[\s\S]*Who may: Cara/,
  },
  'an approver added by the change itself': {
    policy: ({ cara }) => TWO + approvers('Cara', [cara]),
    keys: ['bea'],
    signs: ['ada', 'bea'],
    does: ({ scene, bea }) => scene.write({ '.countersign/policy.yaml': TWO + approvers('Bea', [bea]) }),
    says: /Who may: Cara/,
  },
  'the list taken away by the change itself': {
    policy: ({ cara }) => TWO + approvers('Cara', [cara]),
    keys: ['bea'],
    signs: ['ada', 'bea'],
    does: ({ scene }) => scene.write({ '.countersign/policy.yaml': TWO }),
    says: /Who may: Cara/,
  },
  'an approver who is revoked': {
    organization: ({ bea }) => `${TWO}${approvers('Bea', [bea])}revokedKeys: ["${id(bea)}"]\n`,
    keys: ['bea'],
    signs: ['ada', 'bea'],
    says: /is signed by a key that was revoked/,
  },
  'an approver who is revoked by the change': {
    policy: ({ bea }) => TWO + approvers('Bea', [bea]),
    keys: ['bea'],
    signs: ['ada', 'bea'],
    does: ({ scene, bea }) => scene.write({ '.countersign/keys/revoked/bea.pub': bea.publicKeyPem }),
    says: /is signed by a key that was revoked/,
  },
  'trusted and revoked by the organization': {
    organization: ({ bea }) => `${trusts(['Bea', bea])}revokedKeys: ["${id(bea)}"]\n`,
    signs: ['bea'],
    says: /is signed by a key that was revoked/,
  },
  'who asked is the approver, under two keys': {
    policy: ({ ada, bea }) => TWO + approvers('Ada', [ada, bea]),
    keys: ['bea'],
    signs: ['ada', 'bea'],
    says: /Only one person acknowledged it/,
  },
  'who asked is the approver, under two keys that the organization trusts': {
    organization: ({ ada, bea }) => TWO + trusts(['Ada L.', ada], ['ada l', bea]) + approvers('Someone', [bea]),
    signs: ['ada', 'bea'],
    says: /Only one person acknowledged it/,
  },
  'who may approve asked, and somebody else nodded': {
    policy: ({ ada }) => TWO + approvers('Ada', [ada]),
    keys: ['bea'],
    signs: ['ada', 'bea'],
    says: /signed first, and so asked for it/,
  },
  'listed for another path': {
    policy: ({ bea }) => TWO + approvers('Bea', [bea], ', match: ["docs/**"]'),
    keys: ['bea'],
    signs: ['ada', 'bea'],
    says: /may not approve a finding of severity critical in infra\/exports-policy\.json/,
  },
  'listed for another severity': {
    policy: ({ bea }) => TWO + approvers('Bea', [bea], ', severities: [high]'),
    keys: ['bea'],
    signs: ['ada', 'bea'],
    says: /may not approve a finding of severity critical/,
  },
  'the repository’s list does not widen the organization’s': {
    organization: ({ cara }) => TWO + approvers('Cara', [cara]),
    policy: ({ bea }) => approvers('Bea', [bea]),
    keys: ['bea'],
    signs: ['ada', 'bea'],
    says: /Who may: Cara/,
  },
  'the repository trusts nobody by its policy': {
    policy: ({ bea }) => trusts(['Bea', bea]),
    signs: ['bea'],
    says: /signed by a key that is not trusted on the base side/,
  },
};

void describe('approvers and trusted keys in histories', () => {
  for (const [name, history] of Object.entries(HISTORIES)) {
    void test(`${history.says === undefined ? 'passes' : 'refused'}: ${name}`, async (context) => {
      const { scene, ada } = await CheckScene.begin(context);
      const team: Team = { scene, ada, bea: await scene.person('bea'), cara: await scene.person('cara') };
      scene.git('checkout', '--quiet', 'main');
      for (const who of history.keys ?? []) scene.write({ [`.countersign/keys/${who}.pub`]: team[who].publicKeyPem });
      const policy = history.policy?.(team);
      if (policy !== undefined) scene.write({ '.countersign/policy.yaml': policy });
      scene.commit('The team');
      scene.git('checkout', '--quiet', '-B', 'work', 'main');
      // Whoever signs does so where no policy asks for two: what counts is what the check makes of it.
      rmSync(join(scene.folder, '.countersign/policy.yaml'), { force: true });
      for (const who of history.signs) {
        scene.write({ [FILE]: BEFORE });
        await scene.acknowledged(team[who], FILE, BEFORE, AFTER);
        await new Promise((done) => setTimeout(done, 3));
      }
      if (policy !== undefined) scene.write({ '.countersign/policy.yaml': policy });
      history.does?.(team);
      scene.commit('Open the exports');

      const file = join(scene.home, 'organization.yaml');
      writeFileSync(file, history.organization?.(team) ?? '', { mode: 0o644 });
      const opened = openRepository(scene.folder, { PATH: process.env['PATH'], HOME: scene.home }, false);
      assert.ok(opened.ok);
      const checked = checkChange(opened.repository, {
        base: 'main',
        head: 'HEAD',
        uncommitted: 'files',
        now: () => new Date(),
        organization: { file, administrators: [ME] },
      });
      assert.ok(checked.ok, JSON.stringify(checked));
      const exported = checked.report.files.find(({ path }) => path === FILE);
      const why = exported?.standings.flatMap((one) => one.why).join('\n') ?? '';
      assert.equal(exported?.refused, history.says !== undefined, why);
      if (history.says !== undefined) assert.match(why, history.says);
    });
  }
});
