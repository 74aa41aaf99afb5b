import { editMemory } from '../edit-memory.ts';
import { member, type TreeNode } from '../read/tree.ts';
import { type Change, changeOfBody } from '../rules/change.ts';
import type { Declaration } from '../systems/declaration.ts';
import { objects, scalar } from './fields.ts';
import type { ReadSide } from './side.ts';

type Side = Pick<ReadSide, 'tree' | 'declarations' | 'other' | 'changed'>;

/**
 * The statements of a declaration that can have a part in what an edit changes. Where all that was changed speaks of single tables and
 * only gives, guards or makes, whatever gives, guards or makes other tables for other roles does the same on both sides, and neither
 * takes anything from the other. What takes, drops, alters roles or is about more than single tables always counts.
 * The same list for the same two texts.
 */
export function statementsThatCount(declaration: Declaration, { tree, changed, other: { declarations } }: Side): readonly TreeNode[] {
  const [other, ...more] = declarations.filter(({ system }) => system === 'sql');
  const alone = other !== undefined && more.length === 0 && changed !== undefined ? other : undefined;
  const known = asked.get(declaration);
  if (known !== undefined && known.other === alone) return known.found;
  if (alone !== undefined) {
    const [before, after] = tree.side === 'before' ? [declaration, alone] : [alone, declaration];
    const [old, now] = narrowed(before, after) ?? [statementsOf(before), statementsOf(after)];
    asked.set(before, { other: after, found: old });
    asked.set(after, { other: before, found: now });
    return tree.side === 'before' ? old : now;
  }
  const found = statementsOf(declaration);
  asked.set(declaration, { other: undefined, found });
  return found;
}

const asked = editMemory<Declaration, { readonly other: Declaration | undefined; readonly found: readonly TreeNode[] }>();

function statementsOf({ node }: Declaration): readonly TreeNode[] {
  return objects(member(node, 'statement'));
}

function narrowed(before: Declaration, after: Declaration): readonly [old: readonly TreeNode[], now: readonly TreeNode[]] | undefined {
  const change = changeOfBody(before.node, after.node);
  const inList = change?.kind === 'members' ? change.of.get('statement') : undefined;
  const [old, now] = [member(before.node, 'statement')?.children ?? [], member(after.node, 'statement')?.children ?? []];
  if (inList === undefined) return undefined;
  const [wasChanged, isChanged] = [changedIn(inList, old.length), changedIn(inList, now.length)];
  const concerned = new Set<string>([EVERYONE]);
  // Findings are told against what the same role had before; of who lost something only the tables matter.
  for (const [i, statement] of old.entries()) if (wasChanged(i) && !addNames(concerned, statement, 'tables')) return undefined;
  for (const [i, statement] of now.entries()) if (isChanged(i) && !addNames(concerned, statement, 'tables and roles')) return undefined;
  const names = old.map((statement, i) => (wasChanged(i) ? 'anything' : namesOf(statement)));
  // What is altered counts, and so what it was before.
  for (const [i, each] of names.entries()) if (each === 'anything') for (const name of tables(old[i], 'table')) concerned.add(name);
  const counts = names.map((each) => each === 'anything' || each.some((name) => concerned.has(name)));
  const behind = old.length - now.length;
  return [
    old.filter((_, i) => counts[i]),
    // What was kept is the same statement on both sides, counted from the end where it stands behind the change.
    now.filter((_, i) => isChanged(i) || counts[inList.kind === 'whole' && i >= (inList.kept?.start ?? 0) ? i + behind : i]),
  ];
}

function addNames(all: Set<string>, statement: TreeNode, what: 'tables' | 'tables and roles'): boolean {
  const names = namesOf(statement);
  if (names === 'anything') return false;
  for (const name of names) if (what === 'tables and roles' || name.startsWith('table ')) all.add(name);
  return true;
}

/** Of lists as long as each other, or of those that differ in one stretch. */
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
const ACTS = /^(REVOKE|ALTER DEFAULT PRIVILEGES|(CREATE|ALTER) ROLE|ALTER OWNER|DROP)$| POLICY$/;

/** By their last names: what else goes by one counts as well. */
function tables(statement: TreeNode | undefined, key: string): readonly string[] {
  return textsAt(statement, key).map((text) => {
    const name = text.split('(', 1)[0] ?? '';
    return `table ${name.slice(name.lastIndexOf('.') + 1)}`;
  });
}

function roles(statement: TreeNode, key: string): readonly string[] {
  return textsAt(statement, key).map((text) => `role ${text}`);
}

function textsAt(statement: TreeNode | undefined, key: string): readonly string[] {
  const node = member(statement, key);
  return node === undefined ? [] : (node.children ?? [node]).map(({ value }) => String(value));
}
