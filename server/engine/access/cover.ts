import { type Box, globAxis, pathAxis, subtract, type Texts, texts } from './box.ts';
import type { Grant, GrantExpansion, GrantPrincipal } from './grant.ts';

/**
 * The grants of after that the grants of before do not cover, taken together. Exact: a grant is left out when, and only when,
 * every request it allows was allowed before. A grant with unresolved parts covers nothing but its equal.
 */
export function expansionsOf(before: readonly Grant[], after: readonly Grant[], outOfTime: () => boolean): readonly GrantExpansion[] {
  const same = new Set(before.map(canonicalText));
  const changed = after.filter((grant) => !same.has(canonicalText(grant)));
  if (changed.length === 0) return [];
  const known = texts(outOfTime);
  const covering = before.filter((grant) => grant.unresolved !== true);
  const index = indexOf(covering.flatMap((grant) => boxesOf(grant)));
  return changed.flatMap((grant) => {
    const { left, decided } = leftOf(boxesOf(grant), index, known, outOfTime);
    return left.length === 0 ? [] : [{ grant, nearest: nearestOf(grant, before), left, decided }];
  });
}

/** What a grant says, independent of order, layout and the names of declarations. */
export function canonicalText(grant: Grant): string {
  const boxes = grant.boxes?.map((box) =>
    box.map((axis) => (axis.kind === 'spans' ? axis.spans.map(({ from, to }) => `${from}-${to}`).join() : axis)),
  );
  return JSON.stringify([
    grant.principal.name,
    grant.action,
    grant.resource,
    grant.scope,
    grant.condition ?? null,
    grant.unresolved === true,
    boxes ?? null,
  ]);
}

/** What a grant allows, on the axes principal, action, resource, scope and condition unless the system has its own. */
export function boxesOf(grant: Grant): readonly Box[] {
  return (
    grant.boxes ?? [
      [
        pathAxis(...principalPath(grant.principal)),
        globAxis(grant.action),
        globAxis(grant.resource),
        pathAxis(...grant.scope),
        grant.condition === undefined ? pathAxis() : pathAxis(grant.condition),
      ],
    ]
  );
}

function principalPath({ kind, name }: GrantPrincipal): readonly string[] {
  if (kind === 'anyone') return [];
  if (kind === 'anyone-signed-in') return ['signed in'];
  return ['signed in', `${kind} ${name}`];
}

const MOST_PIECES = 2_000;

function leftOf(
  boxes: readonly Box[],
  index: (box: Box) => readonly Box[],
  known: Texts,
  outOfTime: () => boolean,
): { readonly left: readonly Box[]; readonly decided: boolean } {
  let left: readonly Box[] = boxes;
  const near = new Set(boxes.flatMap(index));
  for (const other of near) {
    left = left.flatMap((box) => subtract(box, other, known));
    if (left.length === 0) return { left, decided: true };
    if (left.length > MOST_PIECES || outOfTime()) return { left: boxes, decided: false };
  }
  return { left, decided: true };
}

/** The boxes that can meet a box: told apart by the first step of each path, which is cheap and leaves few. */
function indexOf(boxes: readonly Box[]): (box: Box) => readonly Box[] {
  const plainTexts = (box: Box): readonly (string | undefined)[] =>
    box.map((axis) =>
      axis.kind === 'path'
        ? axis.path[0]
        : axis.kind === 'glob' && axis.all.length === 1 && axis.all[0]?.includes('*') === false
          ? axis.all[0]
          : undefined,
    );
  // Boxes of one signature differ only below what the signature tells.
  const groups = new Map<string, { readonly sign: readonly (string | undefined)[]; readonly boxes: Box[] }>();
  for (const box of boxes) {
    const sign = plainTexts(box);
    const key = JSON.stringify(sign);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { sign, boxes: [box] });
    else group.boxes.push(box);
  }
  return (box) => {
    const own = plainTexts(box);
    const near: Box[] = [];
    for (const { sign, boxes: some } of groups.values()) {
      if (sign.every((step, i) => step === undefined || own[i] === undefined || step === own[i])) near.push(...some);
    }
    return near;
  };
}

function nearestOf(grant: Grant, before: readonly Grant[]): Grant | undefined {
  let best: Grant | undefined;
  let most = 0;
  for (const each of before) {
    const alike =
      (each.principal.name === grant.principal.name ? 4 : 0) +
      (each.resource === grant.resource ? 3 : 0) +
      (each.action === grant.action ? 2 : 0) +
      (each.scope.join('/') === grant.scope.join('/') ? 1 : 0);
    if (alike > most && alike >= 4) {
      most = alike;
      best = each;
    }
  }
  return best;
}
