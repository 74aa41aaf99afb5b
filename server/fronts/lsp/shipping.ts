/**
 * Ships the log while an editor is open, where a policy names sinks: in a process of its own, so that neither the editor nor the
 * gate ever waits for a collector. It ends with this process, whose end of the pipe it watches.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { homedir, setPriority } from 'node:os';
import { loadPolicy } from '../../gate/policy.ts';
import { userPolicyFile } from '../../gate/state-folder.ts';

const LOOK_AGAIN = 60_000;
/** Nothing of this while the editor starts. */
const FIRST_LOOK = 5000;
const POLITE = 10;

export type Shipping = { readonly close: () => void };

/** `cli`: the bundled command line. Looks for sinks now and then: a policy may come later. */
export function shipInBackground(options: {
  readonly cli: string;
  readonly stateFolder: string;
  readonly env: NodeJS.ProcessEnv;
  readonly firstLook?: number | undefined;
}): Shipping {
  const { cli, stateFolder, env } = options;
  let running: { readonly child: ChildProcess; readonly sinks: string } | undefined;
  let timer: NodeJS.Timeout | undefined;

  const end = () => {
    running?.child.stdin?.end();
    running = undefined;
  };
  const look = () => {
    const sinks = existsSync(cli) ? sinksIn(stateFolder, env) : undefined;
    if (running !== undefined && running.sinks !== sinks) end();
    if (running === undefined && sinks !== undefined) {
      const child = started(cli, stateFolder, env);
      running = { child, sinks };
      // Tried again at the next look.
      child.once('error', () => (running = undefined)).once('exit', () => (running = running?.child === child ? undefined : running));
    }
    timer = setTimeout(look, LOOK_AGAIN);
    timer.unref();
  };
  timer = setTimeout(look, options.firstLook ?? FIRST_LOOK);
  timer.unref();
  return {
    close: () => {
      clearTimeout(timer);
      end();
    },
  };
}

/** What the organization's and the user's policy name, to be compared; undefined: nothing, or a policy that cannot be used. */
function sinksIn(stateFolder: string, env: NodeJS.ProcessEnv): string | undefined {
  // The state folder has no policy of its own: what a repository says has no part in this.
  const loaded = loadPolicy(stateFolder, userPolicyFile(env, process.platform, env['HOME'] ?? homedir()));
  return loaded.ok && loaded.policy.sinks.length > 0 ? JSON.stringify(loaded.policy.sinks) : undefined;
}

function started(cli: string, stateFolder: string, env: NodeJS.ProcessEnv): ChildProcess {
  const child = spawn(process.execPath, [cli, 'log', 'ship', '--follow', '--while-stdin', '--state', stateFolder], {
    stdio: ['pipe', 'ignore', 'ignore'],
    // The program may be the editor itself.
    env: { ...env, ELECTRON_RUN_AS_NODE: '1' },
    windowsHide: true,
  });
  child.unref();
  child.stdin.on('error', () => undefined);
  if ('unref' in child.stdin && typeof child.stdin.unref === 'function') child.stdin.unref();
  try {
    if (child.pid !== undefined) setPriority(child.pid, POLITE);
  } catch {
    // It ships at the usual pace then.
  }
  return child;
}
