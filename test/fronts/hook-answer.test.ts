import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AGENTS } from '../../server/fronts/hooks/agents.ts';
import { answerFor } from '../../server/fronts/hooks/verdict-answer.ts';
import type { Hold } from '../../server/gate/types.ts';
import { CRITICAL } from './example-holds.ts';

const [agent] = AGENTS;

void test('of several edits the worst finding is the one the agent is told, whichever edit it is in', () => {
  assert.ok(agent);
  const [edit] = CRITICAL.edits;
  const [worst] = edit?.assessment.findings ?? [];
  assert.ok(edit !== undefined && worst?.severity === 'critical');
  const mild = { ...worst, severity: 'low' as const, consequence: 'A mild thing.' };
  const having = (findings: readonly (typeof worst)[]): Hold['edits'][number] => ({
    ...edit,
    assessment: { ...edit.assessment, findings },
  });
  for (const edits of [
    [having([worst]), having([mild])],
    [having([mild]), having([worst])],
  ]) {
    const { stdout, stderr } = answerFor(agent, { verdict: 'acknowledge', assessments: [], hold: { ...CRITICAL, edits } });
    assert.match(stdout + stderr, /Anyone on the internet can read/);
    assert.match(stdout + stderr, /and 1 more finding\)/);
    assert.doesNotMatch(stdout + stderr, /A mild thing/);
  }
});
