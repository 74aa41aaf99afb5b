/**
 * Of SQL, statements that can have no part in what an edit changes are left out. Here random edits of random statements are compared with
 * all of them: a shortcut that leaves something out would be a hole in the gate.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { accessFindings } from '../../../server/engine/access/access-finding.ts';
import { DEFAULT_SETTINGS } from '../../../server/engine/assess.ts';
import type { AccessSide } from '../../../server/engine/access/side.ts';
import { statementsThatCount } from '../../../server/engine/access/sql-narrowed.ts';
import { readText } from '../../../server/engine/read/format.ts';
import type { Declaration } from '../../../server/engine/systems/declaration.ts';
import { declarationsOf } from '../../../server/engine/systems/registry.ts';
import { randomFrom } from '../../support/random.ts';
import { STRANGER } from '../../support/stranger.ts';

const SEED = Number(process.env['SEED'] ?? 20_261_121);
const ROUNDS = Number(process.env['ROUNDS'] ?? 200);
const random = randomFrom(SEED);

const TABLES = ['a', 'public.a', 'b', 'shop.a', 'shop.b', 'c', '"B"'];
const ROLES = ['app', 'web', 'anon', 'authenticated', 'PUBLIC'];
const RIGHTS = ['SELECT', 'INSERT', 'ALL', 'SELECT, UPDATE'];
const CHECKS = ['true', 'owner = me', 'owner = me or shared'];

function statement(): string {
  const [table, role, right] = [random.pick(TABLES), random.pick(ROLES), random.pick(RIGHTS)];
  const named = ROLES.filter((each) => each !== 'PUBLIC');
  switch (random.below(20)) {
    case 0:
      return `REVOKE ${right} ON ${table} FROM ${role};`;
    case 1:
      return `REVOKE ALL ON ALL TABLES IN SCHEMA shop FROM ${role};`;
    case 2:
      return `GRANT ${right} ON ALL TABLES IN SCHEMA ${random.pick(['shop', 'public'])} TO ${role};`;
    case 3:
      return `DROP ${random.pick(['TABLE', 'ROLE'])} ${random.chance(0.5) ? table : random.pick(named)};`;
    case 4:
      return `ALTER ROLE ${random.pick(named)} ${random.pick(['SUPERUSER', 'NOSUPERUSER', 'BYPASSRLS'])};`;
    case 5:
      return `GRANT ${random.pick(named)} TO ${random.pick(named)};`;
    case 6:
      return `ALTER DEFAULT PRIVILEGES IN SCHEMA shop ${random.pick(['GRANT', 'REVOKE'])} ${right} ON TABLES ${random.pick(['TO', 'FROM'])} ${role};`;
    case 7:
    case 8:
    case 9:
      return `ALTER TABLE ${table} ${random.pick(['ENABLE', 'ENABLE', 'DISABLE'])} ROW LEVEL SECURITY;`;
    case 10:
      return `ALTER TABLE ${table} OWNER TO ${random.pick(named)};`;
    case 11:
    case 12:
      return `CREATE POLICY p${random.below(3)} ON ${table} ${random.chance(0.3) ? 'AS RESTRICTIVE ' : ''}FOR ${random.pick(['SELECT', 'ALL'])} ${random.chance(0.5) ? `TO ${role} ` : ''}USING (${random.pick(CHECKS)});`;
    case 13:
      return `${random.pick(['ALTER', 'DROP'])} POLICY p${random.below(3)} ON ${table}${random.chance(0.5) ? ` USING (${random.pick(CHECKS)})` : ''};`;
    case 14:
      return `CREATE TABLE ${table} (id int);`;
    case 15:
      return `DO $$ BEGIN GRANT ${right} ON ${table} TO ${role}; END $$;`;
    default:
      return `GRANT ${right} ON ${random.chance(0.2) ? `${table}, ${random.pick(TABLES)}` : table} TO ${role}${random.chance(0.15) ? ' WITH GRANT OPTION' : ''};`;
  }
}

function edited(lines: readonly string[]): readonly string[] {
  const at = random.below(lines.length);
  switch (random.below(5)) {
    case 0:
      return lines.toSpliced(at, 1);
    case 1:
      return lines.toSpliced(at, 0, statement());
    case 2:
      return lines.toSpliced(at, 0, lines[at] ?? '');
    case 3:
      return lines.toSpliced(at, 1).toSpliced(random.below(lines.length), 0, lines[at] ?? '');
    default:
      return lines.with(at, statement());
  }
}

function sideOf(lines: readonly string[], side: 'before' | 'after'): AccessSide {
  const tree = readText('sql', `${lines.join('\n')}\n`, side);
  return { tree, declarations: declarationsOf(tree, 'grants.sql') };
}

/** With something that only one text has, nothing is taken for the same. */
function findings(before: AccessSide, after: AccessSide, more: readonly Declaration[]): unknown {
  return accessFindings('grants.sql', before, { ...after, declarations: [...after.declarations, ...more] }, DEFAULT_SETTINGS);
}

void test('random edits of random statements, compared with all of them', () => {
  let [fewer, told] = [0, 0];
  for (let round = 0; round < ROUNDS; round++) {
    const lines = Array.from({ length: 3 + random.below(15) }, statement);
    let changed: readonly string[] = lines;
    for (let i = random.below(3); i >= 0; i--) changed = edited(changed.length === 0 ? [statement()] : changed);
    const [before, after] = [sideOf(lines, 'before'), sideOf(changed, 'after')];
    const [own] = after.declarations;
    const [other] = before.declarations;
    if (own === undefined || other === undefined) continue;
    const part = findings(before, after, []);
    const all = findings(before, after, [STRANGER]);
    assert.deepEqual(part, all, `seed ${SEED}, round ${round}\n${lines.join('\n')}\n=== to\n${changed.join('\n')}`);
    if (JSON.stringify(all).includes('"rule"')) told++;
    const side = { ...after, other: before, changed: [other, own] };
    if (statementsThatCount(own, side).length < changed.length) fewer++;
  }
  // Both happen often enough for the comparison to say something.
  assert.ok(fewer > ROUNDS / 10, `${fewer} of ${ROUNDS} left something out`);
  assert.ok(told > ROUNDS / 10, `${told} of ${ROUNDS} found something`);
});
