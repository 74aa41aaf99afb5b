import * as v from 'valibot';
import { table, text } from './policy-fields.ts';

/** What a policy may say of the packs that it takes: folders, or tables with “name”, “path” or “npm”. */
export const Packs = v.array(
  v.union(
    [
      v.pipe(
        text('A folder of packs'),
        v.transform((path): PackShape => ({ path })),
      ),
      v.pipe(
        table(
          {
            name: v.optional(text('“name”')),
            path: v.optional(text('“path”')),
            npm: v.optional(
              v.pipe(
                text('“npm”'),
                v.regex(/^(@[a-z0-9~-][\w.~-]*\/)?[a-z0-9~-][\w.~-]*$/, '“npm” is the name of an installed package. Mend it.'),
              ),
            ),
            keys: v.optional(
              v.pipe(
                v.array(text('A key'), '“keys” is a list of public keys: PEM, or files beside the policy. Begin each with “- ”.'),
                v.minLength(1, '“keys” is empty. Write a key, or remove the line.'),
              ),
            ),
            lock: v.optional(
              v.pipe(text('“lock”'), v.regex(/^[0-9a-f]{64}$/, '“lock” is the SHA-256 of packs.lock, 64 letters. Mend it.')),
            ),
          },
          'A pack entry',
        ),
        v.check(
          ({ name, path, npm }) => name !== undefined || path !== undefined || npm !== undefined,
          'a pack entry needs “name”, “path” or “npm”. Write one.',
        ),
        v.check(({ path, npm }) => path === undefined || npm === undefined, '“path” and “npm” exclude each other. Keep one.'),
        v.transform((entry): PackShape => entry),
      ),
    ],
    'A pack entry is a folder, or a table with “name”, “path” or “npm” and perhaps “keys”. Mend this entry.',
  ),
  '“packs” is a list. Begin each entry with “- ”.',
);

type PackShape = {
  readonly name?: string | undefined;
  readonly path?: string | undefined;
  readonly npm?: string | undefined;
  readonly keys?: readonly string[] | undefined;
  readonly lock?: string | undefined;
};
