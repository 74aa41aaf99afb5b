/** The usual ways of writing options, read without knowing the program: `--name value`, `--name=value`, `-n value`. */
export type Arguments = {
  /** Words that are neither an option nor (as far as told by `valued`) an option's value. */
  readonly plain: readonly string[];
  /** The value of the first option of these names. */
  readonly value: (...names: readonly string[]) => string | undefined;
  readonly values: (...names: readonly string[]) => readonly string[];
  /** Is one of these options there, with or without a value? Short ones also in a bunch: `-rf` has `-r`. */
  readonly has: (...names: readonly string[]) => boolean;
};

/** @param valued options that take the next word as their value, when written without `=` */
export function argumentsOf(args: readonly string[], valued: ReadonlySet<string> = NONE): Arguments {
  const plain: string[] = [];
  const options: { readonly name: string; readonly value: string | undefined }[] = [];
  for (let i = 0; i < args.length; i++) {
    const word = args[i] ?? '';
    if (word === '--') {
      plain.push(...args.slice(i + 1));
      break;
    }
    if (!word.startsWith('-') || word === '-') {
      plain.push(word);
      continue;
    }
    const equals = word.startsWith('--') ? word.indexOf('=') : -1;
    if (equals !== -1) options.push({ name: word.slice(0, equals), value: word.slice(equals + 1) });
    else if (valued.has(word)) options.push({ name: word, value: args[++i] });
    else options.push({ name: word, value: args[i + 1]?.startsWith('-') === false ? args[i + 1] : undefined });
  }
  const values = (...names: readonly string[]): readonly string[] =>
    options.flatMap(({ name, value }) => (names.includes(name) && value !== undefined ? [value] : []));
  return {
    plain,
    values,
    value: (...names) => values(...names)[0],
    has: (...names) =>
      options.some(
        ({ name }) =>
          names.includes(name) || (/^-[a-zA-Z]{2,}$/.test(name) && names.some((each) => each.length === 2 && name.includes(each.slice(1)))),
      ),
  };
}

const NONE: ReadonlySet<string> = new Set();
