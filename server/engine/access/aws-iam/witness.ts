import type { Case } from './cases.ts';
import type { ResourceType } from './catalogue.ts';
import type { Comparison } from './comparison.ts';
import type { ContextValue } from './condition-test.ts';
import { atomsIn } from './principals.ts';
import type { Piece } from './requests.ts';

/** The statements of a group by what they do. Indexes point into the comparison's entries. */
export type Members = {
  readonly allowAfter: readonly number[];
  readonly denyAfter: readonly number[];
  readonly allowBefore: readonly number[];
  readonly denyBefore: readonly number[];
};

/** Parts of the space in which each of these actions is newly allowed. */
export type Evidence = {
  readonly actions: readonly { readonly name: string }[];
  readonly pieces: readonly Piece[];
  readonly types: readonly ResourceType[] | undefined;
  readonly members: Members;
  readonly within: Case;
};

export type WitnessFound = {
  readonly principal: string;
  readonly action: string;
  readonly resource: string;
  readonly context: ReadonlyMap<string, ContextValue>;
  /** Evaluated against both sides: allowed after, refused before. */
  readonly checked: boolean;
  /** Its action is in the catalogue. */
  readonly listed: boolean;
};

/** A request for the action out of the evidence: the first that is checked, else the first. Resources that are `liked` come first. */
export function findWitness(
  action: string,
  listed: boolean,
  { pieces, types, members, within: { space, boxOf } }: Evidence,
  liked: readonly string[],
  assumed: boolean,
  { principals }: Comparison,
): { readonly witness: WitnessFound | undefined; readonly tries: number } {
  let tries = 0;
  let first: WitnessFound | undefined;
  for (const piece of pieces) {
    const atom = atomsIn(piece.principals, principals)[0];
    if (atom === undefined) continue;
    tries++;
    const found = space.regions.resourceIn(piece.region, types);
    const resource =
      liked.find((each) => space.regions.holds(piece.region, types, each)) ?? (found.kind === 'some' ? found.text : undefined);
    const { context, sure, decided } = space.contextIn(piece);
    const bit = 1n << BigInt(principals.atoms.indexOf(atom));
    const allowed = (allow: readonly number[], deny: readonly number[]): boolean =>
      resource !== undefined &&
      allow.some((i) => space.holdsIn(boxOf(i), bit, resource, context)) &&
      !deny.some((i) => space.holdsIn(boxOf(i), bit, resource, context));
    const checked =
      sure && decided && !assumed && allowed(members.allowAfter, members.denyAfter) && !allowed(members.allowBefore, members.denyBefore);
    const witness = { principal: atom.example, action, resource: resource ?? '', context, checked, listed };
    if (checked) return { witness, tries };
    first ??= witness;
  }
  return { witness: first, tries };
}
