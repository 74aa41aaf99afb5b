// Puts the packs of server/engine/packs/*.yaml into the bundles: checked, without their tests, as JSON that is parsed when asked for.
// A pack that cannot be read stops the build in CI; elsewhere it is left out with a warning, and its test fails.
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, join, resolve } from 'node:path';
import esbuild from 'esbuild';

const FOLDER = 'server/engine/packs';

/** For esbuild: answers server/engine/rules/built-in-packs.ts with the packs. */
export function builtInPacks() {
  let contents;
  return {
    name: 'built-in-packs',
    setup(build) {
      build.onLoad({ filter: /[/\\]engine[/\\]rules[/\\]built-in-packs\.ts$/ }, async () => {
        contents ??= packed();
        return { contents: await contents, loader: 'ts' };
      });
    },
  };
}

/** The schema that editors complete packs with. */
export async function packSchema() {
  const { PACK_SCHEMA } = await load('server/engine/rules/pack-schema.ts');
  return `${JSON.stringify(PACK_SCHEMA, null, 2)}\n`;
}

async function packed() {
  const { parsePack } = await load('server/engine/rules/parse-pack.ts');
  const entries = readdirSync(FOLDER)
    .filter((name) => name.endsWith('.yaml'))
    .sort()
    .flatMap((name) => {
      const parsed = parsePack(`${FOLDER}/${name}`, readFileSync(join(FOLDER, name), 'utf8'));
      if (parsed.ok) return [entry(parsed.pack)];
      const text = parsed.problems
        .slice(0, 5)
        .map(({ file, line, message }) => `${file}:${line}: ${message}`)
        .join('\n');
      if (process.env.CI) throw new Error(text);
      console.warn(`Left out of the build:\n${text}`);
      return [];
    });
  return `const once = (text) => { let pack; return () => (pack ??= JSON.parse(text)); };
export const BUILT_IN_PACKS = [${entries.join(',\n')}];`;
}

function entry(pack) {
  const rules = pack.rules.map(({ tests: _tests, ...rule }) => rule);
  return `{ name: ${JSON.stringify(pack.pack)}, load: once(${JSON.stringify(JSON.stringify({ ...pack, rules }))}) }`;
}

/** A module of the engine, bundled for this. */
async function load(entryPoint) {
  // Two builds may run at once.
  const outfile = join('out', 'build', `${process.pid}-${basename(entryPoint).replace(/\.ts$/, '.cjs')}`);
  await esbuild.build({
    entryPoints: [entryPoint],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    mainFields: ['module', 'main'],
    logLevel: 'error',
  });
  const loaded = createRequire(import.meta.url)(resolve(outfile));
  rmSync(outfile);
  return loaded;
}
