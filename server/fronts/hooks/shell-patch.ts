import type { Fields } from './fields.ts';
import { textIn } from './fields.ts';
import type { FileChange } from './tool-call.ts';
import { shapeOf } from './tool-shape.ts';
import { pathsIn } from './unknown-tool.ts';

export type ShellPatch = {
  readonly changes: readonly FileChange[];
  /** Where its paths begin, when the line or the tool says so. */
  readonly folder: string | undefined;
  /** The line does nothing else. Where it may, it must be read as a command too. */
  readonly alone: boolean;
};

/** `apply_patch <<'P'` through a shell: an edit whose text is all there. Of a patch that cannot be read, only the files it names are known. */
export function shellPatch(command: string, input: Fields): ShellPatch | undefined {
  if (!/\bapply_?patch\b/.test(command) || !command.includes('*** Begin Patch')) return undefined;
  const read = shapeOf({ patch: command });
  if (!Array.isArray(read)) {
    const changes = (pathsIn(command) ?? []).map((path): FileChange => ({ kind: 'unknown', path }));
    return { changes, folder: folderIn(input), alone: false };
  }
  const [, cd, quote = '', delimiter = '', body = ''] = HEREDOC.exec(command) ?? [];
  const folder = folderIn(input);
  return {
    changes: read as readonly FileChange[],
    folder: cd === undefined ? folder : cd.startsWith('/') || folder === undefined ? cd : `${folder}/${cd}`,
    alone: delimiter !== '' && endsWith(body, delimiter) && (quote !== '' || !/[$`\\]/.test(body)),
  };
}

/** The folder that a tool is told to run its command in. */
export function folderIn(input: Fields): string | undefined {
  const folder = textIn(input, 'workdir', 'working_directory', 'workingDirectory', 'dir_path', 'directory', 'cwd');
  return folder?.includes('\0') === true ? undefined : folder;
}

/** A patch handed over as the one word behind the program, as the line that does the same. */
export function asHeredoc(patch: string): string {
  return `apply_patch <<'END_OF_PATCH'\n${patch.replace(/\n$/, '')}\nEND_OF_PATCH\n`;
}

/** Nothing else on the line of the program: no pipe, no second command, no second document. */
const HEREDOC = /^\s*(?:cd\s+([\w./-]+)\s*&&\s*)?apply_?patch\s*<<\s*(['"]?)(\w+)\2[ \t]*\r?\n([^]*)$/;

/** Is the first line that ends the document the last one? */
function endsWith(body: string, delimiter: string): boolean {
  const lines = body.split(/\r?\n/);
  const end = lines.indexOf(delimiter);
  return end !== -1 && lines.slice(end + 1).every((line) => line.trim() === '');
}
