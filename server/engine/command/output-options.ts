import { isWatchedByName, mayBeGoverned } from '../read/governed-path.ts';
import type { Effect } from './effect.ts';

/**
 * Options by which any program writes a file that is named there: `git log --output=x`, `tree -Jo x`, `pytest --log-file x`. Only
 * files that may be governed count: what such an option is called elsewhere may be something else.
 */
export function writtenByOption(words: readonly string[]): readonly Effect[] {
  return words.flatMap((word, index): readonly Effect[] => {
    const [, name = '', joined] = /^(--?[\w-]+)(?:=(.*))?$/s.exec(word) ?? [];
    // `--cov-report=xml:report.xml`, `-o cache_dir=x`
    const path = (joined ?? words[index + 1] ?? '').replace(/^(?:\w+:(?!\/\/)|(?:cache_dir|log_file|junit\w*)=)/, '');
    const isOutput = OUTPUT.test(name) || (BUNCH.test(name) && words.some((one) => SHORT.has(one.replace(/^.*\//, ''))));
    return isOutput && (isWatchedByName(path) || mayBeGoverned(path)) ? [{ kind: 'write', path, text: undefined, append: false }] : [];
  });
}

const OUTPUT =
  /^--?[\w-]*(?:output|out-?file|out-?dir|log-?file|report|junit|cover|profile|basetemp|build-?info-?file|cache-(?:dir|location)|[jt]s_out)|^--?out$/i;
const BUNCH = /^-[a-zA-Z]{0,4}o$/;
/** Programs whose `-o` names a file to write; to `grep` and `git commit` it says something else. */
const SHORT: ReadonlySet<string> = new Set(
  'tree archive tsc eslint biome ruff mypy oxlint go time strace ltrace perf psql kustomize kompose helm cdk cookiecutter gcc cc clang ld as rustc age gpg zstd less pytest format-patch iconv uudecode jsonnet pandoc'.split(
    ' ',
  ),
);
