import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import type { Edit } from '../../server/engine/types.ts';
import { acknowledge } from '../../server/gate/decisions.ts';
import { rollBackTexts } from '../../server/gate/rollback.ts';
import { digestOfHold, readHold } from '../../server/gate/holds.ts';
import { review } from '../../server/gate/review.ts';
import { decisionsOf } from '../../server/fronts/lsp/log-view.ts';
import { itemOf } from '../../server/fronts/lsp/held.ts';
import { reviewModel } from '../../server/fronts/review-model.ts';
import { Scene } from './hook-scene.ts';

const LINE = 'aws iam attach-user-policy --user-name release-bot --policy-arn arn:aws:iam::aws:policy/AdministratorAccess';
const EDIT: Edit = {
  path: `$ ${LINE.slice(0, 79)}…`,
  before: '',
  after: LINE,
  provenance: { channel: 'hook', certainty: 'attested', agent: { name: 'Claude Code', session: 's1' } },
  command: [
    {
      kind: 'change',
      change: {
        rule: 'command-changes-access',
        system: 'AWS',
        does: 'attaches `AdministratorAccess` to `release-bot`',
        object: 'release-bot',
        kind: 'identity',
        severity: 'critical',
      },
    },
  ],
};

const scene = new Scene();
after(() => scene.remove());

test('a held command reads as one, can be acknowledged for one run, and is not rolled back', async () => {
  const { gate, signer } = await scene.person();
  const suggestion = { workspace: scene.workspace, edits: [EDIT] };
  const outcome = await review(suggestion, gate);
  assert.equal(outcome.verdict, 'acknowledge');
  const hold = 'hold' in outcome ? readHold(scene.state, outcome.hold.id) : undefined;
  assert.ok(hold !== undefined);

  const item = itemOf(hold);
  assert.equal(item.path, EDIT.path);
  assert.match(item.uri, /^countersign-command:/);
  const [file] = reviewModel(hold, [], gate.policy, 'n', new Date()).files;
  assert.equal(file?.command, 'line');
  assert.deepEqual(file?.lines, [{ mark: '', number: 1, text: LINE }]);

  const done = await acknowledge(
    hold.id,
    {
      reason: { category: 'intended', text: 'The release job needs this for the migration tonight.' },
      hours: 4,
      confirmation: { text: 'release-bot', how: 'typed' },
      rollBackLater: false,
      seen: digestOfHold(hold),
    },
    gate,
    signer,
  );
  assert.ok(done.ok, JSON.stringify(done));
  assert.equal((await review(suggestion, gate)).verdict, 'allow');
  assert.equal((await review(suggestion, gate)).verdict, 'acknowledge', 'one run only');

  const decided = await decisionsOf(gate.ledger, [scene.workspace], scene.state);
  assert.deepEqual(
    decided.map(({ kind, canRollBack }) => [kind, canRollBack]),
    [['acknowledged', false]],
  );
  const undone = rollBackTexts(done.id, new Map([[EDIT.path, LINE]]), gate);
  assert.ok(!undone.ok && /cannot be rolled back/.test(undone.problem));
});
