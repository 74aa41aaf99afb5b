import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

/** Where packs come from, fetched into a folder. `name` is exact: it says what was fetched, for the lock. */
export type Fetched =
  | { readonly ok: true; readonly folder: string; readonly name: string; readonly remove: () => void }
  | { readonly ok: false; readonly problem: string };

/** A folder, `git url#commit` with the whole commit id, or the name of an npm package, with or without @version. */
export function fetchSource(source: string, cwd: string): Fetched {
  const folder = resolve(cwd, source);
  if (existsSync(folder) && statSync(folder).isDirectory()) return { ok: true, folder, name: source, remove: () => {} };
  const git = /^(?:git\+)?((?:https|ssh|file|git):\/\/.+|[\w.-]+@[\w.-]+:.+|\.{0,2}\/.+)#(.+)$/.exec(source);
  if (git !== null) return fromGit(git[1] ?? '', git[2] ?? '');
  if (/^(@[a-z0-9~-][\w.~-]*\/)?[a-z0-9~-][\w.~-]*(@[\w.+-]+)?$/.test(source)) return fromNpm(source);
  return { ok: false, problem: `"${source}" is no folder, no git url#commit and no npm name. Write one of these.` };
}

function fromGit(url: string, commit: string): Fetched {
  if (!/^([0-9a-f]{40}|[0-9a-f]{64})$/.test(commit)) {
    return { ok: false, problem: `"${commit}" is no whole commit id. Branches and tags can be moved: write all 40 letters of the commit.` };
  }
  const folder = mkdtempSync(join(tmpdir(), 'countersign-pack-'));
  const steps = [
    ['init', '--quiet'],
    ['fetch', '--quiet', '--depth', '1', '--no-tags', url, commit],
    // Nothing of a fetched repository is run: no hooks, no filters, no submodules.
    ['-c', 'core.hooksPath=/dev/null', '-c', 'core.symlinks=false', 'checkout', '--quiet', '--detach', commit],
  ];
  for (const step of steps) {
    const { status, stderr } = spawnSync('git', step, {
      cwd: folder,
      encoding: 'utf8',
      env: { ...process.env, GIT_TERMINAL_PROMPT: '0', GIT_ALLOW_PROTOCOL: 'https:ssh:file:git' },
    });
    if (status !== 0) {
      rmSync(folder, { recursive: true, force: true });
      return { ok: false, problem: `git could not fetch ${commit.slice(0, 12)} of ${url}: ${firstLine(stderr)}` };
    }
  }
  rmSync(join(folder, '.git'), { recursive: true, force: true });
  return { ok: true, folder, name: `${url}#${commit}`, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** Fetched as a file and unpacked, never installed: nothing of a package is run. */
function fromNpm(name: string): Fetched {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-pack-'));
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  const refused = (problem: string): Fetched => {
    remove();
    return { ok: false, problem };
  };
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  const fetched = spawnSync(npm, ['pack', name, '--ignore-scripts', '--json', '--silent', '--pack-destination', folder], {
    cwd: folder,
    encoding: 'utf8',
    shell: process.platform === 'win32',
  });
  if (fetched.status !== 0) return refused(`npm could not fetch ${name}: ${firstLine(fetched.stderr) || 'is the name right?'}`);
  const archive = readdirSync(folder).find((file) => file.endsWith('.tgz'));
  if (archive === undefined) return refused(`npm fetched nothing for ${name}.`);
  const unpacked = spawnSync('tar', ['-xzf', archive], { cwd: folder, encoding: 'utf8' });
  if (unpacked.status !== 0) return refused(`${archive} could not be unpacked: ${firstLine(unpacked.stderr)}`);
  return { ok: true, folder: join(folder, 'package'), name: `npm:${idOf(fetched.stdout) ?? name}`, remove };
}

/** "name@version", as npm says it. */
function idOf(answer: string): string | undefined {
  try {
    const parsed: unknown = JSON.parse(answer);
    const first: unknown = Array.isArray(parsed) ? parsed[0] : undefined;
    if (typeof first !== 'object' || first === null || !('id' in first)) return undefined;
    return String(first.id);
  } catch {
    return undefined;
  }
}

function firstLine(text: string): string {
  return text.trim().split('\n', 1)[0] ?? '';
}
