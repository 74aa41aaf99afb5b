// Cuts a bundle where it asks for a module by need: what a call does not come to is a file of its own in dist/lib, which it does not read.
// What a part and the bundle both use is the bundle's alone, so that nothing is there twice and each state is one.
import { basename, join, resolve } from 'node:path';
import esbuild from 'esbuild';

/**
 * Builds `entry` into dist/`name`.js, and each part into dist/lib/`name`-part.js. `parts`: name → files; each is asked for by `require`.
 * Answers with what went in.
 */
export async function buildInParts({ entry, name, parts, options, plugins }) {
  const partOf = new Map(Object.entries(parts).flatMap(([part, files]) => files.map((file) => [file, part])));
  const apart = cutAt(partOf, name);
  const build = (more) => esbuild.build({ ...options, metafile: true, ...more });
  const bundle = (shared, more) =>
    build({
      stdin: { contents: shared === undefined ? `export * from './${entry}';` : exposing(entry, shared), resolveDir: '.', loader: 'ts' },
      plugins: [apart(undefined), ...plugins(undefined)],
      outfile: `dist/${name}.js`,
      ...more,
    });
  const part = (own, held, asked, more) =>
    build({
      stdin: { contents: exposed(parts[own]), resolveDir: '.', loader: 'ts' },
      plugins: [apart(own), takenFrom(`../${name}.js`, held, asked), ...plugins(`${name}-${own}`)],
      outfile: `dist/lib/${name}-${own}.js`,
      ...more,
    });

  // What two parts hold moves into the bundle, until none is left.
  let shared;
  for (;;) {
    const { metafile } = await bundle(shared, { write: false });
    const held = new Set(Object.keys(metafile.inputs).filter(isOurs));
    for (const file of [...partOf.keys()].filter((each) => held.has(each))) {
      const importers = Object.entries(metafile.inputs).filter(([, { imports }]) => imports.some(({ path }) => path === file));
      throw new Error(
        `${file} is a part of ${name}, which imports it in ${importers.map(([each]) => each).join(', ')}. Ask for it by require.`,
      );
    }
    const asked = new Set();
    const built = await Promise.all(Object.keys(parts).map((own) => part(own, held, asked, { write: false })));
    const inputs = built.flatMap((result) => Object.keys(result.metafile.inputs).filter(isOurs));
    const twice = inputs.filter((file, index) => inputs.indexOf(file) !== index);
    const atOnce = reached(metafile);
    const wanted = [...new Set([...asked, ...twice])].toSorted((a, b) => (a < b ? -1 : 1));
    const next = wanted.map((file) => ({ file, atOnce: atOnce.has(file) }));
    if (shared !== undefined && twice.length === 0 && JSON.stringify(next) === JSON.stringify(shared)) {
      const whole = await bundle(shared);
      const pieces = await Promise.all(Object.keys(parts).map((own) => part(own, held, asked)));
      return [whole, ...pieces].flatMap((result) => Object.keys(result.metafile.inputs));
    }
    shared = next;
  }
}

const isOurs = (file) => file.startsWith('server/');
const ourPath = (path) => path.slice(resolve('.').length + 1).replaceAll('\\', '/');

/** The files that are loaded with the bundle, not by need. */
function reached({ inputs }) {
  const found = new Set();
  const follow = (file) => {
    if (found.has(file)) return;
    found.add(file);
    for (const { path, kind } of inputs[file]?.imports ?? []) if (kind === 'import-statement') follow(path);
  };
  follow('<stdin>');
  return found;
}

/** The bundle, with what its parts take from it. What it has by need it gives by need. */
function exposing(entry, shared) {
  const now = shared.filter(({ atOnce }) => atOnce);
  return [
    ...now.map(({ file }, index) => `import * as m${index} from './${file}';`),
    `export * from './${entry}';`,
    'export const shared = {',
    ...now.map(({ file }, index) => `  ${JSON.stringify(file)}: m${index},`),
    ...shared.filter(({ atOnce }) => !atOnce).map(({ file }) => `  get ${JSON.stringify(file)}() { return require('./${file}'); },`),
    '};',
  ].join('\n');
}

function exposed(files) {
  return files.map((file) => `export * as ${exportName(file)} from './${file}';`).join('\n');
}

function exportName(file) {
  return basename(file, '.ts').replaceAll('-', '_');
}

/** For esbuild, in the bundle and in every part but `own`: a file of a part is where the part lies. */
function cutAt(partOf, name) {
  return (own) => ({
    name: 'parts',
    setup(build) {
      build.onResolve({ filter: /^\.{1,2}\/.*\.ts$/ }, ({ path, resolveDir, kind }) => {
        const file = ourPath(join(resolveDir, path));
        const part = partOf.get(file);
        if (part === undefined || part === own || (own === undefined && kind !== 'require-call')) return undefined;
        return { path: file, namespace: 'part' };
      });
      build.onLoad({ filter: /./, namespace: 'part' }, ({ path }) => {
        const place = `${own === undefined ? './lib/' : './'}${name}-${partOf.get(path)}.js`;
        return { contents: `module.exports = require(${JSON.stringify(place)}).${exportName(path)};`, loader: 'js' };
      });
      build.onResolve({ filter: /^\.\/.*\.js$/, namespace: 'part' }, ({ path }) => ({ path, external: true }));
    },
  });
}

/** For esbuild, in a part: what the bundle holds is taken from there; which files that are is added to `asked`. */
function takenFrom(bundle, held, asked) {
  return {
    name: 'taken-from-bundle',
    setup(build) {
      build.onResolve({ filter: /^\.{1,2}\/.*\.ts$/ }, ({ path, resolveDir }) => {
        const file = ourPath(join(resolveDir, path));
        if (!held.has(file)) return undefined;
        asked.add(file);
        return { path: file, namespace: 'taken' };
      });
      build.onLoad({ filter: /./, namespace: 'taken' }, async ({ path }) => {
        const names = await exportsOf(path);
        return {
          contents: [
            `const taken = require(${JSON.stringify(bundle)}).shared[${JSON.stringify(path)}];`,
            ...names.map((each) => `export const ${each} = taken.${each};`),
          ].join('\n'),
          loader: 'js',
        };
      });
      build.onResolve({ filter: /^\.\.\/.*\.js$/, namespace: 'taken' }, ({ path }) => ({ path, external: true }));
    },
  };
}

const known = new Map();

/** The names a file of ours exports. */
async function exportsOf(file) {
  let names = known.get(file);
  if (names === undefined) {
    const { metafile } = await esbuild.build({
      entryPoints: [file],
      format: 'esm',
      write: false,
      metafile: true,
      outdir: 'dist',
      logLevel: 'silent',
    });
    names = Object.values(metafile.outputs).flatMap((output) => output.exports);
    known.set(file, names);
  }
  return names;
}
