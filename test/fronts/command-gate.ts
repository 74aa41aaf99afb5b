import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { loadShellGrammar, type ReadCommand } from '../../server/fronts/hooks/shell-grammar.ts';
import { openGate } from '../../server/gate/open.ts';
import type { GateContext } from '../../server/gate/types.ts';
import { REPOSITORY } from '../support/repository.ts';

/** What judges command lines without a process for each: a gate with a new state folder and no policy of a person, and the grammar. */
export async function commandGate(workspace: string, state: string): Promise<{ readonly gate: GateContext; readonly read: ReadCommand }> {
  mkdirSync(state, { mode: 0o700 });
  const opened = await openGate({
    workspace,
    stateFolder: state,
    now: () => new Date(),
    actor: { user: 'u', host: 'h', process: 'test' },
    outOfTime: () => false,
    userPolicy: join(state, '..', 'no-policy.yaml'),
  });
  assert.ok(opened.ok);
  return { gate: opened.gate, read: await loadShellGrammar(join(REPOSITORY, 'dist')) };
}
