import { type Axis, type Box, globAxis, pathAxis, subtract, type Texts, texts } from './box.ts';
import type { Grant, GrantExpansion, GrantPrincipal } from './grant.ts';

/**
 * The grants of after that the grants of before do not cover, taken together. Exact: a grant is left out when, and only when,
 * every request it allows was allowed before. A grant with unresolved parts covers nothing but its equal.
 */
export function expansionsOf(
  before: readonly Grant[],
  after: readonly Grant[],
  outOfTime: () => boolean,
  likeness: Likeness = 'who or what',
): readonly GrantExpansion[] {
  const changed = changedIn(before, after);
  if (changed.length === 0) return [];
  const known = texts(outOfTime);
  const covering = before.filter((grant) => grant.unresolved !== true).flatMap((grant) => boxesOf(grant));
  // For a few, making an index costs more than looking at all.
  const isFew = changed.length <= FEW;
  const nearest = isFew ? nearestAmong(before, likeness) : nearestIn(before, likeness);
  const index = isFew ? (box: Box) => covering.filter((other) => mayMeet(box, other)) : indexOf(covering);
  return changed.flatMap((grant) => {
    const { left, decided } = leftOf(boxesOf(grant), index, known, outOfTime);
    return left.length === 0 ? [] : [{ grant, nearest: nearest(grant), left, decided }];
  });
}

const FEW = 8;

/** What the grant of before that is most like one must share with it. */
export type Likeness = 'who or what' | 'who';

/** Grants of after that no grant of before says as well: what stands in both lists, what says the same in other places. */
function changedIn(before: readonly Grant[], after: readonly Grant[]): readonly Grant[] {
  const kept = new Set(before);
  const others = after.filter((grant) => !kept.has(grant));
  if (others.length === 0) return [];
  const whose = new Set(others.map(({ principal }) => principal.name));
  const same = new Set(before.filter(({ principal }) => whose.has(principal.name)).map(canonicalText));
  return others.filter((grant) => !same.has(canonicalText(grant)));
}

/** What a grant says, independent of order, layout and the names of declarations. */
export function canonicalText(grant: Grant): string {
  const own = `${grant.principal.name}\n${grant.action}\n${grant.resource}\n${grant.scope.join('\n')}\n${grant.condition ?? ''}\n${grant.unresolved === true}`;
  return grant.boxes === undefined ? own : `${own}\n${grant.boxes.map(boxText).join('\n')}`;
}

function boxText(box: Box): string {
  return box
    .map((axis) => {
      if (axis.kind === 'spans') return axis.spans.map(({ from, to }) => `${from}-${to}`).join();
      if (axis.kind === 'glob') return `${axis.all.join('\t')}\t-\t${axis.not.join('\t')}`;
      return axis.not.length === 0
        ? axis.path.join('\t')
        : `${axis.path.join('\t')}\t-\t${axis.not.map((path) => path.join('\t')).join('\t-\t')}`;
    })
    .join('\n');
}

/** What a grant allows, on the axes principal, action, resource, scope and condition unless the system has its own. */
function boxesOf(grant: Grant): readonly Box[] {
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

/** The boxes that can meet a box, in their order: told apart by the first steps of each path and by plain texts, which is cheap and leaves few. */
function indexOf(boxes: readonly Box[]): (box: Box) => readonly Box[] {
  type Group = { readonly sign: readonly (string | undefined)[]; readonly at: number[] };
  const groups = new Map<string, Group>();
  for (const [i, box] of boxes.entries()) {
    const sign = signOf(box);
    const key = sign.join('\n');
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { sign, at: [i] });
    else group.at.push(i);
  }
  const all = [...groups.values()];
  // Looked up by the place in the sign that tells most of them apart.
  const width = all[0]?.sign.length ?? 0;
  const told = Array.from({ length: width }, (_, i) => new Set(all.map(({ sign }) => sign[i])).size);
  const best = told.indexOf(Math.max(...told, 0));
  const byValue = new Map<string | undefined, Group[]>();
  for (const group of all) {
    const list = byValue.get(group.sign[best]);
    if (list === undefined) byValue.set(group.sign[best], [group]);
    else list.push(group);
  }
  return (box) => {
    const own = signOf(box);
    const value = own[best];
    const near = value === undefined ? all : [...(byValue.get(value) ?? []), ...(byValue.get(undefined) ?? [])];
    return near
      .filter(({ sign }) => sign.every((step, i) => step === undefined || own[i] === undefined || step === own[i]))
      .flatMap((group) => group.at)
      .sort((a, b) => a - b)
      .map((i) => boxes[i] ?? []);
  };
}

