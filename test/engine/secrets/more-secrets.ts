import type { secretValuesIn } from '../../../server/engine/rules/secret-values.ts';

type Values = ReturnType<typeof secretValuesIn>;

/** Names and texts of one list that the other does not have, or has fewer of. */
export function moreSecrets(one: Values, other: Values): readonly string[] {
  const left = other.map(({ name, text }) => `${name} ${text}`);
  return one
    .map(({ name, text }) => `${name} ${text}`)
    .filter((each) => {
      const at = left.indexOf(each);
      if (at !== -1) left.splice(at, 1);
      return at === -1;
    })
    .sort();
}
