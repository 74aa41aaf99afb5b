// Libraries that not every call needs are files of their own in dist/lib, shared by all that ships: what a hook does not load costs it nothing.
import esbuild from 'esbuild';

/** Package → its file in dist/lib. Each keeps no state that another file would have to share. */
const LIBRARIES = new Map([
  ['@bufbuild/cel', 'cel'],
  ['@bufbuild/re2', 're2'],
  ['@secretlint/secretlint-rule-preset-recommend', 'secretlint'],
  ['@simplewebauthn/server', 'webauthn'],
  ['js-yaml', 'js-yaml'],
  ['toml-eslint-parser', 'toml'],
  ['yaml', 'yaml'],
]);

/** For esbuild: what ships asks for the libraries where they lie. `own`: the one that is being built. */
export function libraries(own) {
  return {
    name: 'libraries',
    setup(build) {
      build.onResolve({ filter: /^(@|[a-z])/ }, ({ path }) => {
        const name = LIBRARIES.get(path);
        return name === undefined || name === own ? undefined : { path: `./${own === undefined ? 'lib/' : ''}${name}.js`, external: true };
      });
      // Packages have folders of that name, too.
      build.onResolve({ filter: /^\.\/lib\// }, ({ path, importer }) =>
        importer.includes('node_modules') ? undefined : { path, external: true },
      );
    },
  };
}

/** Builds them; answers with what went in. */
export async function buildLibraries(shared, outFolder) {
  const built = await Promise.all(
    [...LIBRARIES].map(([entry, name]) =>
      esbuild.build({
        ...shared,
        plugins: [libraries(name)],
        minify: true,
        metafile: true,
        entryPoints: { [`lib/${name}`]: entry },
        outdir: outFolder,
      }),
    ),
  );
  return built.flatMap(({ metafile }) => Object.keys(metafile.inputs));
}
