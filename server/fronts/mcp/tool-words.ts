/** What agents are told of the tools: the same words in the MCP server and in the editor's own tools. A test holds the manifest to them. */

export const TOOLS = ['propose_edit', 'check_edit', 'hold_status'] as const;
export type ToolName = (typeof TOOLS)[number];

export const TITLES: Readonly<Record<ToolName, string>> = {
  propose_edit: 'Propose an edit',
  check_edit: 'Check an edit',
  hold_status: 'Ask about a held edit',
};

const SHAPE =
  'Give "path" with one of: "content" (the whole new text), "old_string" and "new_string" (exact text, there once; or "replace_all"), ' +
  '"edits" (a list of such pairs); or "patch" alone: a unified diff, or "*** Begin Patch" text, over one or more files of the workspace. ' +
  'Line endings and a byte order mark of the file are kept.';

export const DESCRIPTIONS: Readonly<Record<ToolName, string>> = {
  propose_edit:
    'Writes a file of the workspace, unless the edit opens access, weakens a safeguard or changes what agents may do: then it is held ' +
    `for a person. Use this for configuration, policies, workflows and settings instead of writing them directly. ${SHAPE} ` +
    'If the answer says "held", nothing was written: tell the person the hold\'s id and what it opens, go on with other work, and ask ' +
    'hold_status. Once it is acknowledged, propose exactly the same edit again: it goes through once. Do not split, disguise or reroute ' +
    'a held edit; propose a narrower one instead.',
  check_edit:
    'Says what an edit would open and whether it would be held, and writes nothing. Use it to find the narrowest edit that does the job ' +
    `before you propose it. ${SHAPE}`,
  hold_status:
    'Says what became of a held edit, by its id ("H-" and eight characters): waiting, acknowledged (propose the same edit again, once, ' +
    'before the time it names), used, expired, discarded, or forbidden; and what to do next. Do not ask more than once a minute.',
};

export const INSTRUCTIONS =
  'Countersign looks at what an edit opens: who can do what afterwards that could not before. Edits that open nothing are written at ' +
  'once. Others are held until a person signs for them in their editor; no tool here can do that. Use check_edit to find out, ' +
  'propose_edit to write, hold_status to follow a held edit.';
