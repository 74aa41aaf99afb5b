import type { Tick } from './clock.ts';
import { at, type Comparison, type Entry } from './comparison.ts';
import { variablesIn, type Valuation } from './pattern.ts';
import type { Box, BoxedStatement, Space, SpaceMaker } from './requests.ts';
import type { Statement } from './statement.ts';
import { valuationMaker } from './valuations.ts';

/** One case of the policy variables: what the statements of a comparison are in it. Indexes are those of its entries. */
export type Case = {
  readonly space: Space;
  readonly boxOf: (i: number) => Box;
  /** Surely no request is in both statements. */
  readonly apart: (i: number, j: number) => boolean;
  /** Surely some request is in both, as far as can be decided. */
  readonly touch: (i: number, j: number) => boolean;
};

/**
 * The cases to look at for statement `of` among some statements: only the variables of those that can meet it count.
 * Equal cases are the same object. `complete` is false when there are too many to look at all.
 */
export function caseMaker(
  comparison: Comparison,
  spaceFor: SpaceMaker,
  tick: Tick,
): (of: number, statements: readonly number[]) => { readonly cases: readonly Case[]; readonly complete: boolean } {
  const valuationsOf = valuationMaker(comparison.entries, tick);
  const known = new Map<string, Case>();
  const caseFor = (valuation: Valuation): Case => {
    const key = JSON.stringify([...valuation]);
    let one = known.get(key);
    if (one === undefined) {
      one = caseOf(spaceFor(valuation), comparison.entries);
      known.set(key, one);
    }
    return one;
  };
  const plain = caseFor(new Map());
  const withVariables = new Set<number>();
  comparison.entries.forEach(({ statement, variables }, i) => {
    if (variables && hasVariables(statement)) withVariables.add(i);
  });
  if (withVariables.size === 0) return () => ({ cases: [plain], complete: true });
  const loosely = caseOf(spaceFor(LOOSE), comparison.entries.map(loosened));
  return (of, statements) => {
    if (!statements.some((i) => withVariables.has(i))) return { cases: [plain], complete: true };
    const near = statements.filter((i) => i === of || !loosely.apart(of, i));
    if (!near.some((i) => withVariables.has(i))) return { cases: [plain], complete: true };
    const { valuations, complete } = valuationsOf(near);
    return { cases: valuations.map(caseFor), complete };
  };
}

const LOOSE: Valuation = new Map();

function hasVariables({ resources, conditions }: Statement): boolean {
  const has = ({ text }: { readonly text: string }): boolean => variablesIn(text, true).length > 0;
  return resources.some(has) || conditions.some(({ values }) => values.some(has));
}

/** Wide enough for every case of its variables, as far as resources go. */
function loosened({ statement, variables, principals }: Entry): Boxed {
  const resources = statement.resources.map((resource) => {
    if (variablesIn(resource.text, variables).length === 0) return resource;
    const [, , , , , ...rest] = resource.text.split(':');
    const start = resource.text.slice(0, resource.text.length - rest.join(':').length);
    // A value may have colons of its own, which would shift the fields of an ARN.
    const text = rest.length === 0 || start.includes('${') ? '*' : resource.text.replace(/\$\{[^}]*\}/g, '*');
    return { text };
  });
  return { variables, principals, statement: { resources, notResource: statement.notResource, conditions: [] } };
}

/** What a box is made of. */
type Boxed = Pick<Entry, 'variables' | 'principals'> & { readonly statement: BoxedStatement };

function caseOf(space: Space, entries: readonly Boxed[]): Case {
  const boxes = new Map<number, Box>();
  const boxOf = (i: number): Box => {
    let box = boxes.get(i);
    if (box === undefined) {
      const entry = at(entries, i);
      box = space.boxOf(entry.statement, entry.variables, entry.principals);
      boxes.set(i, box);
    }
    return box;
  };
  const pairwise = (answer: (one: Box, other: Box) => boolean): Case['apart'] => {
    const rows = new Map<number, Uint8Array>();
    return (i, j) => {
      let row = rows.get(i);
      if (row === undefined) {
        row = new Uint8Array(entries.length);
        rows.set(i, row);
      }
      if (row[j] === UNKNOWN) row[j] = answer(boxOf(i), boxOf(j)) ? YES : NO;
      return row[j] === YES;
    };
  };
  const apart = pairwise(space.apart);
  const meet = pairwise((one, other) => {
    const piece = space.whole(one);
    return piece !== undefined && space.within(piece, other) !== undefined;
  });
  return { space, boxOf, apart, touch: (i, j) => !apart(i, j) && meet(i, j) };
}

const [UNKNOWN, YES, NO] = [0, 1, 2];
