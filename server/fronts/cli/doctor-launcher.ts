/** The script between an agent's settings and the hook: where it lies, and what it starts. */
import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { version } from '../../../package.json';
import { realFolder } from '../../gate/state-folder.ts';
import type { Start } from './doctor-wired.ts';
import { fine, type Found, look, wrong } from './doctor-words.ts';

/** What there is to say of the launcher that is started, if the start names one. `remedy`: the command that wires the agent anew. */
export function launcherFound(
  start: Start,
  around: { readonly state: string; readonly home: string; readonly remedy: string },
): readonly Found[] {
  const launcher = launcherIn(textOf(start), around.home);
  if (launcher === undefined) return [];
  if (!existsSync(launcher)) return [wrong(`${launcher} is missing: the script that starts the hook.`, around.remedy)];
  if (process.platform !== 'win32' && !isExecutable(launcher)) return [wrong(`${launcher} may not be executed.`, around.remedy)];
  const text = readFileSync(launcher, 'utf8');
  const hook = valueOf(text, 'hook', 'HOOK');
  const node = valueOf(text, 'known', 'KNOWN');
  const state = valueOf(text, 'COUNTERSIGN_STATE', 'COUNTERSIGN_STATE');
  if (hook === undefined) return [wrong(`${launcher} is not what init wrote: it names no hook.`, around.remedy)];
  if (!existsSync(hook)) return [wrong(`${launcher} starts ${hook}, which is gone.`, `Install Countersign again. ${around.remedy}`)];
  const found: Found[] = [];
  if (state !== undefined && realFolder(state) !== realFolder(around.state))
    found.push(wrong(`${launcher} writes to ${state}, but this command and the editor look in ${around.state}.`, around.remedy));
  if (node === undefined || !existsSync(node))
    found.push(look(`${launcher} starts ${node ?? 'no Node.js'}, which is gone; it looks for another each time.`, around.remedy));
  const other = versionBeside(hook);
  if (other === undefined) found.push(look(`Which version ${hook} is cannot be told.`, around.remedy));
  else if (other !== version) found.push(wrong(`The hook is version ${other}, this command is ${version}.`, around.remedy));
  return found.length === 0 ? [fine(`${launcher} starts the hook, version ${version}, on ${node ?? ''}.`)] : found;
}

/** Cline's script, OpenCode's plugin and lines of settings name it alike. */
function textOf(start: Start): string {
  if (start.kind === 'line') return start.line;
  if (start.kind === 'program' && start.args.length > 0) return [start.program, ...start.args].map((word) => `"${word}"`).join(' ');
  const file = start.kind === 'plugin' ? start.file : start.program;
  try {
    // A plugin holds the line as a JavaScript string.
    return readFileSync(file, 'utf8').replaceAll('\\"', '"');
  } catch {
    return '';
  }
}

function launcherIn(line: string, home: string): string | undefined {
  const name = /"([^"\n]*countersign-hook(?:\.cmd)?)"|'([^'\n]*countersign-hook(?:\.cmd)?)'|([^\s"']*countersign-hook(?:\.cmd)?)/.exec(
    line,
  );
  const path = name?.[1] ?? name?.[2] ?? name?.[3];
  return path?.replace(/^(?:\$HOME|\$\{HOME\}|~|%USERPROFILE%)(?=[/\\])/, () => home).replace(/\\([$"`\\])/g, '$1');
}

/** `hook='/a b'\''s/hook.js'` in the script for sh; `set "HOOK=C:\…"` in that for the command prompt. */
function valueOf(text: string, name: string, batchName: string): string | undefined {
  const quoted = new RegExp(`^${name}='((?:[^']|'\\\\'')*)'`, 'm').exec(text)?.[1];
  if (quoted !== undefined) return quoted.replaceAll(`'\\''`, "'");
  return new RegExp(`^set "${batchName}=(.*)"\\s*$`, 'm').exec(text)?.[1]?.replaceAll('%%', '%');
}

function versionBeside(hook: string): string | undefined {
  const cli = join(dirname(hook), 'cli.js');
  if (!existsSync(cli)) return undefined;
  if (dirname(hook) === __dirname) return version;
  const ran = spawnSync(process.execPath, [cli, '--version'], {
    encoding: 'utf8',
    timeout: 20_000,
    env: { ...process.env, ELECTRON_RUN_AS_NODE: '1' },
  });
  return ran.status === 0 ? ran.stdout.trim() : undefined;
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
