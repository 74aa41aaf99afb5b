import type { Hunk } from './apply-patch.ts';

/** What every agent's hook is turned into, and what it is answered with. One file per agent knows the agent's own words. */

/** What a tool call would do to one file. `path` is as the agent gave it. */
export type FileChange =
  | { readonly kind: 'write'; readonly path: string; readonly content: string }
  | { readonly kind: 'replace'; readonly path: string; readonly replacements: readonly Replacement[] }
  | {
      readonly kind: 'notebook';
      readonly path: string;
      readonly cell: string | number | undefined;
      readonly source: string;
      readonly mode: CellMode;
    }
  /** Hunks of a patch: `path` gets the text of `from` with them carried out. The two are the same unless the file is moved. */
  | { readonly kind: 'patch'; readonly path: string; readonly from: string; readonly hunks: readonly Hunk[] }
  | { readonly kind: 'delete'; readonly path: string }
  /** A tool we do not know that seems to write this file: its text afterwards cannot be computed. */
  | { readonly kind: 'unknown'; readonly path: string };

export type Replacement = { readonly from: string; readonly to: string; readonly all: boolean };
export type CellMode = 'replace' | 'insert' | 'delete';

export type ToolCall = {
  /** `before`: the tool is about to run. `after`: it has run. */
  readonly phase: 'before' | 'after';
  readonly tool: string;
  readonly id?: string | undefined;
  readonly session?: string | undefined;
  readonly model?: string | undefined;
  readonly version?: string | undefined;
  readonly cwd?: string | undefined;
  /** Where its commands start, when it says so itself; relative to `cwd`, which stays what tells the workspace. */
  readonly folder?: string | undefined;
  /** The conversation so far, a file of JSON lines. */
  readonly transcript?: string | undefined;
  /** The person's last message, where the agent hands it over. Only its digest is kept. */
  readonly prompt?: string | undefined;
  readonly changes: readonly FileChange[];
  /** Command lines for a shell. */
  readonly commands: readonly string[];
  /** After the tool ran: the text before it, where the agent hands it over. */
  readonly original?: string | undefined;
};

export type ParsedCall =
  /** Nothing that could change a file. */
  | { readonly kind: 'nothing' }
  | { readonly kind: 'call'; readonly call: ToolCall }
  /** Not understood. The cause is a sentence with its remedy; it closes the gate unless it names paths and none of them is governed. */
  | {
      readonly kind: 'problem';
      readonly phase: 'before' | 'after';
      readonly cause: string;
      readonly paths: readonly string[];
      readonly cwd?: string | undefined;
    };

export type Answer = { readonly stdout: string; readonly stderr: string; readonly exitCode: number };

/** One agent's words. Copy claude-code.ts to write the next. */
export type AgentHook = {
  /** As in `countersign hook <id>`. */
  readonly id: string;
  /** Display name, in provenance and messages. */
  readonly name: string;
  /** The variable in which the agent hands its hook the project folder. */
  readonly projectVariable: string;
  /** Never throws. */
  readonly parse: (payload: unknown) => ParsedCall;
  readonly allow: () => Answer;
  /** @param reason shown to the agent's model; not empty */
  readonly deny: (reason: string) => Answer;
  /** Stops the agent as far as it can be stopped: in its own stop format, else as a denial. */
  readonly halt: (reason: string) => Answer;
  /** The last resort, when even `deny` may not be printed. Must close the agent's gate. */
  readonly crash: (reason: string) => Answer;
};
