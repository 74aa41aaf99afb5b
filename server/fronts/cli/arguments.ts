import { type ParseArgsConfig, parseArgs } from 'node:util';
import { nearest } from './nearest.ts';

type Options = NonNullable<ParseArgsConfig['options']>;
type Values<O extends Options> = ReturnType<
  typeof parseArgs<{ args: string[]; options: O; strict: true; allowPositionals: false }>
>['values'];

/** Parses a command's flags. The problem is a sentence with the nearest known flag. */
export function parseFlags<const O extends Options>(
  command: string,
  args: readonly string[],
  options: O,
): { readonly ok: true; readonly values: Values<O> } | { readonly ok: false; readonly problem: string } {
  try {
    return { ok: true, values: parseArgs({ args: [...args], options, strict: true, allowPositionals: false }).values };
  } catch (error) {
    const more = `countersign ${command} --help shows what it takes.`;
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    const text = error instanceof Error ? error.message : String(error);
    if (code === 'ERR_PARSE_ARGS_UNKNOWN_OPTION') {
      const given = /'(-[^']*)'/.exec(text)?.[1] ?? '';
      const guess = nearest(given.replace(/^-+/, ''), Object.keys(options));
      return { ok: false, problem: `There is no flag ${given}. ${guess === undefined ? more : `Did you mean --${guess}? ${more}`}` };
    }
    if (code === 'ERR_PARSE_ARGS_UNEXPECTED_POSITIONAL') {
      return { ok: false, problem: `${/'([^']*)'/.exec(text)?.[1] ?? 'That'} belongs to no flag. ${more}` };
    }
    return { ok: false, problem: `${text.split('\n', 1)[0]?.replace(/\.?$/, '.')} ${more}` };
  }
}
