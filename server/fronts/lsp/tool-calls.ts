import { randomUUID } from 'node:crypto';
import { homedir } from 'node:os';
import { pathToFileURL } from 'node:url';
import * as v from 'valibot';
import { type Connection, ErrorCodes, ResponseError } from 'vscode-languageserver/node';
import { recordClosed } from '../../gate/review.ts';
import { TOOL_CALL, TOOL_NOT_APPLIED, type ToolCallResult, type ToolNotAppliedResult } from '../../protocol.ts';
import { holdStatus } from '../mcp/hold-status.ts';
import type { PlannedFile } from '../mcp/plan.ts';
import { type Asker, checkEdit, proposeEdit } from '../mcp/propose.ts';
import { refusedAnswer, type ToolAnswer } from '../mcp/tool-answer.ts';
import { invalid } from './document-features.ts';
import type { Gates } from './gates.ts';
import { checked } from './requests.ts';

export type ToolCallsOptions = {
  readonly stateFolder: string;
  readonly now: () => Date;
  readonly gates: Gates;
  readonly folders: () => readonly string[];
  /** What the editor shows of an open file. */
  readonly shown: (file: string) => string | undefined;
  readonly tellHolds: () => void;
};

/** What the language models of the editor call: the tools of `countersign mcp`, on the texts that the editor shows, and applied by the editor. */
export function serveToolCalls(connection: Connection, { stateFolder, now, gates, folders, shown, tellHolds }: ToolCallsOptions): void {
  /** What was given to the editor to apply, until it says that it could not. */
  const given = new Map<string, { readonly workspace: string; readonly paths: readonly string[] }>();
  let last: Promise<unknown> = Promise.resolve();

  connection.onRequest(TOOL_CALL, async (params: unknown): Promise<ToolCallResult> => {
    const read = checked(Call, params, TOOL_CALL);
    if (!read.ok) throw invalid(read.problem);
    const { tool, session } = read.value;
    const call = randomUUID();
    const asker: Asker = { name: AGENT, session, toolCall: call };
    try {
      if (tool === 'hold_status') {
        const input = checked(HoldInput, read.value.input, tool);
        return resultOf(
          call,
          input.ok ? holdStatus(input.value.hold, AGENT, stateFolder, now()) : refusedAnswer(sentence(input.problem)),
          [],
        );
      }
      const input = checked(EditInput, read.value.input, tool);
      if (!input.ok) return resultOf(call, refusedAnswer(sentence(input.problem)), []);
      const workspaces = folders();
      if (workspaces.length === 0) return resultOf(call, refusedAnswer('No folder is open. Open the folder of the file first.'), []);
      let apply: readonly PlannedFile[] = [];
      const host = {
        place: { workspaces, home: homedir(), own: [stateFolder, __dirname], shown },
        stateFolder,
        openGate: async (workspace: string) => await gates.of(workspace),
        changedSince: removed,
        write: (files: readonly PlannedFile[]) => {
          apply = files;
          return undefined;
        },
      };
      const mine = last.then(async () => await (tool === 'propose_edit' ? proposeEdit : checkEdit)(input.value, asker, host));
      last = mine.catch(() => undefined);
      const answer = await mine;
      const [workspace = ''] = workspaces;
      if (apply.length > 0) given.set(call, { workspace, paths: apply.map(({ path }) => path) });
      tellHolds();
      return resultOf(call, answer, apply);
    } catch (error) {
      const cause = (error instanceof Error ? error.message : String(error)).split('\n')[0] ?? '';
      return resultOf(call, refusedAnswer(`${tool} failed (${cause}). Try again, or let a person make this edit.`), []);
    }
  });

  connection.onRequest(TOOL_NOT_APPLIED, async (params: unknown): Promise<ToolNotAppliedResult> => {
    const read = checked(NotApplied, params, TOOL_NOT_APPLIED);
    if (!read.ok) throw invalid(read.problem);
    const { call, cause } = read.value;
    const files = given.get(call);
    if (files === undefined) throw new ResponseError(ErrorCodes.InvalidParams, 'There is no such call of a tool.');
    given.delete(call);
    const opened = await gates.of(files.workspace);
    if (!opened.ok) return { problem: opened.problem };
    const provenance = { channel: 'tool', certainty: 'attested', agent: { name: AGENT, toolCall: call } } as const;
    const problem = await recordClosed({ ...files, provenance, cause }, opened.gate);
    return problem === undefined ? {} : { problem };
  });
}

/** The name that its hook gives the same agent. */
const AGENT = 'VS Code chat';

const Text = v.optional(v.pipe(v.string(), v.maxLength(64 * 1024 * 1024)));
const Call = v.object({
  tool: v.picklist(['propose_edit', 'check_edit', 'hold_status']),
  input: v.unknown(),
  session: v.pipe(v.string(), v.minLength(1), v.maxLength(200)),
});
const NotApplied = v.object({ call: v.string(), cause: v.pipe(v.string(), v.maxLength(10_000)) });
const HoldInput = v.object({ hold: v.pipe(v.string(), v.maxLength(100)) });
const EditInput = v.strictObject({
  path: v.optional(v.pipe(v.string(), v.minLength(1), v.maxLength(4096))),
  content: Text,
  old_string: Text,
  new_string: Text,
  replace_all: v.optional(v.boolean()),
  edits: v.optional(
    v.pipe(v.array(v.object({ old_string: v.string(), new_string: v.string(), replace_all: v.optional(v.boolean()) })), v.maxLength(1000)),
  ),
  patch: Text,
  prompt: Text,
});

function resultOf(call: string, { isError, text }: ToolAnswer, files: readonly PlannedFile[]): ToolCallResult {
  const apply = files.map(({ file, before, after }) => ({ uri: pathToFileURL(file).href, before, after: after ?? '' }));
  return { isError, text, call, apply };
}

/** One undo step holds texts, not files that go away. */
function removed(files: readonly PlannedFile[]): string | undefined {
  const gone = files.find(({ after }) => after === undefined);
  return gone === undefined ? undefined : `${gone.path} would be deleted, which this tool does not do. Let the person delete it.`;
}

function sentence(problem: string): string {
  return problem.endsWith('.') ? problem : `${problem}.`;
}
