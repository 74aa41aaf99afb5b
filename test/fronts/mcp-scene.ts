import assert from 'node:assert/strict';
import { join } from 'node:path';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { type ElicitResult, ElicitRequestSchema, ListRootsRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { acknowledge } from '../../server/gate/decisions.ts';
import { DIST, Scene } from './hook-scene.ts';

export type Answer = {
  readonly isError: boolean;
  readonly text: string;
  /** structuredContent; {} where there is none. */
  readonly data: Readonly<Record<string, unknown>>;
};

export type Agent = {
  readonly call: (tool: string, input: Record<string, unknown>) => Promise<Answer>;
  readonly propose: (input: Record<string, unknown>) => Promise<Answer>;
  readonly client: Client;
  readonly close: () => Promise<void>;
};

export type AgentOptions = {
  readonly name?: string;
  /** What the person answers where the client can ask one. */
  readonly answer?: (message: string) => ElicitResult;
  readonly roots?: readonly string[];
  readonly args?: readonly string[];
  readonly cwd?: string;
};

/** An agent's program: the official client, with the server that ships as its child. */
export async function agentIn(scene: Scene, options: AgentOptions = {}): Promise<Agent> {
  const { answer, roots } = options;
  const client = new Client(
    { name: options.name ?? 'claude-code', version: '2.1.0' },
    { capabilities: { ...(answer === undefined ? {} : { elicitation: {} }), ...(roots === undefined ? {} : { roots: {} }) } },
  );
  if (answer !== undefined) client.setRequestHandler(ElicitRequestSchema, ({ params }) => answer(params.message));
  if (roots !== undefined) client.setRequestHandler(ListRootsRequestSchema, () => ({ roots: roots.map((uri) => ({ uri })) }));
  const env = Object.fromEntries(Object.entries(scene.env()).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])));
  await client.connect(
    new StdioClientTransport({
      command: process.execPath,
      args: [join(DIST, 'cli.js'), 'mcp', ...(options.args ?? [])],
      cwd: options.cwd ?? scene.workspace,
      env,
      stderr: 'pipe',
    }),
  );
  // The client checks structured content against the schema of a tool that it has listed.
  await client.listTools();
  const call = async (name: string, input: Record<string, unknown>): Promise<Answer> => {
    const result = await client.callTool({ name, arguments: input }, undefined, { timeout: 60_000 });
    const [first] = Array.isArray(result.content) ? (result.content as { type: string; text: string }[]) : [];
    assert.equal(first?.type, 'text', JSON.stringify(result));
    return { isError: result.isError === true, text: first.text, data: { ...(result.structuredContent as object | undefined) } };
  };
  return { call, propose: async (input) => await call('propose_edit', input), client, close: async () => await client.close() };
}

/** A person acknowledges the hold as the editor does. */
export async function sign(scene: Scene, hold: unknown, name = 'prod-customer-exports'): Promise<void> {
  const { gate, signer } = await scene.person();
  const done = await acknowledge(
    String(hold),
    {
      reason: { category: 'intended', text: 'The exports are public data since March' },
      hours: 24,
      confirmation: { text: name, how: 'typed' },
      rollBackLater: false,
    },
    gate,
    signer,
  );
  assert.ok(done.ok, JSON.stringify(done));
}
