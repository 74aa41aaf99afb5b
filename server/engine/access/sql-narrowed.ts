import { member, type TreeNode } from '../read/tree.ts';
import { type Change, changeOfBody } from '../rules/change.ts';
import type { Declaration } from '../systems/declaration.ts';
import { objects, scalar, scalars } from './fields.ts';
import type { ReadSide } from './side.ts';
import { objectPath, tableName } from './sql-state.ts';

type Side = Pick<ReadSide, 'tree' | 'declarations' | 'other' | 'changed'>;

/**
 * The statements of a declaration that can have a part in what an edit changes. Where all that was changed speaks of single tables and
 * only gives, guards or makes, whatever gives, guards or makes other tables for other roles does the same on both sides, and neither
 * takes anything from the other. What takes, drops, alters roles or is about more than single tables always counts.
 * The same list for the same two texts.
 */
export function statementsThatCount(declaration: Declaration, side: Side): readonly TreeNode[] {
  const known = asked.get(declaration);
  const [other, ...more] = side.other.declarations.filter(({ system }) => system === 'sql');
  const alone = other !== undefined && more.length === 0 && side.changed !== undefined ? other : undefined;
  if (known !== undefined && known.other === alone) return known.found;
  const all = objects(member(declaration.node, 'statement'));
  const found = (alone === undefined ? undefined : narrowed(declaration, alone, side)) ?? all;
  asked.set(declaration, { other: alone, found });
  return found;
}

const asked = new WeakMap<Declaration, { readonly other: Declaration | undefined; readonly found: readonly TreeNode[] }>();

function narrowed(own: Declaration, other: Declaration, { tree }: Side): readonly TreeNode[] | undefined {
  const [before, after] = tree.side === 'before' ? [own, other] : [other, own];
  const change = changeOfBody(before.node, after.node);
  const inList = change?.kind === 'members' ? change.of.get('statement') : undefined;
  const [old, now] = [before, after].map(({ node }) => member(node, 'statement')?.children ?? []);
  if (inList === undefined || old === undefined || now === undefined) return undefined;
  const concerned = new Set<string>([EVERYONE]);
  const isChanged = { before: changedIn(inList, old.length), after: changedIn(inList, now.length) };
  for (const [list, changed] of [
    [old, isChanged.before],
    [now, isChanged.after],
  ] as const) {
    for (const [i, statement] of list.entries()) {
      if (!changed(i)) continue;
      const names = namesOf(statement);
      if (names === 'anything') return undefined;
      for (const name of names) concerned.add(name);
    }
  }
  const isHere = isChanged[tree.side];
  const here = tree.side === 'before' ? old : now;
  const names = here.map((statement) => namesOf(statement));
  // What is altered counts, and so what it was before.
  for (const [i, each] of names.entries()) if (each === 'anything') for (const name of tables(here[i], 'table')) concerned.add(name);
  return here.filter((_, i) => {
    const own = names[i];
    return isHere(i) || own === undefined || own === 'anything' || own.some((name) => concerned.has(name));
  });
}

function changedIn(change: Change, length: number): (index: number) => boolean {
  if (change.kind === 'items') return (i) => change.of.has(i);
  const { start, end } = (change.kind === 'whole' ? change.kept : undefined) ?? { start: 0, end: 0 };
  return (i) => i >= start && i < length - end;
}

const EVERYONE = 'role PUBLIC';

/** The tables and roles that a statement is about and nothing else; "anything" where it may reach further. */
function namesOf(statement: TreeNode): readonly string[] | 'anything' {
  const verb = scalar(member(statement, 'verb')) ?? '';
  switch (verb) {
    case 'GRANT':
      if (scalar(member(statement, 'objectType')) !== 'TABLE' || member(statement, 'objects') === undefined) return 'anything';
      return [...tables(statement, 'objects'), ...roles(statement, 'grantees')];
    case 'ALTER TABLE':
      // A table whose guard is taken off is open to everyone.
      return [
        ...tables(statement, 'objects'),
        ...roles(statement, 'owner'),
        ...(scalar(member(statement, 'rowLevelSecurity')) === 'disable' ? [EVERYONE] : []),
      ];
    case 'CREATE TABLE':
      return tables(statement, 'objects');
    case 'CREATE POLICY': {
      const named = roles(statement, 'roles');
      return [...tables(statement, 'table'), ...(named.length === 0 ? [EVERYONE] : named)];
    }
    default:
      return ACTS.test(verb) ? 'anything' : [];
  }
}

/** What the outcome hangs on; other verbs change nothing of it. */
const ACTS = /^(REVOKE|ALTER DEFAULT PRIVILEGES|(CREATE|ALTER) ROLE|DROP)$| POLICY$/;

function tables(statement: TreeNode | undefined, key: string): readonly string[] {
  return scalars(member(statement, key)).map(({ text }) => `table ${objectPath('TABLE', tableName(text)).join('\n')}`);
}

function roles(statement: TreeNode, key: string): readonly string[] {
  return scalars(member(statement, key)).map(({ text }) => `role ${text}`);
}