/** As the index tells it, of two boxes: false is sure. */
function mayMeet(one: Box, other: Box): boolean {
  return one.every((axis, i) => {
    const there = other[i];
    if (axis.kind === 'path' && there?.kind === 'path')
      return sameStep(axis.path[0], there.path[0]) && sameStep(axis.path[1], there.path[1]);
    if (axis.kind === 'glob' && there?.kind === 'glob') return sameStep(plainText(axis), plainText(there));
    return true;
  });
}

function sameStep(one: string | undefined, other: string | undefined): boolean {
  return one === undefined || other === undefined || one === other;
}

/** For each axis what every member of it shares; undefined where that says nothing. */
function signOf(box: Box): readonly (string | undefined)[] {
  return box.flatMap((axis) => {
    if (axis.kind === 'path') return [axis.path[0], axis.path[1]];
    if (axis.kind === 'spans') return [];
    return [plainText(axis)];
  });
}

/** The one text that a set of texts holds at most; undefined where there may be more. */
function plainText({ all }: Axis & { readonly kind: 'glob' }): string | undefined {
  const [only] = all;
  return all.length === 1 && only?.includes('*') === false ? only : undefined;
}

type Nearest = (grant: Grant) => Grant | undefined;

/** Finds who is most like a grant among those that share its principal or its resource; a few hundred are looked at. */
function nearestIn(before: readonly Grant[], likeness: Likeness): Nearest {
  const near = new Map<string, Grant[]>();
  const add = (key: string, grant: Grant): void => {
    const list = near.get(key);
    if (list === undefined) near.set(key, [grant]);
    else if (list.length < MOST_CANDIDATES) list.push(grant);
  };
  for (const grant of before) {
    add(`who ${grant.principal.name}`, grant);
    if (likeness === 'who or what') add(`what ${grant.resource}`, grant);
  }
  return (grant) => mostAlike(grant, near.get(`what ${grant.resource}`) ?? [], near.get(`who ${grant.principal.name}`) ?? []);
}

/** The same, for a few that are asked about. */
function nearestAmong(before: readonly Grant[], likeness: Likeness): Nearest {
  return (grant) => {
    const what: Grant[] = [];
    const who: Grant[] = [];
    for (const each of before) {
      if (likeness === 'who or what' && each.resource === grant.resource && what.length < MOST_CANDIDATES) what.push(each);
      if (each.principal.name === grant.principal.name && who.length < MOST_CANDIDATES) who.push(each);
    }
    return mostAlike(grant, what, who);
  };
}

function mostAlike(grant: Grant, what: readonly Grant[], who: readonly Grant[]): Grant | undefined {
  let best: Grant | undefined;
  let most = 0;
  const scope = grant.scope.join('/');
  for (const candidates of [what, who]) {
    for (const each of candidates) {
      const alike =
        (each.principal.name === grant.principal.name ? 4 : 0) +
        (each.resource === grant.resource ? 3 : 0) +
        (each.action === grant.action ? 2 : 0) +
        (each.scope.join('/') === scope ? 1 : 0);
      if (alike > most && alike >= 4) {
        most = alike;
        best = each;
      }
    }
  }
  return best;
}

const MOST_CANDIDATES = 200;
