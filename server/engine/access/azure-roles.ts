import { azureRole, azureRoleKind } from '../packs/azure-built-in-roles.ts';
import { AZURE_ACCESS_RULES } from '../packs/azure-access-rules.ts';
import type { Declaration } from '../systems/declaration.ts';
import { assignmentOf, azureKind, type AzureScope, definitionOf } from './azure-declared.ts';
import { azureFindings } from './azure-findings.ts';
import { type Axis, globAxis, pathAxis } from './box.ts';
import type { Grant, GrantPrincipal } from './grant.ts';
import type { AccessSystem, ReadSide } from './side.ts';
import { shortened } from './wording.ts';

/** Azure: who × actions less notActions, of both planes × scopes; role definitions, and assignments of built-in roles. */
export const azureRoles: AccessSystem = {
  id: 'azure-roles',
  systems: ['arm', 'bicep', 'terraform', 'azure-role'],
  concerns: (declaration) => azureKind(declaration) !== undefined,
  grants,
  findings: azureFindings,
  subjectOf: ({ principal, scope }) => `${principal.name} ${scope.join('/')}`,
  rules: AZURE_ACCESS_RULES,
};

function* grants(side: ReadSide): Generator<Grant> {
  const below = hierarchyOf(side);
  for (const grant of everyGrant(side)) yield { ...grant, boxes: grant.boxes?.map((each) => [...each.slice(0, 3), below(each[3])]) };
}

/** Which subscription is in which management group is in no file: the only group that a file speaks of is taken to hold all it speaks of. */
function hierarchyOf(side: ReadSide): (scope: Axis | undefined) => Axis {
  const groups = new Set(
    [side, { ...side, declarations: side.other.declarations }].flatMap((each) =>
      [...everyGrant(each)].flatMap(({ scope: [level, first] }) => (level === 'management group' ? [first] : [])),
    ),
  );
  return (scope) => (scope?.kind === 'path' && groups.size === 1 && groups.has(scope.path[0]) ? pathAxis() : (scope ?? pathAxis()));
}

function* everyGrant(side: ReadSide): Generator<Grant> {
  for (const declaration of side.declarations) {
    const kind = azureKind(declaration);
    if (kind === 'definition') yield* definitionGrants(declaration, side);
    if (kind === 'assignment') yield* assignmentGrants(declaration, side);
  }
}

function* definitionGrants(declaration: Declaration, side: ReadSide): Generator<Grant> {
  const { name, permissions, scopes } = definitionOf(declaration);
  const identity = side.identityOf(declaration);
  const principal: GrantPrincipal = {
    kind: 'unknown',
    name: `role ${identity}`,
    label: `Whoever has role \`${shortened(bareName(name, declaration))}\``,
  };
  for (const { plane, actions, notActions } of permissions) {
    for (const action of actions) {
      for (const { scope, node } of scopes) {
        yield {
          ...base(principal, action.text, scope, declaration),
          unresolved: action.unresolved,
          places: [action.node, ...notActions.map((each) => each.node), ...(node === undefined ? [] : [node])].map(side.placeOf),
          boxes: [
            box(
              ['definition', identity],
              [plane],
              globAxis(
                action.text.toLowerCase(),
                notActions.map((each) => each.text.toLowerCase()),
              ),
              scope,
            ),
          ],
        };
      }
    }
  }
}

function* assignmentGrants(declaration: Declaration, side: ReadSide): Generator<Grant> {
  const found = assignmentOf(declaration);
  if (found === undefined) return;
  const { role, principal: to, scope, scopeNode } = found;
  const known = azureRole(role.text);
  const name = known?.name ?? role.text;
  const principal: GrantPrincipal = {
    kind: 'unknown',
    name: to.text,
    label: to.unresolved ? `The holder of \`${shortened(bareName(declaration.name, declaration))}\`` : `\`${shortened(to.text)}\``,
  };
  const places = [role.node, to.node, ...(scopeNode === undefined ? [] : [scopeNode]), declaration.node].map(side.placeOf);
  // Who it is may be a reference; it is the same reference before and after, or somebody new.
  const who = ['assignment', to.text];
  const data = known?.kind === 'data' || known?.kind === 'secrets' || (known === undefined && /data|secrets|blob|queue/i.test(name));
  const boxes =
    known?.actions === undefined
      ? [box(who, [data ? 'data' : 'control'], globAxis(`role ${name.toLowerCase()}`), scope)]
      : known.actions.map((action) => box(who, ['control'], globAxis(action, known.notActions), scope));
  yield {
    ...base(principal, name, scope, declaration),
    places,
    boxes,
    unresolved: role.unresolved && known === undefined && azureRoleKind(role.text) === 'other',
  };
}

function base(principal: GrantPrincipal, action: string, scope: AzureScope, declaration: Declaration): Omit<Grant, 'places'> {
  return { system: 'azure-roles', principal, action, resource: scope.name, scope: [scope.level, ...scope.path], declaration };
}

function box(who: readonly string[], plane: readonly string[], actions: Axis, scope: AzureScope): readonly Axis[] {
  return [pathAxis(...who), pathAxis(...plane), actions, pathAxis(...scope.path)];
}

/** A name that is worked out elsewhere is best called by its declaration. */
function bareName(name: string, declaration: Declaration): string {
  return name.includes('${') || /^\[.*\]$/.test(name)
    ? (declaration.key.split(/[./]/).findLast((step) => !step.includes('$') && !step.includes('(')) ?? name)
    : name;
}
