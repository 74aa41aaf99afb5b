import type { Known } from './shell-words.ts';
import type { SimpleCommand } from './simple-command.ts';
import type { SyntaxNode } from './syntax-node.ts';

/** What a shell knows on its way through a line: what was run, and what later commands find. */
export type State = Known & {
  readonly commands: SimpleCommand[];
  broken: boolean;
  folder: string;
  readonly aliases: Map<string, string>;
  /** What later commands find in their environment. */
  readonly exported: Map<string, string>;
  readonly functions: Map<string, { readonly body: SyntaxNode; calls: number }>;
  /** How deep calls of functions are nested. */
  depth: number;
};

/** What `$1` and so on and `$@` stand for from here on. */
export function setArguments(args: readonly string[], state: State): void {
  for (let i = 1; i <= 9; i++) state.variables.delete(String(i));
  args.forEach((arg, i) => state.variables.set(String(i + 1), arg));
  state.lists.set('@', args);
}
