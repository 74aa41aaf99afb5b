/** The MCP server on standard input and output. Bundled as mcp.js, without the engine: whoever starts it hands in what the tools do. */
import { Console } from 'node:console';
import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import {
  CallToolRequestSchema,
  type CallToolResult,
  ListRootsResultSchema,
  ListToolsRequestSchema,
  type Tool,
} from '@modelcontextprotocol/sdk/types.js';
import * as z from 'zod';
import type { Reason } from '../../ledger/types.ts';
import type { ProposedInput } from './proposal.ts';
import type { Ask, ToolAnswer } from './tool-answer.ts';
import { DESCRIPTIONS, INSTRUCTIONS, TITLES, type ToolName, TOOLS } from './tool-words.ts';

/** What its client says of itself. */
export type Client = { readonly name: string; readonly version: string };

export type McpTools = {
  /** Called once per call of a tool, one after the other. `roots`: file URIs of the client's folders, where it has any. */
  readonly edit: (
    tool: 'propose_edit' | 'check_edit',
    input: ProposedInput,
    client: Client,
    roots: readonly string[],
  ) => Promise<ToolAnswer>;
  readonly status: (hold: string, client: Client) => ToolAnswer;
  /** Was the person asked already? */
  readonly isNoted: (ask: Ask) => Promise<boolean>;
  /** Keeps what the person answered; a sentence that says so. */
  readonly note: (ask: Ask, reason: Reason, client: Client) => Promise<string>;
};

export type McpStreams = { readonly stdin: NodeJS.ReadStream; readonly stdout: NodeJS.WriteStream };

/** Bytes of one message. */
const LARGEST_MESSAGE = 96 * 1024 * 1024;
/** Milliseconds that a person has for a reason, if the client waits that long. */
const ASKING = 10 * 60_000;

/** Serves one client until it goes away. */
export async function serveMcp(tools: McpTools, version: string, { stdin, stdout }: McpStreams): Promise<void> {
  // Standard output belongs to the protocol.
  globalThis.console = new Console(process.stderr, process.stderr);
  const server = new Server(
    { name: 'countersign', title: 'Countersign', version },
    {
      capabilities: { tools: {} },
      instructions: INSTRUCTIONS,
      // What a person answers is checked here, by the schema it was asked with.
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- nobody reads it as what it is said to be
      jsonSchemaValidator: { getValidator: () => (input) => ({ valid: true, data: input as never, errorMessage: undefined }) },
    },
  );
  const client = (): Client => {
    // Its name, not its title: limits and the breaker know an agent by it.
    const { name, version: own } = server.getClientVersion() ?? { name: 'unknown agent', version: '' };
    return { name, version: own };
  };

  let last: Promise<unknown> = Promise.resolve();
  /** One proposal after the other: two at once could each be judged on a text that the other replaces. */
  const inTurn = async <Value>(work: () => Promise<Value>): Promise<Value> => {
    const mine = last.then(work);
    last = mine.catch(() => undefined);
    return await mine;
  };

  server.setRequestHandler(ListToolsRequestSchema, () => ({ tools: LISTED }));
  server.setRequestHandler(CallToolRequestSchema, async ({ params }, { signal }): Promise<CallToolResult> => {
    const { name, arguments: given } = params;
    const tool = TOOLS.find((known) => known === name);
    if (tool === undefined) return failed(`There is no tool "${name.slice(0, 100)}". There are ${TOOLS.join(', ')}.`);
    const read = INPUTS[tool].safeParse(given ?? {});
    if (!read.success) return failed(`${tool} cannot be called like this: ${wrongIn(read.error)}. Nothing was written.`);
    try {
      if (tool === 'hold_status') return resultOf(tools.status(HoldInput.parse(given).hold, client()));
      const input = EditInput.parse(given);
      const answer = await inTurn(async () => await tools.edit(tool, input, client(), await rootsOf(server)));
      if (answer.ask === undefined || server.getClientCapabilities()?.elicitation?.form === undefined) return resultOf(answer);
      return resultOf({ ...answer, text: `${answer.text}\n${await askFor(answer.ask, signal)}`.trim() });
    } catch (error) {
      return failed(`Countersign closed the gate: ${tool} failed (${firstLine(error)}). Try again, or let a person make this edit.`);
    }
  });

  /** Asks the person in the client's own way. A client is a program, so what comes back is noted and acknowledges nothing. */
  async function askFor(ask: Ask, signal: AbortSignal): Promise<string> {
    try {
      if (await tools.isNoted(ask)) return 'A reason is noted with the hold already.';
      const { action, content } = await server.elicitInput(
        { mode: 'form', message: ask.message, requestedSchema: formOf(ask) },
        { signal, timeout: ASKING },
      );
      if (action !== 'accept') return 'No reason was given. The person can give it in the editor.';
      const reason = ReasonInput.safeParse(content);
      if (!reason.success) return `The reason was not noted: ${wrongIn(reason.error)}. The person can give it in the editor.`;
      return await tools.note(ask, reason.data, client());
    } catch {
      return 'The person could not be asked for a reason here, and can give it in the editor.';
    }
  }

  const transport = new StdioServerTransport(stdin, stdout, { maxBufferSize: LARGEST_MESSAGE });
  const gone = new Promise<void>((resolve) => {
    // oxlint-disable-next-line unicorn/prefer-add-event-listener -- it is no event target
    server.onclose = resolve;
    stdin.once('end', resolve);
    stdin.once('close', resolve);
  });
  // oxlint-disable-next-line unicorn/prefer-add-event-listener -- it is no event target
  server.onerror = (error) => void process.stderr.write(`Countersign: a message of the client could not be used: ${firstLine(error)}\n`);
  await server.connect(transport);
  await gone;
  // What was begun is finished: a file is written whole and recorded, or not at all.
  await last;
  // Answers are sent a few steps later.
  await new Promise((resolve) => setImmediate(resolve));
  await server.close().catch(() => undefined);
}

