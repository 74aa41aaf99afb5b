import type { Schema } from '../../../engine/rules/pack-schema.ts';
import { yamlPlaceAt } from './yaml-place.ts';

export type PackCompletion = {
  readonly label: string;
  readonly kind: 'key' | 'value';
  readonly insert: string;
  readonly says: string;
  /** Of a key: the pack is no good without it. */
  readonly required: boolean;
};

/** What can be written at a place of a rule pack in YAML: the keys that are not there yet, or the words a key may have. Counts from 0. */
export function packCompletions(text: string, line: number, character: number): readonly PackCompletion[] {
  const { PACK_SCHEMA }: typeof import('../../../engine/rules/pack-schema.ts') = require('../../../engine/rules/pack-schema.ts');
  return schemaCompletions(PACK_SCHEMA, PACK_SCHEMA.definitions, text, line, character);
}

/** The same of any language with a schema. */
export function schemaCompletions(
  root: Schema,
  definitions: Definitions,
  text: string,
  line: number,
  character: number,
): readonly PackCompletion[] {
  const place = yamlPlaceAt(text.split(/\r?\n/), line, character);
  if (place === undefined) return [];
  const schemas = place.path.reduce<readonly Schema[]>(
    (found, step) => found.flatMap((schema) => below(schema, step, definitions)),
    [root],
  );
  const here = schemas.flatMap((schema) => alternatives(schema, definitions));
  const values = here.flatMap(valuesOf);
  if (place.kind === 'value') return values;
  const keys = here.flatMap((schema) => keysOf(schema, place.siblings, definitions));
  return place.inList ? [...keys, ...values] : keys;
}

type Definitions = Readonly<Record<string, Schema>>;

function alternatives(schema: Schema, definitions: Definitions): readonly Schema[] {
  if (schema.$ref !== undefined) {
    const target = definitions[schema.$ref.replace('#/definitions/', '')];
    return target === undefined ? [] : alternatives(target, definitions);
  }
  return schema.oneOf === undefined ? [schema] : schema.oneOf.flatMap((one) => alternatives(one, definitions));
}

function below(schema: Schema, step: string | number, definitions: Definitions): readonly Schema[] {
  return alternatives(schema, definitions).flatMap((one) => {
    if (typeof step === 'number') return one.items ?? [];
    const { properties, additionalProperties } = one;
    return properties?.[step] ?? (typeof additionalProperties === 'object' ? additionalProperties : []);
  });
}

function keysOf(
  { properties = {}, required = [] }: Schema,
  siblings: readonly string[],
  definitions: Definitions,
): readonly PackCompletion[] {
  return Object.entries(properties)
    .filter(([key]) => !siblings.includes(key))
    .map(([key, schema]) => {
      const nested = alternatives(schema, definitions).every(({ type }) => type === 'object' || type === 'array');
      return {
        label: key,
        kind: 'key',
        insert: nested ? `${key}:` : `${key}: `,
        says: schema.description ?? '',
        required: required.includes(key),
      };
    });
}

function valuesOf({ enum: words, type, description = '' }: Schema): readonly PackCompletion[] {
  const all = words ?? (type === 'boolean' ? [true, false] : []);
  return all.map((word) => {
    const label = String(word);
    return { label, kind: 'value', insert: /^[\w-]+$/.test(label) ? label : JSON.stringify(label), says: description, required: false };
  });
}
