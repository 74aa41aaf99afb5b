import assert from 'node:assert/strict';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { openGate } from '../../server/gate/open.ts';
import { review } from '../../server/gate/review.ts';
import type { GateContext } from '../../server/gate/types.ts';
import { ocsfEvents } from '../../server/ledger/ocsf.ts';
import { verifyLog } from '../../server/ledger/verify.ts';
import { BEFORE, type Scene, scene, WIDENED } from './scene.ts';

const UNTIL = new Date(Date.now() + 20 * 86_400_000).toISOString().slice(0, 10);
const REASON = 'The exports are public since March, board decision';

/** The scene's gate, with an ignore in the user's policy of every rule that finds something in its suggestion. */
async function withIgnores(s: Scene, more = ''): Promise<GateContext> {
  const held = await s.ask();
  assert.ok(held.verdict === 'acknowledge', held.verdict);
  const rules = [...new Set(held.assessments.flatMap(({ findings }) => findings.map(({ rule }) => rule)))];
  const file = join(s.folder, 'user.yaml');
  const entries = rules.map((rule) => `  - {rule: ${rule}, path: "iam/**", reason: "${REASON}", until: "${UNTIL}"}\n`).join('');
  writeFileSync(file, `ignores: {upTo: critical}\nignore:\n${entries}${more}`);
  const opened = await openGate({
    workspace: s.workspace,
    stateFolder: s.state,
    now: () => s.clock.now,
    actor: { user: 'u', host: 'h', process: 'test' },
    outOfTime: () => false,
    userPolicy: file,
  });
  assert.ok(opened.ok);
  return opened.gate;
}

const ignoredIn = async (s: Scene) => (await s.records()).filter(({ record }) => record.event.kind === 'ignored');

void test('what an ignore let pass is recorded once for each suggestion', async (context) => {
  const s = await scene(context);
  const gate = await withIgnores(s);
  const ask = async (asked?: Parameters<Scene['suggestion']>[0]) => (await review(s.suggestion(asked), gate)).verdict;
  assert.equal(await ask(), 'allow');
  const first = await ignoredIn(s);
  assert.ok(first.length > 0, 'nothing was recorded');
  const { event } = first[0]?.record ?? assert.fail();
  assert.equal(event.ignored?.until, UNTIL);
  assert.match(event.ignored?.by ?? '', /user\.yaml, line 3/);
  assert.equal(event.reason?.text, REASON);
  assert.equal(event.files?.[0]?.path, 'iam/exports-bucket-policy.json');
  assert.ok((event.files?.[0]?.findings.length ?? 0) > 0);

  const more: readonly (readonly [string, Parameters<Scene['suggestion']>[0], boolean])[] = [
    ['the same again', {}, false],
    ['the same, reformatted', { after: JSON.stringify(JSON.parse(s.suggestion().edits[0]?.after ?? '')) }, false],
    ['another session', { session: 's-2' }, true],
    ['more is opened', { after: WIDENED }, true],
    ['nothing is opened', { after: BEFORE }, false],
  ];
  for (const [name, asked, isNew] of more) {
    const before = (await ignoredIn(s)).length;
    assert.equal(await ask(asked), 'allow', name);
    assert.equal((await ignoredIn(s)).length > before, isNew, name);
  }
  const report = await verifyLog({ folder: join(s.state, 'log'), keysFolder: join(s.state, 'keys') });
  assert.ok(report.ok, report.sentence);
  const [told] = ocsfEvents(first[0] ?? assert.fail());
  assert.deepEqual([told?.['status'], told?.['disposition'], told?.unmapped?.['ignored_by']], ['Suppressed', 'Allowed', event.ignored?.by]);
});

void test('what asked nobody anyway, and what a person types, is silenced by nobody', async (context) => {
  const s = await scene(context);
  const lenient = await withIgnores(s, 'verdicts: {critical: note, high: note, medium: note}\n');
  assert.equal((await review(s.suggestion(), lenient)).verdict, 'allow');
  const gate = await withIgnores(s);
  const own = s.suggestion();
  const typed = { ...own, edits: own.edits.map((edit) => ({ ...edit, provenance: { channel: 'typed', certainty: 'human' } as const })) };
  assert.equal((await review(typed, gate)).verdict, 'allow');
  assert.deepEqual(await ignoredIn(s), []);
});

void test('a log that takes no record keeps nothing back, and it is recorded the next time', async (context) => {
  const s = await scene(context);
  const gate = await withIgnores(s);
  const refusing: GateContext = Object.create(gate, {
    ledger: {
      value: { ...gate.ledger, append: async () => ({ ok: false, problem: { kind: 'full', message: 'no room' } }) },
      enumerable: true,
    },
  }) as GateContext;
  assert.equal((await review(s.suggestion(), refusing)).verdict, 'allow');
  assert.deepEqual(readdirSync(join(s.state, 'ignored')), []);
  assert.equal((await review(s.suggestion(), gate)).verdict, 'allow');
  assert.ok((await ignoredIn(s)).length > 0);
});
