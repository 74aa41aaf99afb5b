// Puts the packs of server/engine/packs/*.yaml into the bundles: checked, without their tests, as JSON that is parsed when asked for.
// A pack that cannot be read stops the build in CI; elsewhere it is left out with a warning, and its test fails.
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, join, resolve } from 'node:path';
import esbuild from 'esbuild';

const FOLDER = 'server/engine/packs';

/**
 * For esbuild: answers server/engine/rules/built-in-packs.ts with the packs. `inside`: in the bundle, as text that is parsed when asked for.
 * `apart`: each in a file of its own (writePacks), read when asked for.
 */
export function builtInPacks(where) {
  let contents;
  return {
    name: 'built-in-packs',
    setup(build) {
      build.onLoad({ filter: /[/\\]engine[/\\]rules[/\\]built-in-packs\.ts$/ }, async () => {
        contents ??= packed().then(
          (packs) => `${ONCE}\nexport const BUILT_IN_PACKS = [${packs.map((pack) => entry(pack, where)).join(',\n')}];`,
        );
        return { contents: await contents, loader: 'ts' };
      });
    },
  };
}

/** Writes each pack into a file of its own below `folder`. */
export async function writePacks(folder) {
  mkdirSync(folder, { recursive: true });
  for (const pack of await packed()) writeFileSync(join(folder, fileOf(pack)), JSON.stringify(pack));
}

/** The schema that editors complete packs with. */
export async function packSchema() {
  const { PACK_SCHEMA } = await load('server/engine/rules/pack-schema.ts');
  return `${JSON.stringify(PACK_SCHEMA, null, 2)}\n`;
}

/** The schema that editors complete policies with. */
export async function policySchema() {
  const { policyJsonSchema } = await load('server/gate/policy-json-schema.ts');
  return `${JSON.stringify(policyJsonSchema(), null, 2)}\n`;
}

const ONCE = 'const once = (text) => { let pack; return () => (pack ??= JSON.parse(text)); };';
let read;

/** The packs without the tests of their rules. */
function packed() {
  return (read ??= readPacks());
}

async function readPacks() {
  const { parsePack } = await load('server/engine/rules/parse-pack.ts');
  return readdirSync(FOLDER)
    .filter((name) => name.endsWith('.yaml'))
    .sort()
    .flatMap((name) => {
      const parsed = parsePack(`${FOLDER}/${name}`, readFileSync(join(FOLDER, name), 'utf8'));
      if (parsed.ok) return [{ ...parsed.pack, rules: parsed.pack.rules.map(({ tests: _tests, ...rule }) => rule) }];
      const text = parsed.problems
        .slice(0, 5)
        .map(({ file, line, message }) => `${file}:${line}: ${message}`)
        .join('\n');
      if (process.env.CI) throw new Error(text);
      console.warn(`Left out of the build:\n${text}`);
      return [];
    });
}

function entry(pack, where) {
  const systems = [...new Set(pack.rules.flatMap(({ on }) => on.map(({ system }) => system)))].toSorted((a, b) => (a < b ? -1 : 1));
  const load =
    where === 'apart' ? `() => require(${JSON.stringify(`./lib/${fileOf(pack)}`)})` : `once(${JSON.stringify(JSON.stringify(pack))})`;
  return `{ name: ${JSON.stringify(pack.pack)}, systems: ${JSON.stringify(systems)}, rules: ${pack.rules.length}, load: ${load} }`;
}

function fileOf({ pack }) {
  return `pack-${pack.replaceAll(/[^\w-]/g, '-')}.json`;
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
