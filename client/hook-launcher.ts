import { chmodSync, existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** What "countersign init" calls the script that agents start. A test holds the two together. */
const NAMES = ['countersign-hook', 'countersign-hook.cmd'];

/**
 * Lets the launcher that "countersign init" wrote start this extension's hook, where the one it starts is gone or belongs to
 * another version of this extension: an update moves it. Writes nothing where there is no launcher, since wiring an agent is
 * for a person to ask for. `hook`: absolute path. Gives the sentence that says why it could not.
 */
export function refreshLauncher(stateFolder: string, hook: string): string | undefined {
  for (const name of NAMES) {
    const launcher = join(stateFolder, 'bin', name);
    try {
      const text = readFileSync(launcher, 'utf8');
      const renewed = renewedText(text, hook);
      if (renewed !== undefined) replaceFile(launcher, renewed);
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
      if (code === 'ENOENT' || code === 'ENOTDIR') continue;
      return `${launcher} could not be renewed (${code}), so agents may find no hook and have their edits refused. Make it writable, or run "countersign init" again.`;
    }
  }
  return undefined;
}

/** `undefined` when it is not ours, or starts what it should. */
function renewedText(text: string, hook: string): string | undefined {
  const posix = /^hook='((?:[^']|'\\'')*)'$/m.exec(text);
  const windows = /^set "HOOK=([^"\r\n]*)"/m.exec(text);
  const [line, known] =
    posix?.[1] !== undefined ? [posix[0], posix[1].replaceAll(`'\\''`, "'")] : [windows?.[0], windows?.[1]?.replaceAll('%%', '%')];
  if (line === undefined || known === undefined || !/countersign/i.test(text) || known === hook) return undefined;
  if (existsSync(known) && !isOtherVersion(known, hook)) return undefined;
  const renewed = posix ? `hook='${hook.replaceAll("'", `'\\''`)}'` : `set "HOOK=${hook.replaceAll('%', '%%')}"`;
  return text.split(line).join(renewed);
}

/** Both in folders of one name but for the version at its end, side by side, as editors keep them. */
function isOtherVersion(known: string, hook: string): boolean {
  const unversioned = (path: string): string | undefined => /^(.*)-\d+\.\d+\.\d+[^\\/]*[\\/]dist[\\/]hook\.js$/.exec(path)?.[1];
  return unversioned(hook) !== undefined && unversioned(known) === unversioned(hook);
}

/** Agents may start it at any moment: they find the old one or the new one, whole. */
function replaceFile(file: string, text: string): void {
  const fresh = `${file}.${process.pid}`;
  try {
    writeFileSync(fresh, text, { mode: 0o700 });
    chmodSync(fresh, 0o700);
    renameSync(fresh, file);
  } catch (error) {
    rmSync(fresh, { force: true });
    throw error;
  }
}
