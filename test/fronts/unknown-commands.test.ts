/** Command lines that stand in the input of tools which are not known: those of MCP servers, however an agent hands them over. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { claudeCode } from '../../server/fronts/hooks/claude-code.ts';
import { cline } from '../../server/fronts/hooks/cline.ts';
import { commandsIn } from '../../server/fronts/hooks/unknown-commands.ts';
import { windsurf } from '../../server/fronts/hooks/windsurf.ts';

const COPY = 'cp wide.txt policy.json';

const RUNS: readonly (readonly [string, Record<string, unknown>, readonly string[]])[] = [
  ['mcp__shell__run', { command: COPY }, [COPY]],
  ['mcp__shell__run', { command: ['bash', '-lc', COPY] }, [`bash -lc '${COPY}'`]],
  ['mcp__shell__run', { commands: ['ls', COPY] }, ['ls', COPY]],
  ['mcp__shell__exec', { argv: ['bash', '-c', COPY] }, [`bash -c '${COPY}'`]],
  ['mcp__shell__run', { command: 'cp', args: ['wide.txt', 'policy.json'] }, [COPY]],
  ['mcp__shell__run', { shellCommand: COPY, shell: '/bin/bash' }, [COPY]],
  ['mcp__shell__run', { request: { command: COPY } }, [COPY]],
  ['mcp__shell__run', { arguments: `{"command":"${COPY}"}` }, [COPY]],
  ['mcp__tmux__send_keys', { pane: '1', keys: `${COPY}\n` }, [COPY]],
  ['mcp__commander__interact_with_process', { pid: 1, input: COPY }, [COPY]],
  ['mcp__aws__call_aws', { cli_command: 'aws iam create-user --user-name u' }, ['aws iam create-user --user-name u']],
  ['mcp__gcloud__run_gcloud_command', { args: ['projects', 'delete', 'p'] }, ['gcloud projects delete p']],
  ['mcp__terraform__ExecuteTerraformCommand', { command: 'apply' }, ['terraform apply']],
  ['mcp__k8s__kubectl_delete', { resourceType: 'ns', name: 'x' }, ['kubectl delete ns x']],
  ['mcp__k8s__kubectl_generic', { command: 'delete', resourceType: 'ns', name: 'x' }, ['kubectl delete ns x']],
  ['mcp__k8s__kubectl_apply', { manifest: 'kind: Pod' }, ["kubectl apply -f - <<'END_OF_MANIFEST'\nkind: Pod\nEND_OF_MANIFEST\n"]],
  ['mcp__pg__query', { sql: 'DROP TABLE x' }, ["psql -c 'DROP TABLE x'"]],
  ['mcp__supabase__execute_sql', { query: 'GRANT ALL ON x TO anon' }, ["psql -c 'GRANT ALL ON x TO anon'"]],
  ['mcp__pg__query', { query: '-- tidy\nwith a as (select 1) delete from x' }, ["psql -c '-- tidy\nwith a as (select 1) delete from x'"]],
];

const RUNS_NOTHING: readonly (readonly [string, Record<string, unknown>])[] = [
  ['mcp__pg__query', { sql: 'SELECT 1' }],
  ['mcp__docs__search', { query: 'create a deployment' }],
  ['mcp__docs__search', { query: 'delete file in node' }],
  ['mcp__notion__search', { query: 'update policy' }],
  ['mcp__browser__type', { text: COPY }],
  ['mcp__fs__write_file', { path: 'tasks.json', content: `{"command":"${COPY}"}` }],
  ['mcp__fs__edit_file', { path: 'tasks.json', edits: [{ oldText: 'a', newText: 'b', command: COPY }] }],
  ['mcp__tools__call', { command: 'list' }],
];

describe('commands of tools that are not known', () => {
  for (const [tool, input, expected] of RUNS)
    test(`${tool} ${JSON.stringify(input).slice(0, 60)}`, () => assert.deepEqual(commandsIn(tool, input), expected));

  for (const [tool, input] of RUNS_NOTHING)
    test(`nothing: ${tool} ${JSON.stringify(input).slice(0, 60)}`, () => assert.deepEqual(commandsIn(tool, input), []));

  test('a server that Windsurf or Cline asks', () => {
    const calls = [
      windsurf.parse({
        agent_action_name: 'pre_mcp_tool_use',
        tool_info: { mcp_server_name: 'sh', mcp_tool_name: 'run', mcp_tool_arguments: { command: COPY } },
      }),
      cline.parse({
        hookName: 'PreToolUse',
        preToolUse: {
          toolName: 'use_mcp_tool',
          parameters: { server_name: 'sh', tool_name: 'run', arguments: JSON.stringify({ command: COPY }) },
        },
      }),
    ];
    for (const call of calls) assert.deepEqual(call.kind === 'call' ? call.call.commands : call, [COPY]);
  });

  test('our own tools ask the gate themselves', () => {
    const call = claudeCode.parse({
      hook_event_name: 'PreToolUse',
      tool_name: 'mcp__countersign__propose_edit',
      tool_input: { path: 'x.json', content: '{}', command: COPY },
    });
    assert.equal(call.kind, 'nothing');
  });

  test('input without an end', () => {
    const deep = Array.from({ length: 100 }).reduce<Record<string, unknown>>((inner) => ({ a: inner }), { command: COPY });
    assert.deepEqual(commandsIn('x', deep), []);
  });
});
