/** Reading what an agent hands over: JSON of which nothing is promised. */
export type Fields = Readonly<Record<string, unknown>>;

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The first of these keys that holds a text which is not empty: vendors disagree about spelling. */
export function textIn(fields: Fields, ...keys: readonly string[]): string | undefined {
  for (const key of keys) {
    const value = fields[key];
    if (typeof value === 'string' && value !== '') return value;
  }
  return undefined;
}

/** The first of these keys that is an object, also when it was sent as JSON text. */
export function fieldsIn(fields: Fields, ...keys: readonly string[]): Fields | undefined {
  for (const key of keys) {
    const value = fields[key];
    if (isFields(value)) return value;
    if (typeof value === 'string' && value.trimStart().startsWith('{')) {
      const inner = parsed(value);
      if (isFields(inner)) return inner;
    }
  }
  return undefined;
}

/** As fieldsIn; a bare text that is a patch counts as an object that holds it: tools whose input has no fields get it so. */
export function inputIn(fields: Fields, ...keys: readonly string[]): Fields | undefined {
  const patch = keys.map((key) => fields[key]).find((value) => typeof value === 'string' && value.includes('*** Begin Patch'));
  return fieldsIn(fields, ...keys) ?? (patch === undefined ? undefined : { patch });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