const Short = z.string().max(4096);
const Replacement = z.object({
  old_string: z.string().describe('Exact text of the file as it is now'),
  new_string: z.string().describe('What stands there afterwards'),
  replace_all: z.boolean().optional().describe('Replace it everywhere; otherwise it must be there once'),
});
const EditInput = z.strictObject({
  path: Short.min(1)
    .optional()
    .describe('The file, relative to the workspace or absolute inside of it. Not needed with a patch that names its files'),
  content: z.string().optional().describe('The whole new text of the file; makes the file if it is not there'),
  old_string: z.string().optional().describe('Exact text of the file as it is now, there once'),
  new_string: z.string().optional().describe('What stands in the place of old_string afterwards'),
  replace_all: z.boolean().optional().describe('Replace old_string everywhere'),
  edits: z.array(Replacement).max(1000).optional().describe('Several replacements in the one file, carried out in this order'),
  patch: z.string().optional().describe('A unified diff, or a "*** Begin Patch" text; may make, move and delete files'),
  prompt: z.string().optional().describe('What the person asked you for, word by word. Only a digest of it is kept, in the log'),
}) satisfies z.ZodType<ProposedInput>;
const HoldInput = z.strictObject({ hold: z.string().max(100).describe('The id that propose_edit answered: "H-" and eight characters') });
const INPUTS = { propose_edit: EditInput, check_edit: EditInput, hold_status: HoldInput } satisfies Record<ToolName, z.ZodType>;

const ReasonInput = z.object({
  category: z.enum(['intended', 'temporary', 'mitigated', 'wrong', 'incident']),
  text: z.string().max(2000),
  ticket: z.string().max(200).optional(),
}) satisfies z.ZodType<Reason>;

