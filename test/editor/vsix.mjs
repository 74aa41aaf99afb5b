// Builds Countersign and packs it, and any other extension folder, into .vsix files.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Path of Countersign's freshly built .vsix. COUNTERSIGN_VSIX names a ready one instead. */
export function buildCountersign(say = console.log) {
  if (process.env.COUNTERSIGN_VSIX) return process.env.COUNTERSIGN_VSIX;
  say('Building the extension');
  run(process.execPath, ['.ci/build.mjs'], ROOT);
  return pack(ROOT, join(ROOT, 'out/countersign.vsix'), say);
}

/** Packs the extension in `folder`. */
export function pack(folder, target, say = () => {}) {
  const vsce = join(ROOT, 'node_modules/@vscode/vsce/vsce');
  if (!existsSync(vsce)) throw new Error('The packages of the repository are missing. Run "npm ci" first.');
  mkdirSync(join(target, '..'), { recursive: true });
  run(
    process.execPath,
    [vsce, 'package', '--no-dependencies', '--allow-missing-repository', '--skip-license', '--no-rewrite-relative-links', '-o', target],
    folder,
  );
  say(`Packed ${target} (${Math.round(statSync(target).size / 1024)} kB)`);
  return target;
}

function run(command, args, cwd) {
  try {
    execFileSync(command, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
  } catch (error) {
    throw new Error(`"${args.join(' ')}" failed in ${cwd}:\n${error.stdout ?? ''}${error.stderr ?? ''}`, { cause: error });
  }
}
