/** Programs that a line writes and then has run by a tool which takes them in by itself: a test runner, a build, a compiler. */
import { basename } from 'node:path';

/** Is this a tool that runs files of the repository without being told their names? */
export function takesIn(program: string): boolean {
  return TAKES_IN.test(program.replace(/^.*\//, ''));
}

const TAKES_IN =
  /^(py\.?test|python\d?|pip\d?|tox|nox|invoke|poetry|uv|jest|vitest|mocha|npx|npm|pnpm|yarn|bun|bunx|node|deno|gulp|grunt|vite|webpack|rollup|eslint|cargo|rustc|gcc|g\+\+|cc|c\+\+|clang(\+\+)?|go|javac?|gradle|gradlew|mvn|ant|dotnet|swift|zig|nim|ghc|make|gmake|cmake|ninja|meson|bazel|rake|bundle|ruby|rspec|php|composer|lefthook|pre-commit|husky|sbt|mix)$/;

/** In which language a file of this name is written; undefined: it is no program. */
export function languageOf(path: string): string | undefined {
  const name = basename(path);
  if (/^(Rakefile|Gemfile|Guardfile|Fastfile|Podfile|Vagrantfile|Dangerfile)$/.test(name)) return 'ruby';
  if (/^CMakeLists\.txt$|\.cmake$/.test(name)) return 'cmake';
  return /\.(py|[cm]?[jt]sx?|rb|php|pl|lua|c|cc|cpp|cxx|h|hpp|rs|go|java|kts?|scala|cs|swift|zig|nim|hs|ml|exs?|gradle|groovy)$/.exec(
    name,
  )?.[1];
}

/** Without what it puts below a temporary folder of its own: `join(dir, 'x.yml')`, where `dir` is one and stays one. */
export function withoutTemporary(text: string): string {
  const names = [...text.matchAll(MAKES_FOLDER)].map(([, one, other]) => one ?? other ?? '');
  return [...new Set(names)]
    .filter((name) => name !== '' && [...text.matchAll(new RegExp(`(?<![\\w.$])${name}\\s*=(?!=)|\\bas\\s+${name}\\b`, 'g'))].length === 1)
    .reduce(
      (left, name) =>
        left.replace(
          new RegExp(
            `\\b(?:join|resolve)\\(\\s*${name}((?:\\s*,\\s*(?:"[^"\\n]*"|'[^'\\n]*'))+)|\\$\\{${name}\\}([^\`\\n]*)|(?<![\\w.$])${name}\\s*[+/]\\s*("[^"\\n]*"|'[^'\\n]*')`,
            'g',
          ),
          (found) => (found.includes('..') ? found : name),
        ),
      text,
    );
}

const MAKES_FOLDER =
  /(?<![\w.$])(\w+)\s*=\s*[^;\n=]{0,80}\b(?:mkdtemp(?:Sync)?|TemporaryDirectory|TempDir|mktmpdir)\b|\bTemporaryDirectory\([^)\n]{0,80}\)\s+as\s+(\w+)/g;

/** Command lines that stand in the settings of tools which run them. */
export function linesOfTool(path: string, text: string): readonly string[] {
  if (!/(^|\/)(\.?lefthook(-local)?\.ya?ml|\.pre-commit-config\.ya?ml|[\w.-]+\.ninja)$/.test(path)) return [];
  return [...text.matchAll(/^[ \t]*(?:-[ \t]+)?(?:run|entry|command|cmd)[ \t]?[:=][ \t](.+)$/gm)]
    .map(([, line = '']) => line.trim().replace(/^(["'])(.*)\1$/, '$2'))
    .slice(0, 50);
}
