import { editMemory } from '../edit-memory.ts';
import type { Declaration } from '../systems/declaration.ts';
import type { Grant } from './grant.ts';
import type { ReadSide } from './side.ts';
import type { TwinOf } from './unchanged.ts';

/**
 * The grants of a declaration that has all it needs to give them within itself: those of one that the edit left as it is are made once
 * for both sides. They say the same of both, stand where those of the side asked first stand, and are told of neither.
 */
export function shared(declaration: Declaration, { changed, twinOf }: ReadSide, give: () => Iterable<Grant>): Iterable<Grant> {
  const twin = changed === undefined ? undefined : twinOf(declaration);
  if (twin === undefined) return give();
  const made = madeFor(twinOf);
  return made.get(declaration) ?? keptFor(twin, made, give());
}

function* keptFor(twin: Declaration, made: Map<Declaration, readonly Grant[]>, given: Iterable<Grant>): Generator<Grant> {
  const grants: Grant[] = [];
  for (const grant of given) {
    grants.push(grant);
    yield grant;
  }
  // Not where whoever asks had enough.
  made.set(twin, grants);
}

/** One comparison of two texts has one. */
const MADE = editMemory<TwinOf, Map<Declaration, readonly Grant[]>>();

function madeFor(twinOf: TwinOf): Map<Declaration, readonly Grant[]> {
  const known = MADE.get(twinOf);
  if (known !== undefined) return known;
  const made = new Map<Declaration, readonly Grant[]>();
  MADE.set(twinOf, made);
  return made;
}
