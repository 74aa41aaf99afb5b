import { editMemory } from '../edit-memory.ts';
import { SQL_ACCESS_RULES } from '../packs/sql-access-rules.ts';
import type { Grant, GrantPrincipal } from './grant.ts';
import type { AccessSystem, ReadSide } from './side.ts';
import { sqlFindings } from './sql-findings.ts';
import type { TreeNode } from '../read/tree.ts';
import type { Declaration } from '../systems/declaration.ts';
import { statementsThatCount } from './sql-narrowed.ts';
import { outcomeOf, type SqlOutcome, type SqlRight, type SqlTables } from './sql-state.ts';
import { shortened } from './wording.ts';
import { WrittenGrant } from './written-grant.ts';

/** PostgreSQL: what each role may do when the statements of the file have run in order; row-level security and its policies too. */
export const sqlGrants: AccessSystem = {
  id: 'sql-grants',
  systems: ['sql'],
  concerns: ({ system }) => system === 'sql',
  grants,
  findings: sqlFindings,
  subjectOf: ({ principal, scope, resource }) => `${principal.name} ${scope.join('/')} ${resource}`,
  rules: SQL_ACCESS_RULES,
};

function* grants(side: ReadSide): Generator<Grant> {
  const guards = side.other.declarations.filter(({ system }) => system === 'sql').map((each) => outcome(each, otherSide(side)).tables());
  const other: SqlTables = {
    guarded: new Set(guards.flatMap(({ guarded }) => [...guarded])),
    restrictions: new Map(guards.flatMap(({ restrictions }) => [...restrictions])),
  };
  for (const declaration of side.declarations) {
    if (declaration.system !== 'sql') continue;
    for (const right of outcome(declaration, side).rights(other)) {
      yield new WrittenGrant(
        {
          system: 'sql-grants',
          principal: principalOf(right),
          action: right.what,
          resource: right.object,
          scope: [right.kind, right.objectType, ...(right.grantOption ? ['pass on'] : [])],
          condition: right.condition,
          // Beside the gap when nothing of it is left in this text.
          declaration: right.nodes.length > 0 ? declaration : { ...declaration, node: { type: 'object', offset: 0, length: 0 } },
          boxes: right.boxes,
        },
        () => right.nodes.map(side.placeOf),
      );
    }
  }
}

type Sides = Pick<ReadSide, 'tree' | 'declarations' | 'other' | 'changed'>;

function otherSide({ tree, declarations, other, changed }: Sides): Sides {
  return { ...other, other: { tree, declarations }, changed };
}

const OUTCOMES = editMemory<Declaration, { readonly of: readonly TreeNode[]; readonly outcome: SqlOutcome }>();

/** Both sides ask for both. */
function outcome(declaration: Declaration, side: Sides): SqlOutcome {
  const of = statementsThatCount(declaration, side);
  const known = OUTCOMES.get(declaration);
  if (known?.of === of) return known.outcome;
  const made = outcomeOf(of);
  OUTCOMES.set(declaration, { of, outcome: made });
  return made;
}

function principalOf({ grantee, kind }: SqlRight): GrantPrincipal {
  if (kind === 'rows' || kind === 'restriction lost') return { kind: 'group', name: 'PUBLIC', label: 'Everyone who may use the table' };
  if (grantee === 'PUBLIC') return { kind: 'group', name: grantee, label: 'Every role of the database' };
  if (grantee === 'anon') return { kind: 'anyone', name: grantee, label: 'Anyone, without signing in,' };
  if (grantee === 'authenticated') return { kind: 'anyone-signed-in', name: grantee, label: 'Everyone signed in' };
  return { kind: 'user', name: grantee, label: `\`${shortened(grantee)}\`` };
}
