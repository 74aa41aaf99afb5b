import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { readShell, type ShellReading } from '../../engine/command/shell.ts';

/** `args`: what the line sees as `$1` and so on, `name` as `$0`, where that is known. */
export type ReadCommand = (line: string, args?: readonly string[], name?: string) => ShellReading;

/**
 * Loads the grammar of shell commands: two WebAssembly files beside the bundle, some 35 ms. Only for commands that are not
 * plainly harmless. Rejects when a file is missing or damaged; the caller then closes the gate.
 */
export async function loadShellGrammar(folder: string): Promise<ReadCommand> {
  const { Language, Parser } = await import('web-tree-sitter');
  compileOnce(true);
  try {
    await Parser.init({ wasmBinary: readFileSync(join(folder, 'tree-sitter.wasm')) });
    const parser = new Parser();
    parser.setLanguage(await Language.load(readFileSync(join(folder, 'tree-sitter-bash.wasm'))));
    return (line, args, name) => {
      compileOnce(true);
      try {
        const tree = parser.parse(line);
        return tree === null ? { commands: [], broken: true } : readShell(tree.rootNode, args, name);
      } finally {
        compileOnce(false);
      }
    };
  } finally {
    compileOnce(false);
  }
}

/**
 * A command is read once. Compiling the grammar's largest function again, to run it faster, takes a second that the process would wait
 * for. Only while the grammar works, and by flags that leave no trace (`--liftoff-only` does): what V8 compiled under other flags
 * (cached-module.ts) it does not take back.
 */
function compileOnce(once: boolean): void {
  for (const flag of ['wasm-dynamic-tiering', 'wasm-tier-up']) setFlagsFromString(once ? `--no-${flag}` : `--${flag}`);
}
