import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRequire } from 'node:module';
import { readSql } from '../../../server/engine/read/sql.ts';
import { plain } from './plain.ts';
import { seeded } from '../../support/random.ts';

const SEED = Number(process.env['FUZZ_SEED'] ?? Date.now() % 1_000_000);

/** Generated GRANT and REVOKE statements mean what PostgreSQL's own parser says. */
test(`GRANT as PostgreSQL reads it (seed ${SEED})`, async () => {
  const random = seeded(SEED);
  const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)] as T;
  const some = (items: readonly string[]): string =>
    Array.from({ length: 1 + Math.floor(random() * 3) }, () => pick(items)).join(pick([',', ', ', ' ,\n ']));
  const { parse } = await postgres();
  for (let i = 0; i < 200; i++) {
    const isGrant = random() < 0.6;
    const privileges =
      random() < 0.2
        ? pick(['ALL', 'all privileges'])
        : some(['SELECT', 'insert', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER']);
    const target = pick([
      () => `${pick(['', 'TABLE '])}${some(['t', 'public.t', '"T x"', 's."a""b"'])}`,
      () => `SCHEMA ${some(['public', 'x'])}`,
      () => `SEQUENCE ${some(['a.s', 's'])}`,
      () => `DATABASE ${some(['db', 'x'])}`,
      () => `ALL TABLES IN SCHEMA ${some(['public', 'x'])}`,
      () => `ALL SEQUENCES IN SCHEMA ${some(['public', 'x'])}`,
    ])();
    const who = some(['PUBLIC', 'alice', '"Bob"', 'anon', 'GROUP staff']);
    const comment = pick(['', ' /* c */', ' -- c\n']);
    const sql = isGrant
      ? `GRANT ${privileges}${comment} ON ${target} TO ${who}${pick(['', ' WITH GRANT OPTION'])};`
      : `REVOKE ${pick(['', 'GRANT OPTION FOR '])}${privileges} ON ${target}${comment} FROM ${who}${pick(['', ' CASCADE'])};`;
    const [ours] = (plain(readSql(sql, 'after').documents[0]) as { statement: readonly Record<string, unknown>[] }).statement;
    const theirs = fromPostgres((await parse(sql)) as Parsed);
    assert.deepEqual(
      {
        verb: ours?.['verb'],
        privileges: ours?.['privileges'],
        objectType: ours?.['objectType'],
        objects: ours?.['objects'],
        grantees: ours?.['grantees'],
        option: ours?.['withGrantOption'] === true || ours?.['optionFor'] !== undefined,
      },
      theirs,
      `seed ${SEED}: ${sql}`,
    );
  }
});

type Words = { readonly [key: string]: unknown };
type Parsed = { readonly stmts: readonly [{ readonly stmt: { readonly GrantStmt: Words } }] };

async function postgres(): Promise<{ readonly parse: (sql: string) => Promise<unknown> }> {
  const require = createRequire(`${process.cwd()}/package.json`);
  const library = require('libpg-query') as {
    readonly parse: (sql: string) => Promise<unknown>;
    readonly loadModule?: () => Promise<void>;
  };
  await library.loadModule?.();
  return library;
}

function fromPostgres(parsed: Parsed): unknown {
  const statement = parsed.stmts[0].stmt.GrantStmt;
  const list = (key: string): readonly Words[] => (statement[key] as readonly Words[] | undefined) ?? [];
  const kind = String(statement['objtype']).replace('OBJECT_', '');
  const inSchemas = statement['targtype'] === 'ACL_TARGET_ALL_IN_SCHEMA';
  const privileges = list('privileges').map((each) => String((each['AccessPriv'] as Words)['priv_name']).toUpperCase());
  return {
    verb: statement['is_grant'] === true ? 'GRANT' : 'REVOKE',
    privileges: privileges.length === 0 ? ['ALL'] : privileges,
    objectType: inSchemas ? `ALL ${kind}S` : kind,
    objects: list('objects').map((each) => {
      const range = each['RangeVar'] as Words | undefined;
      if (range !== undefined) return [range['schemaname'], range['relname']].filter((part) => typeof part === 'string').join('.');
      return String((each['String'] as Words)['sval']);
    }),
    grantees: list('grantees').map((each) => {
      const role = each['RoleSpec'] as Words;
      return role['roletype'] === 'ROLESPEC_PUBLIC' ? 'PUBLIC' : role['rolename'];
    }),
    option: statement['grant_option'] === true,
  };
}
