import { type ParseArgsConfig, parseArgs } from 'node:util';
import { nearest } from './nearest.ts';

type Options = NonNullable<ParseArgsConfig['options']>;
type Values<O extends Options> = ReturnType<
  typeof parseArgs<{ args: string[]; options: O; strict: true; allowPositionals: true }>
>['values'];
type Problem = { readonly ok: false; readonly problem: string };

/** Parses the flags of a command that takes nothing else. The problem is a sentence with the nearest known flag. */
export function parseFlags<const O extends Options>(
  command: string,
  args: readonly string[],
  options: O,
): { readonly ok: true; readonly values: Values<O> } | Problem {
  const parsed = parseArguments(command, args, options);
  if (!parsed.ok || parsed.rest[0] === undefined) return parsed;
  return { ok: false, problem: `${parsed.rest[0]} belongs to no flag. ${moreOf(command)}` };
}

/**
 * Parses flags, and what stands beside them as `rest`. `takes`: of the options of a family, those that this command takes; an
 * option with a default counts as given.
 */
export function parseArguments<const O extends Options>(
  command: string,
  args: readonly string[],
  options: O,
  takes: readonly (keyof O & string)[] = Object.keys(options),
): { readonly ok: true; readonly values: Values<O>; readonly rest: readonly string[] } | Problem {
  try {
    const { values, positionals } = parseArgs({ args: [...args], options, strict: true, allowPositionals: true });
    const wrong = Object.keys(values).find((name) => !takes.some((taken) => taken === name));
    if (wrong !== undefined) return { ok: false, problem: `"${command}" takes no --${wrong}. ${moreOf(command)}` };
    return { ok: true, values, rest: positionals };
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    if (!(error instanceof Error) || !('code' in error) || error.code !== 'ERR_PARSE_ARGS_UNKNOWN_OPTION')
      return { ok: false, problem: `${text.split('\n', 1)[0]?.replace(/\.?$/, '.')} ${moreOf(command)}` };
    const given = /'(-[^']*)'/.exec(text)?.[1] ?? '';
    const guess = nearest(given.replace(/^-+/, ''), takes);
    const hint = guess === undefined ? '' : `Did you mean --${guess}? `;
    return { ok: false, problem: `There is no flag ${given}. ${hint}${moreOf(command)}` };
  }
}

function moreOf(command: string): string {
  return `countersign ${command} --help shows what it takes.`;
}
