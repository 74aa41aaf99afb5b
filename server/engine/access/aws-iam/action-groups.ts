import { type ActionPattern, actionPattern } from './actions.ts';
import { sorted } from './canonical.ts';
import type { Catalogue, CatalogueAction, ResourceType } from './catalogue.ts';
import type { Tick } from './clock.ts';
import type { Statement } from './statement.ts';
import { type Unlisted, unlistedNames } from './unlisted-actions.ts';

/** Actions that exactly the same statements name, so that one answer holds for all of them. */
export type ActionGroup = {
  readonly listed: readonly Family[];
  /** Actions the catalogue does not know: spelled out, or examples of what a wildcard may come to match. */
  readonly unlisted: readonly Unlisted[];
  /** Indexes of the statements, ascending. */
  readonly statements: readonly number[];
};
/** Actions that can be asked for on the same types of resources. */
export type Family = { readonly types: readonly ResourceType[]; readonly actions: readonly CatalogueAction[] };

/** Statements that name the same actions with the same words: most policies have few such lists. */
export type ActionList = {
  readonly patterns: readonly ActionPattern[];
  readonly notAction: boolean;
  readonly statements: readonly number[];
  /** One of them could widen. */
  readonly interesting: boolean;
};

/** Groups every action that a statement of interest names. `complete` is false when wildcards overlap in too many ways to list. */
export function groupActions(
  statements: readonly Statement[],
  interesting: ReadonlySet<number>,
  catalogue: Catalogue,
  tick: Tick,
): { readonly groups: readonly ActionGroup[]; readonly complete: boolean } {
  const lists = actionLists(statements, interesting);
  const signatures = signatureTable();
  const universe = signaturesOf(lists, catalogue, signatures, tick);

  const groups = new Map<string, { listed: CatalogueAction[]; unlisted: Unlisted[]; chain: readonly number[] }>();
  const groupOf = (chain: readonly number[]) => {
    const key = chain.join();
    let group = groups.get(key);
    if (group === undefined) {
      group = { listed: [], unlisted: [], chain };
      groups.set(key, group);
    }
    return group;
  };
  const bySignature = new Map<number, { listed: CatalogueAction[] }>();
  for (const [action, signature] of universe) {
    let group = bySignature.get(signature);
    if (group === undefined) {
      group = groupOf(signatures.chain(signature));
      bySignature.set(signature, group);
    }
    group.listed.push(action);
  }
  const { names, complete } = unlistedNames(lists, catalogue, tick);
  for (const { name, spelled, chain } of names) {
    if (chain.some((i) => lists[i]?.interesting)) groupOf(chain).unlisted.push({ name, spelled });
  }
  return {
    groups: [...groups.values()].map(({ listed, unlisted, chain }) => ({
      listed: familiesOf(listed),
      unlisted,
      statements: chain.flatMap((i) => lists[i]?.statements ?? []).sort((a, b) => a - b),
    })),
    complete,
  };
}

function actionLists(statements: readonly Statement[], interesting: ReadonlySet<number>): readonly ActionList[] {
  const byKey = new Map<string, { patterns: readonly ActionPattern[]; notAction: boolean; statements: number[]; interesting: boolean }>();
  statements.forEach(({ actions, notAction }, i) => {
    const lower = actions.map(({ text }) => actionPattern(text).lower);
    const key = `${notAction ? '!' : ''}${sorted(lower).join('\n')}`;
    const list = byKey.get(key);
    if (list === undefined) {
      const patterns = sorted(lower).map(actionPattern);
      byKey.set(key, { patterns, notAction, statements: [i], interesting: interesting.has(i) });
    } else {
      list.statements.push(i);
      if (interesting.has(i)) list.interesting = true;
    }
  });
  return [...byKey.values()];
}

/** Each action that a list of interest names, with the number of the chain of lists that name it. */
function signaturesOf(
  lists: readonly ActionList[],
  catalogue: Catalogue,
  signatures: ReturnType<typeof signatureTable>,
  tick: Tick,
): ReadonlyMap<CatalogueAction, number> {
  const universe = new Map<CatalogueAction, number>();
  for (const { patterns, notAction, interesting } of lists) {
    if (!interesting) continue;
    const named = actionsMatched(patterns, catalogue, tick);
    if (notAction) {
      const out = new Set(named);
      for (const action of catalogue.matching('*')) if (!out.has(action)) universe.set(action, NO_LIST);
    } else for (const action of named) universe.set(action, NO_LIST);
  }
  const services = servicesIn(universe.keys());
  lists.forEach(({ patterns, notAction }, i) => {
    const relevant = patterns.filter(({ service }) => service === '' || services.has(service));
    const isAll = relevant.some(({ lower }) => lower === '*');
    const named = isAll ? [] : actionsMatched(relevant, catalogue, tick);
    tick(universe.size / 10);
    if (!notAction && !isAll) {
      for (const action of named) {
        const signature = universe.get(action);
        // Another pattern of the list may have named it.
        if (signature !== undefined && !signatures.endsIn(signature, i)) universe.set(action, signatures.next(signature, i));
      }
    } else {
      const among = new Set(named);
      for (const [action, signature] of universe) {
        if ((isAll || among.has(action)) !== notAction) universe.set(action, signatures.next(signature, i));
      }
    }
  });
  return universe;
}

function actionsMatched(patterns: readonly ActionPattern[], catalogue: Catalogue, tick: Tick): readonly CatalogueAction[] {
  const all: CatalogueAction[] = [];
  for (const { lower, wild, service } of patterns) {
    tick(wild ? (service === '' ? 500 : 20) : 1);
    for (const action of catalogue.matching(lower)) all.push(action);
  }
  return all;
}

/** Most stand behind others of their service. */
function servicesIn(actions: Iterable<CatalogueAction>): ReadonlySet<string> {
  const services = new Set<string>();
  let start = '';
  for (const { lower } of actions) {
    if (start !== '' && lower.startsWith(start)) continue;
    start = lower.slice(0, lower.indexOf(':') + 1);
    services.add(start.slice(0, -1));
  }
  return services;
}

/** Equal lists of types are the same object within a service. */
function familiesOf(actions: readonly CatalogueAction[]): readonly Family[] {
  const families = new Map<readonly ResourceType[], CatalogueAction[]>();
  for (const action of actions) {
    const family = families.get(action.resourceTypes);
    if (family === undefined) families.set(action.resourceTypes, [action]);
    else family.push(action);
  }
  return [...families].map(([types, members]) => ({ types, actions: members }));
}

const NO_LIST = 0;

/** A signature is the chain of lists met so far; equal chains get equal numbers. */
function signatureTable() {
  const chains: (readonly number[])[] = [[]];
  const steps = new Map<number, number>();
  return {
    next: (signature: number, list: number): number => {
      const key = signature * 1_000_000 + list;
      let id = steps.get(key);
      if (id === undefined) {
        id = chains.length;
        chains.push([...(chains[signature] ?? []), list]);
        steps.set(key, id);
      }
      return id;
    },
    chain: (signature: number): readonly number[] => chains[signature] ?? [],
    endsIn: (signature: number, list: number): boolean => chains[signature]?.at(-1) === list,
  };
}
