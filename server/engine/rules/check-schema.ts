import { isTable } from '../is-table.ts';
import type { Schema } from './pack-schema.ts';

/** What is wrong, and where: ['rules', 0, 'id']. */
export type SchemaProblem = { readonly at: readonly (string | number)[]; readonly message: string };

/** Checks plain data against a schema of pack-schema.ts. Messages are sentences with the remedy. */
export function checkSchema(value: unknown, schema: Schema, definitions: Readonly<Record<string, Schema>>): readonly SchemaProblem[] {
  const problems: SchemaProblem[] = [];
  check(value, schema, []);
  return problems;

  function check(each: unknown, against: Schema, at: SchemaProblem['at']): void {
    if (problems.length >= 50) return;
    const tell = (message: string, where = at): void => void problems.push({ at: where, message });
    if (against.$ref !== undefined) {
      const target = definitions[against.$ref.replace('#/definitions/', '')];
      if (target !== undefined) check(each, target, at);
      return;
    }
    if (against.oneOf !== undefined) {
      // The kinds of value tell the alternatives apart, so that what is said is about the one that was meant.
      const meant = against.oneOf.find((one) => hasType(each, one.type));
      if (meant === undefined) tell(`This is ${kindOf(each)}. Write ${against.oneOf.map(({ type }) => typeWords(type)).join(' or ')}.`);
      else check(each, meant, at);
      return;
    }
    if (against.type !== undefined && !hasType(each, against.type)) {
      tell(`This is ${kindOf(each)}. Write ${typeWords(against.type)}.`);
      return;
    }
    if (against.enum !== undefined && !against.enum.includes(each)) {
      tell(`${written(each)} is not known here. Write one of ${against.enum.map(String).join(', ')}.`);
      return;
    }
    if (typeof each === 'string') checkText(each, against, tell);
    if (typeof each === 'number') checkNumber(each, against, tell);
    if (Array.isArray(each)) {
      if (each.length < (against.minItems ?? 0)) tell('This list is empty. Write an item, or take the key out.');
      if (against.items !== undefined) for (const [index, item] of each.entries()) check(item, against.items, [...at, index]);
    } else if (isTable(each)) checkTable(each, against, at, tell);
  }

  function checkTable(
    each: Readonly<Record<string, unknown>>,
    against: Schema,
    at: SchemaProblem['at'],
    tell: (message: string) => void,
  ): void {
    const known = against.properties ?? {};
    for (const key of against.required ?? []) if (!Object.hasOwn(each, key)) tell(`"${key}" is missing. Add it.`);
    if (Object.keys(each).length < (against.minProperties ?? 0)) tell('This table is empty. Write a key, or take it out.');
    for (const [key, value] of Object.entries(each)) {
      const own = Object.hasOwn(known, key) ? known[key] : undefined;
      if (own !== undefined) check(value, own, [...at, key]);
      else if (against.additionalProperties === false) {
        problems.push({ at: [...at, key], message: `There is no key "${key}" here. Known are ${Object.keys(known).join(', ')}.` });
      } else if (typeof against.additionalProperties === 'object') check(value, against.additionalProperties, [...at, key]);
    }
  }
}

function checkText(value: string, { minLength = 0, pattern }: Schema, tell: (message: string) => void): void {
  if (value.length < minLength) tell('This text is empty. Write it, or take the key out.');
  else if (pattern !== undefined && !new RegExp(pattern).test(value))
    tell(`"${value.slice(0, 60)}" has not the right form (${pattern}). Correct it.`);
}

function checkNumber(value: number, { minimum, maximum }: Schema, tell: (message: string) => void): void {
  if (minimum !== undefined && value < minimum) tell(`${value} is too small. At least ${minimum}.`);
  if (maximum !== undefined && value > maximum) tell(`${value} is too large. At most ${maximum}.`);
}

function hasType(value: unknown, type: Schema['type']): boolean {
  if (type === undefined) return true;
  const types: readonly string[] = typeof type === 'string' ? [type] : type;
  return types.some((each) => {
    if (each === 'array') return Array.isArray(value);
    if (each === 'object') return isTable(value);
    if (each === 'null') return value === null;
    if (each === 'integer') return Number.isInteger(value);
    // oxlint-disable-next-line valid-typeof -- the names are those of the schema
    return typeof value === each;
  });
}

function kindOf(value: unknown): string {
  if (value === null || value === undefined) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' ? 'a table' : `the ${typeof value === 'string' ? 'text' : typeof value} ${written(value)}`;
}

function written(value: unknown): string {
  return JSON.stringify(value)?.slice(0, 60) ?? String(value);
}

function typeWords(type: Schema['type']): string {
  const types: readonly string[] = type === undefined ? [] : typeof type === 'string' ? [type] : type;
  return types.map((each) => TYPE_WORDS[each] ?? each).join(' or ');
}

const TYPE_WORDS: Readonly<Record<string, string>> = {
  object: 'a table',
  array: 'a list',
  string: 'a text',
  number: 'a number',
  integer: 'a whole number',
  boolean: 'true or false',
  null: 'nothing',
};