const EditOutput = z.object({
  outcome: z.enum(['written', 'unchanged', 'passes', 'held', 'would-be-held', 'forbidden', 'would-be-forbidden', 'refused', 'halted']),
  written: z.boolean().describe('True only when the files are on disk with the new text'),
  hold: z.string().optional().describe('Id of the hold, for hold_status'),
  files: z.array(z.string()),
  findings: z.array(
    z.object({
      rule: z.string(),
      severity: z.string(),
      path: z.string(),
      line: z.number().optional(),
      consequence: z.string().describe('What the edit opens'),
      fix: z.string().describe('What to do instead'),
    }),
  ),
  cause: z.string().optional(),
  next: z.string().describe('What to do now'),
});
const HoldOutput = z.object({
  hold: z.string(),
  state: z.enum(['waiting', 'forbidden', 'acknowledged', 'used', 'expired', 'discarded', 'unknown', 'halted']),
  until: z.string().optional(),
  next: z.string(),
});
const OUTPUTS = { propose_edit: EditOutput, check_edit: EditOutput, hold_status: HoldOutput } satisfies Record<ToolName, z.ZodType>;

const LISTED: Tool[] = TOOLS.map((name) => ({
  name,
  title: TITLES[name],
  description: DESCRIPTIONS[name],
  inputSchema: schemaOf(INPUTS[name]),
  outputSchema: schemaOf(OUTPUTS[name]),
  annotations: {
    title: TITLES[name],
    readOnlyHint: name !== 'propose_edit',
    destructiveHint: name === 'propose_edit',
    openWorldHint: false,
  },
}));

function schemaOf(shape: z.ZodType): Tool['inputSchema'] {
  const { $schema: _, ...schema } = z.toJSONSchema(shape, { io: 'input' });
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the shape of an object is an object's schema
  return { ...schema, type: 'object' } as Tool['inputSchema'];
}

/** The fields of the review's form that a client can show. */
function formOf({ minimumReason, ticket }: Ask) {
  return {
    type: 'object' as const,
    properties: {
      category: {
        type: 'string' as const,
        title: 'Why is this needed?',
        enum: ['intended', 'temporary', 'mitigated', 'wrong', 'incident'],
        enumNames: [
          'It is meant to be this open',
          'Temporary, I will undo it',
          'Something else prevents the harm',
          'The finding is wrong',
          'Incident in progress',
        ],
      },
      text: { type: 'string' as const, title: `Reason, at least ${minimumReason} characters`, minLength: minimumReason, maxLength: 2000 },
      ticket: { type: 'string' as const, title: ticket === 'required' ? 'Ticket' : 'Ticket (optional)', maxLength: 200 },
    },
    required: ticket === 'required' ? ['category', 'text', 'ticket'] : ['category', 'text'],
  };
}

async function rootsOf(server: Server): Promise<readonly string[]> {
  if (server.getClientCapabilities()?.roots === undefined) return [];
  const { roots } = await server.request({ method: 'roots/list' }, ListRootsResultSchema, { timeout: 5_000 });
  return roots.map(({ uri }) => uri);
}

function resultOf({ isError, text, structured }: ToolAnswer): CallToolResult {
  return { content: [{ type: 'text', text }], structuredContent: { ...structured }, isError };
}

function failed(text: string): CallToolResult {
  return { content: [{ type: 'text', text }], isError: true };
}

/** The first thing that is wrong, as a clause. */
function wrongIn({ issues }: z.ZodError): string {
  const [issue] = issues;
  if (issue === undefined) return 'its input is not as it must be';
  if (issue.code === 'unrecognized_keys') return `it has no ${issue.keys.map((key) => `"${key.slice(0, 100)}"`).join(', ')}`;
  const where = issue.path.length === 0 ? 'the input' : issue.path.join('.');
  return `${where}: ${issue.message.replace(/\.$/, '')}`;
}

function firstLine(error: unknown): string {
  return ((error instanceof Error ? error.message : String(error)).split('\n')[0] ?? '').slice(0, 500);
}
