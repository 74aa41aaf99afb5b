// Starts the workbench's server (code-server) on 127.0.0.1 with extensions installed, and stops it.
import { execFile, spawn } from 'node:child_process';
import { createWriteStream, mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { promisify } from 'node:util';
import { INSTALLED } from './install.mjs';

/** Settings of a quiet editor: nothing saves, updates, reports or suggests by itself. */
export const QUIET_SETTINGS = {
  'files.autoSave': 'off',
  'extensions.autoUpdate': 'off',
  'extensions.autoCheckUpdates': false,
  'extensions.ignoreRecommendations': true,
  'telemetry.telemetryLevel': 'off',
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'workbench.startupEditor': 'none',
  'workbench.tips.enabled': false,
  'chat.disableAIFeatures': true,
  'git.enabled': false,
  'window.commandCenter': false,
  'editor.accessibilitySupport': 'off',
};

/** Folders and environment of one throw-away editor below `home`: nothing of the person's own is touched. */
export function editorEnvironment(home) {
  const folder = (name) => {
    const path = join(home, name);
    mkdirSync(path, { recursive: true });
    return path;
  };
  const env = {
    ...process.env,
    HOME: folder('home'),
    XDG_CONFIG_HOME: folder('config'),
    XDG_DATA_HOME: folder('data'),
    XDG_STATE_HOME: folder('state'),
    // Else it asks a gallery on the network.
    EXTENSIONS_GALLERY: '{}',
  };
  // Set where this runs inside an editor's own terminal, or by whoever wired Countersign for themselves.
  for (const name of Object.keys(env)) if (/^(VSCODE_|ELECTRON_|COUNTERSIGN_STATE$|NODE_OPTIONS$)/.test(name)) delete env[name];
  return { env, userData: folder('user-data'), extensions: folder('extensions') };
}

/**
 * Installs the extensions, starts the server and waits until it answers.
 * `trust`: 'given' to every folder, or 'asked', which begins in Restricted Mode.
 * @param {{home: string, vsix: readonly string[], settings?: object, trust?: 'given' | 'asked', env?: object, log?: string}} options
 * @returns {Promise<{url: string, env: object, stop: () => Promise<void>}>}
 */
export async function startServer({ home, vsix, settings = {}, trust = 'given', env: more = {}, log = join(home, 'server.log') }) {
  const { env: base, userData, extensions } = editorEnvironment(home);
  const env = { ...base, ...more };
  const settingsFile = join(userData, 'User/settings.json');
  mkdirSync(join(userData, 'User'), { recursive: true });
  writeFileSync(settingsFile, JSON.stringify({ ...QUIET_SETTINGS, ...settings }, null, 2));
  const config = join(home, 'config.yaml');
  writeFileSync(config, 'auth: none\n');
  const port = await freePort();
  const common = [INSTALLED.codeServer, '--config', config, '--user-data-dir', userData, '--extensions-dir', extensions];

  for (const file of vsix) await installExtension([...common, '--install-extension', file], env);

  const options = ['--auth', 'none', '--bind-addr', `127.0.0.1:${port}`];
  const trusting = trust === 'given' ? ['--disable-workspace-trust'] : [];
  const quiet = ['--disable-telemetry', '--disable-update-check', '--disable-getting-started-override', ...trusting];
  // A group of its own, so that the extension hosts it starts end with it.
  const child = spawn(INSTALLED.node, [...common, ...options, ...quiet], { env, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  const output = createWriteStream(log);
  child.stdout.pipe(output, { end: false });
  child.stderr.pipe(output, { end: false });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const stop = async () => {
    if (child.exitCode === null && child.signalCode === null) {
      kill(child.pid, 'SIGTERM');
      await Promise.race([ended, wait(5000)]);
    }
    kill(child.pid, 'SIGKILL');
    output.end();
  };

  // Also when this process ends without having stopped it.
  process.once('exit', () => kill(child.pid, 'SIGKILL'));

  const url = `http://127.0.0.1:${port}`;
  try {
    await untilHealthy(`${url}/healthz`, child);
  } catch (error) {
    await stop();
    throw error;
  }
  return { url, env, stop };
}

/** What it prints on failure begins with pages about a logger that it does without. */
async function installExtension(args, env) {
  try {
    await promisify(execFile)(INSTALLED.node, args, { env, timeout: 120_000 });
  } catch (error) {
    const cause = `${error.stdout ?? ''}${error.stderr ?? ''}`.split('\n').findLast((line) => /^(Error|Failed)/.test(line));
    throw new Error(`The editor could not install ${args.at(-1)}: ${cause ?? error.message}`, { cause: error });
  }
}

async function untilHealthy(url, child) {
  const end = Date.now() + 60_000;
  while (Date.now() < end && child.exitCode === null) {
    const answer = await fetch(url).catch(() => undefined);
    if (answer?.ok) return;
    await wait(200);
  }
  throw new Error(child.exitCode === null ? 'The editor did not answer within a minute.' : `The editor ended with code ${child.exitCode}.`);
}

function kill(group, signal) {
  try {
    process.kill(-group, signal);
  } catch {
    // It has ended already.
  }
}

function freePort() {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.on('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}
