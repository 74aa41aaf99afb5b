// Runs second-person.ts, bundled once.
import { execFile } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ROOT } from './vsix.mjs';

const bundle = join(ROOT, 'out/editor/second-person.mjs');
let built;

/** What it printed. Their state is beside the editor's own, below the same throw-away folder. */
export async function secondPerson({ home }, verb, ...args) {
  built ??= build();
  await built;
  const { stdout } = await promisify(execFile)(process.execPath, [bundle, verb, join(home, 'dana'), ...args], {
    cwd: ROOT,
    timeout: 20_000,
  });
  return stdout;
}

async function build() {
  mkdirSync(join(ROOT, 'out/editor'), { recursive: true });
  const [{ default: esbuild }, { builtInPacks }] = await Promise.all([import('esbuild'), import(join(ROOT, '.ci/pack-rules.mjs'))]);
  await esbuild.build({
    bundle: true,
    platform: 'node',
    target: 'node20',
    // As the tests are bundled: the engine then looks for its catalogue in dist.
    format: 'esm',
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
    mainFields: ['module', 'main'],
    plugins: [builtInPacks('inside')],
    logLevel: 'warning',
    absWorkingDir: ROOT,
    entryPoints: ['test/editor/second-person.ts'],
    outfile: bundle,
  });
}
