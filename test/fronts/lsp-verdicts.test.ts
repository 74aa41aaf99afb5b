import assert from 'node:assert/strict';
import { test } from 'node:test';
import { diagnosticOf, placesIn } from '../../server/fronts/lsp/converters.ts';
import { noticesOf, type Seen } from '../../server/fronts/lsp/diagnostics.ts';
import { hoverOf } from '../../server/fronts/lsp/hover.ts';
import { gateVerdicts } from '../../server/gate/finding-verdicts.ts';
import { judge } from '../../server/gate/judge.ts';
import { DEFAULT_POLICY } from '../../server/gate/policy.ts';
import type { Policy } from '../../server/gate/types.ts';
import { BEFORE, PATH, RISKY, scene } from '../gate/scene.ts';

const NOW = new Date('2026-06-01T00:00:00Z');
const EDIT = { path: PATH, before: BEFORE, after: RISKY, provenance: { channel: 'disk', certainty: 'inferred' } } as const;
const quiet = { ...DEFAULT_POLICY.verdicts, critical: 'allow' } as const;

/** What the editor shows of EDIT under a policy. */
async function shown(context: Parameters<typeof scene>[0], policy: Policy, newer: readonly string[] = [], now = NOW) {
  const { gate, workspace } = await scene(context);
  const { assessments, ignored } = judge({ workspace, edits: [EDIT] }, { policy, outOfTime: () => false, now: () => now });
  const [assessment] = assessments;
  assert.ok(assessment !== undefined);
  const verdicts = gateVerdicts(EDIT, assessment, workspace, { ...gate, policy });
  const seen: Seen = {
    baseline: BEFORE,
    text: RISKY,
    assessment,
    onDisk: true,
    provenance: EDIT.provenance,
    ...verdicts,
    ...(newer.length === 0 ? {} : { isNewer: (rule) => newer.includes(rule), verdictOf: () => 'note' as const }),
    ignored,
    acceptanceOf: () => undefined,
    holds: [],
    now,
  };
  const notices = noticesOf(seen);
  const places = placesIn({ uri: 'file:///x.json', version: 1, text: RISKY });
  return { notices, diagnostics: notices.map((notice) => diagnosticOf(notice, places)) };
}

test('the verdict is the gate’s own: environment and agent count', async (context) => {
  const places = (match: string): Policy => ({
    ...DEFAULT_POLICY,
    verdicts: quiet,
    environments: [{ name: 'production', match: [match], verdicts: { critical: 'acknowledge' }, source: 'here' }],
  });
  assert.deepEqual((await shown(context, { ...DEFAULT_POLICY, verdicts: quiet })).notices, []);
  assert.equal((await shown(context, places('iam/**'))).notices[0]?.level, 'error', 'by its path in the workspace');
  assert.deepEqual((await shown(context, places('other/**'))).notices, []);
});

test('what an ignore lets pass is a quiet hint, with its reason and its last day; run out, it is a finding again', async (context) => {
  const rule = (await shown(context, DEFAULT_POLICY)).notices[0]?.rule ?? '';
  const policy: Policy = {
    ...DEFAULT_POLICY,
    ignore: [
      {
        rule,
        path: '**',
        reason: 'The bucket serves the public web site of the company.',
        until: '2026-06-20',
        source: 'policy.yaml, line 3, column 5',
        from: 'own',
      },
    ],
    ignores: { longestDays: 90, upTo: 'critical', workspaceUpTo: 'critical' },
  };
  const { notices, diagnostics } = await shown(context, policy);
  assert.deepEqual(
    notices.map(({ kind, level }) => [kind, level]),
    [['ignored', 'hint']],
  );
  assert.equal(diagnostics[0]?.severity, 4);
  assert.match(
    notices[0]?.message ?? '',
    /^Ignored until 2026-06-20: Anyone .* Reason: The bucket serves the public web site of the company\. By policy\.yaml, line 3/,
  );
  assert.match(hoverOf(notices, { uri: 'file:///x.json', commands: true }), /Ignored until 2026\\-06\\-20/);
  const later = await shown(context, policy, [], new Date('2026-06-22T00:00:00Z'));
  assert.equal(later.notices[0]?.kind, 'risk');
});

test('a rule that nobody accepted yet is marked, and only shown', async (context) => {
  const rule = (await shown(context, DEFAULT_POLICY)).notices[0]?.rule ?? '';
  const [notice] = (await shown(context, DEFAULT_POLICY, [rule])).notices;
  assert.equal(notice?.level, 'information');
  assert.match(notice.message, /\(new since the last upgrade\)/);
});
