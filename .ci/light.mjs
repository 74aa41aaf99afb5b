// What keeps a hook light: it is started anew for every edit, so that what it loads and never uses is paid for each time.

const LATE = 'late';

/** For esbuild: functions of Node's own modules whose loading takes milliseconds, and which most calls never use. Each is loaded when first called. */
export function lateBuiltins(...names) {
  return {
    name: 'late-builtins',
    setup(build) {
      build.onResolve({ filter: new RegExp(`^(${names.join('|')})$`) }, ({ path, namespace }) =>
        namespace === LATE ? { path, external: true } : { path, namespace: LATE },
      );
      build.onLoad({ filter: /./, namespace: LATE }, async ({ path }) => {
        const real = await import(path);
        // Classes are left out: asking for one fails the build, not the hook.
        const functions = Object.keys(real).filter((name) => /^[a-z]/.test(name) && name !== 'default' && typeof real[name] === 'function');
        const late = functions.map((name) => `export const ${name} = (...given) => loaded().${name}(...given);`);
        return { contents: [`let real;\nconst loaded = () => (real ??= require(${JSON.stringify(path)}));`, ...late].join('\n') };
      });
    },
  };
}

/** For esbuild: jsonc-parser makes tables for its formatter when it is loaded. Where nothing formats, they are left out. */
export function unformatted() {
  return {
    name: 'unformatted',
    setup(build) {
      build.onResolve(
        { filter: /^\.\/(impl\/)?(format|edit|string-intern)$/ },
        async ({ path, importer, resolveDir, kind, pluginData }) => {
          if (pluginData === unformatted || !/[/\\]jsonc-parser[/\\]/.test(importer)) return undefined;
          const resolved = await build.resolve(path, { importer, resolveDir, kind, pluginData: unformatted });
          return { ...resolved, sideEffects: false };
        },
      );
    },
  };
}

/** One character that is not ASCII makes V8 take two bytes for each, and read the text more slowly. esbuild leaves those in regular expressions. */
export function asciiOnly(text) {
  // oxlint-disable-next-line no-control-regex
  return text.replaceAll(/[^\x00-\x7f]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
