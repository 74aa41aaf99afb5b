import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { readShell, type ShellReading } from '../../engine/command/shell.ts';

/** `args`: what the line sees as `$1` and so on, where that is known. */
export type ReadCommand = (line: string, args?: readonly string[]) => ShellReading;

/**
 * Loads the grammar of shell commands: two WebAssembly files beside the bundle, some 35 ms. Only for commands that are not
 * plainly harmless. Rejects when a file is missing or damaged; the caller then closes the gate.
 */
export async function loadShellGrammar(folder: string): Promise<ReadCommand> {
  // A command is read once. Compiling the grammar's largest function again, to run it faster, takes a second that the process would wait for.
  setFlagsFromString('--liftoff-only');
  const { Language, Parser } = await import('web-tree-sitter');
  await Parser.init({ wasmBinary: readFileSync(join(folder, 'tree-sitter.wasm')) });
  const parser = new Parser();
  parser.setLanguage(await Language.load(readFileSync(join(folder, 'tree-sitter-bash.wasm'))));
  return (line, args) => {
    const tree = parser.parse(line);
    return tree === null ? { commands: [], broken: true } : readShell(tree.rootNode, args);
  };
}
