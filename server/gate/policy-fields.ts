/** What settings of a policy are made of: each with the words that a person reads where it is not that. */
import * as v from 'valibot';
import { SEVERITIES } from '../engine/types.ts';
import { globProblem } from './glob.ts';
import { VERDICTS } from './types.ts';

export const verdict = v.picklist(VERDICTS, 'A verdict is one of allow, note, acknowledge, approve, forbid. Write one of these.');
export const severity = v.picklist(SEVERITIES, 'A severity is one of critical, high, medium, low, info. Write one of these.');
export const sensitivity = v.picklist(
  ['public', 'internal', 'confidential', 'restricted'],
  'A sensitivity is one of public, internal, confidential, restricted. Write one of these.',
);

/** `what`: how the sentences call it. */
export const text = (what: string) =>
  v.pipe(v.string(`${what} is a text. Put it in quotes.`), v.minLength(1, `${what} is empty. Write it or remove the line.`));

export const person = v.pipe(text('“person”'), v.maxLength(120, '“person” has more than 120 characters. Shorten it.'));

export const glob = (what: string) =>
  v.pipe(
    text(what),
    v.rawCheck(({ dataset, addIssue }) => {
      const problem = dataset.typed ? globProblem(dataset.value) : undefined;
      if (problem !== undefined) addIssue({ message: `${what} cannot be used: ${problem}` });
    }),
  );

export const globs = (what: string) => v.array(glob(`A pattern of ${what}`), `${what} is a list of patterns. Begin each with “- ”.`);

export const count = (what: string, from: number, to: number) =>
  v.pipe(
    v.number(`${what} is a whole number from ${from} to ${to}. Write one without quotes.`),
    v.check((n) => Number.isInteger(n) && n >= from && n <= to, `${what} is a whole number from ${from} to ${to}. Change it.`),
    v.metadata({ minimum: from, maximum: to }),
  );

export const table = <T extends v.ObjectEntries>(entries: T, what: string) =>
  v.strictObject(
    entries,
    `${what} is a table with these keys: ${Object.keys(entries).join(', ')}. Write “key: value” lines, one key once.`,
  );

/** `form`: what it looks like, for the JSON Schema too; `isKey`: whether it is one. */
export const keyText = (what: string, form: RegExp, isKey: (text: string) => boolean) =>
  v.pipe(
    v.string(`${what} Put it in quotes.`),
    v.regex(form, `${what} Mend it.`),
    v.check(isKey, `${what} This is none that is known. Mend it.`),
  );
