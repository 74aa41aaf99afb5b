import * as vscode from 'vscode';
import { TOOL_CALL, TOOL_NOT_APPLIED, type ToolCallParams } from '../server/protocol.ts';
import { visibleText } from '../media/visible-text.ts';
import { applyExactly } from './apply.ts';
import type { OwnEdits } from './own-edits.ts';
import { causeOf } from './sentences.ts';
import type { ServerConnection } from './server-connection.ts';

type Tool = ToolCallParams['tool'];
type Options = { readonly connection: ServerConnection; readonly ownEdits: OwnEdits };

/** What the editor shows while a tool is at work. */
const AT_WORK: Readonly<Record<Tool, (input: unknown) => string>> = {
  propose_edit: (input) => `Asking Countersign about an edit of ${fileIn(input)}`,
  check_edit: (input) => `Checking what an edit of ${fileIn(input)} would open`,
  hold_status: () => 'Asking what became of a held edit',
};

/** The tools of `countersign mcp` for the language models of this window. Their names and words are in the manifest. */
export function offerTools(options: Options): vscode.Disposable {
  // One window is one session: an acknowledgement counts for it alone.
  const session = crypto.randomUUID();
  return vscode.Disposable.from(
    ...(['propose_edit', 'check_edit', 'hold_status'] as const).map((tool) =>
      vscode.lm.registerTool<object>(`countersign_${tool}`, {
        prepareInvocation: ({ input }) => ({
          invocationMessage: AT_WORK[tool](input),
          ...(tool === 'propose_edit'
            ? {
                confirmationMessages: {
                  title: `Edit ${fileIn(input)}`,
                  message: 'Countersign judges the edit first. What opens access is held for your review, and not written.',
                },
              }
            : {}),
        }),
        invoke: async ({ input }) =>
          new vscode.LanguageModelToolResult([new vscode.LanguageModelTextPart(await answer(tool, input, session, options))]),
      }),
    ),
  );
}

async function answer(tool: Tool, input: unknown, session: string, { connection, ownEdits }: Options): Promise<string> {
  try {
    const { text, call, apply } = await connection.request(TOOL_CALL, { tool, input, session });
    if (apply.length === 0) return text;
    const applied = await applyExactly(apply, ownEdits);
    if (applied.ok) return text;
    const cause = applied.changed
      ? `${applied.problem.replace(/ after this was held\.$/, '')} while the edit was judged.`
      : applied.problem;
    const { problem } = await connection.request(TOOL_NOT_APPLIED, { call, cause });
    return `Refused by Countersign: ${cause}${problem === undefined ? '' : ` ${problem}`} Nothing was written. Read the file again and propose the edit anew.`;
  } catch (error) {
    return `Countersign closed the gate: ${causeOf(error)}. Nothing more was written. Do not work around it.`;
  }
}

function fileIn(input: unknown): string {
  const path = typeof input === 'object' && input !== null && 'path' in input ? input.path : undefined;
  return typeof path === 'string' && path !== '' ? visibleText(path).slice(0, 200) : 'files';
}
