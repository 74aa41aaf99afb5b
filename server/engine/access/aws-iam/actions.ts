import type { Catalogue, CatalogueAction, ResourceType } from './catalogue.ts';
import { DEAD, type Glob, globMaker, matches, MANY, ONE } from './glob.ts';
import type { Statement } from './statement.ts';

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
export type Unlisted = { readonly name: string; readonly spelled: boolean };

/** Groups every action that a statement of interest names. `complete` is false when wildcards overlap in too many ways to list. */
export function groupActions(
  statements: readonly Statement[],
  interesting: ReadonlySet<number>,
  catalogue: Catalogue,
  outOfTime: () => boolean,
): { readonly groups: readonly ActionGroup[]; readonly complete: boolean } {
  const patterns = statements.map((statement) => [...new Set(statement.actions.map(({ text }) => text.trim().toLowerCase()))]);

  const universe = new Map<CatalogueAction, number>();
  for (const i of interesting) {
    const named = patternsMatch(patterns[i] ?? [], catalogue);
    if (statements[i]?.notAction) {
      const out = new Set(named);
      for (const action of catalogue.matching('*')) if (!out.has(action)) universe.set(action, NO_STATEMENT);
    } else for (const action of named) universe.set(action, NO_STATEMENT);
  }
  // A signature is the chain of statements met so far; equal chains get equal numbers.
  const signatures = signatureTable();
  const services = new Set<string>();
  for (const action of universe.keys()) services.add(action.lower.slice(0, action.lower.indexOf(':')));
  statements.forEach((statement, i) => {
    const relevant = (patterns[i] ?? []).filter((pattern) => {
      const prefix = pattern.slice(0, Math.max(0, pattern.indexOf(':')));
      return prefix === '' || /[*?]/.test(prefix) || services.has(prefix);
    });
    const named = relevant.includes('*') ? undefined : new Set(patternsMatch(relevant, catalogue));
    if (!statement.notAction && named !== undefined) {
      for (const action of named) {
        const signature = universe.get(action);
        if (signature !== undefined) universe.set(action, signatures.next(signature, i));
      }
    } else {
      for (const [action, signature] of universe) {
        if ((named === undefined || named.has(action)) !== statement.notAction) universe.set(action, signatures.next(signature, i));
      }
    }
  });

  const groups = new Map<string, { listed: CatalogueAction[]; unlisted: Unlisted[]; statements: readonly number[] }>();
  const groupOf = (chain: readonly number[]) => {
    const key = chain.join();
    let group = groups.get(key);
    if (group === undefined) {
      group = { listed: [], unlisted: [], statements: chain };
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
  const { names, complete } = unlistedNames(patterns, statements, interesting, catalogue, outOfTime);
  for (const { name, spelled, chain } of names) {
    if (chain.some((i) => interesting.has(i))) groupOf(chain).unlisted.push({ name, spelled });
  }
  const withFamilies = [...groups.values()].map((group): ActionGroup => ({ ...group, listed: familiesOf(group.listed) }));
  return { groups: withFamilies, complete };
}

/** Does the statement name this action? */
export function namesAction(statement: Statement, action: string): boolean {
  const lower = action.toLowerCase();
  return statement.actions.some(({ text }) => actionMatches(text, lower)) !== statement.notAction;
}

/** Does a pattern match an action (in lower case)? */
export function actionMatches(pattern: string, lower: string): boolean {
  const glob = pattern.trim().toLowerCase();
  if (glob === '*' || glob === lower) return true;
  return /[*?]/.test(glob) && matches(actionGlob(glob), lower);
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

const NO_STATEMENT = 0;

function patternsMatch(patterns: readonly string[], catalogue: Catalogue): readonly CatalogueAction[] {
  return patterns.flatMap((pattern) => catalogue.matching(pattern));
}

function signatureTable() {
  const chains: (readonly number[])[] = [[]];
  const steps = new Map<number, number>();
  return {
    next: (signature: number, statement: number): number => {
      const key = signature * 1_000_000 + statement;
      let id = steps.get(key);
      if (id === undefined) {
        id = chains.length;
        chains.push([...(chains[signature] ?? []), statement]);
        steps.set(key, id);
      }
      return id;
    },
    chain: (signature: number): readonly number[] => chains[signature] ?? [],
  };
}

type Candidate = { readonly name: string; readonly spelled: boolean; readonly chain: readonly number[] };

/** Names outside the catalogue, one for every set of statements that some such name meets. */
function unlistedNames(
  patterns: readonly (readonly string[])[],
  statements: readonly Statement[],
  interesting: ReadonlySet<number>,
  catalogue: Catalogue,
  outOfTime: () => boolean,
): { readonly names: readonly Candidate[]; readonly complete: boolean } {
  // Patterns by service; those with a wildcard in the service stand apart.
  const own = new Map<string, Set<string>>();
  const across = new Set<string>();
  patterns.forEach((list) => {
    for (const pattern of list) {
      const service = pattern.slice(0, Math.max(0, pattern.indexOf(':')));
      if (service === '' || /[*?]/.test(service)) across.add(pattern);
      else own.set(service, (own.get(service) ?? new Set<string>()).add(pattern));
    }
  });
  across.delete('*');
  const everywhere = [...interesting].some((i) => statements[i]?.notAction || (patterns[i] ?? []).includes('*'));
  const touched = new Set(
    [...interesting].flatMap((i) => (patterns[i] ?? []).map((pattern) => pattern.slice(0, Math.max(0, pattern.indexOf(':'))))),
  );

  const chainOf = chainFinder(patterns, statements);
  const found = new Map<string, Candidate>();
  const consider = (name: string, spelled: boolean): void => {
    const lower = name.toLowerCase();
    if (catalogue.action(lower) !== undefined) return;
    const chain = chainOf(lower);
    const key = spelled ? lower : chain.join();
    if (!found.has(key)) found.set(key, { name, spelled, chain });
  };
  let complete = true;
  const wide = everywhere || [...interesting].some((i) => (patterns[i] ?? []).some((pattern) => across.has(pattern)));
  for (const [service, list] of own) {
    if (!wide && !touched.has(service)) continue;
    if (outOfTime()) return { names: [...found.values()], complete: false };
    for (const pattern of list) if (!/[*?]/.test(pattern)) consider(pattern, true);
    const wild = [...list].filter((pattern) => /[*?]/.test(pattern));
    if (across.size === 0 && wild.every((pattern) => /^[^*?]*\*$/.test(pattern))) {
      for (const pattern of wild) consider(pattern.slice(0, -1) + FRESH, false);
      consider(`${service}:${FRESH}`, false);
    } else {
      const listed = namesMet([...wild, ...across], patterns, `${service}:`, outOfTime);
      if (!listed.complete) complete = false;
      for (const name of listed.names) consider(name, false);
    }
  }
  if (wide) {
    const listed = namesMet([...across], patterns, '', outOfTime);
    if (!listed.complete) complete = false;
    for (const name of listed.names) if (name.includes(':')) consider(name, false);
    consider(`${FRESH}:${FRESH}`, false);
  }
  const names = [...found.values()].map((each) => (each.spelled ? each : { ...each, name: readable(each, chainOf, catalogue) }));
  return { names, complete };
}

/** A character that no action name and no sensible pattern has. */
const FRESH = '\u{f8ff}';
const FILLERS = ['NewAction', 'Another', 'Xq7', 'zz'];

/** The same kind of name in letters a person can read. */
function readable({ name, chain }: Candidate, chainOf: (lower: string) => readonly number[], catalogue: Catalogue): string {
  for (const filler of FILLERS) {
    const text = name.startsWith(`${FRESH}:`) ? `new-service:${filler}` : name.replaceAll(FRESH, filler);
    const lower = text.toLowerCase();
    if (catalogue.action(lower) === undefined && chainOf(lower).join() === chain.join()) return text;
  }
  return name.replaceAll(FRESH, 'µ');
}

function chainFinder(patterns: readonly (readonly string[])[], statements: readonly Statement[]): (lower: string) => readonly number[] {
  const byService = new Map<string, { readonly statement: number; readonly pattern: string }[]>();
  const anywhere: { readonly statement: number; readonly pattern: string }[] = [];
  patterns.forEach((list, statement) => {
    for (const pattern of list) {
      const service = pattern.slice(0, Math.max(0, pattern.indexOf(':')));
      if (service === '' || /[*?]/.test(service)) anywhere.push({ statement, pattern });
      else byService.set(service, [...(byService.get(service) ?? []), { statement, pattern }]);
    }
  });
  const memo = new Map<string, readonly number[]>();
  return (lower) => {
    const known = memo.get(lower);
    if (known !== undefined) return known;
    const named = new Set<number>();
    for (const { statement, pattern } of [...anywhere, ...(byService.get(lower.slice(0, lower.indexOf(':'))) ?? [])]) {
      if (!named.has(statement) && actionMatches(pattern, lower)) named.add(statement);
    }
    const chain = statements.flatMap((statement, i) => (named.has(i) !== statement.notAction ? [i] : []));
    memo.set(lower, chain);
    return chain;
  };
}

/** One name for every set of the patterns that some name with this start and a fresh character in it can meet. */
function namesMet(
  wanted: readonly string[],
  patterns: readonly (readonly string[])[],
  start: string,
  outOfTime: () => boolean,
): { readonly names: readonly string[]; readonly complete: boolean } {
  const globs = wanted.map(actionGlob);
  const owners = wanted.map((pattern) => patterns.flatMap((list, statement) => (list.includes(pattern) ? [statement] : [])));
  // Once a pattern takes whatever follows, its statements are decided, and their other patterns need not be followed.
  const settled = (states: readonly number[]): number[] => {
    const decided = new Map<number, number>();
    states.forEach((state, i) => {
      if (state === DEAD || !globs[i]?.machine.takesAll(state)) return;
      for (const statement of owners[i] ?? []) if (!decided.has(statement)) decided.set(statement, i);
    });
    return states.map((state, i) => ((owners[i] ?? []).every((statement) => (decided.get(statement) ?? i) !== i) ? DEAD : state));
  };
  const units = new Set<number>([COLON, FRESH.charCodeAt(0)]);
  for (const glob of globs) for (const token of glob.tokens) if (token >= 0) units.add(token);
  let first = globs.map((glob) => glob.machine.start);
  for (const c of start) first = globs.map((glob, i) => stepOf(glob, first[i] ?? DEAD, c.charCodeAt(0)));
  const names = new Map<string, string>();
  const seen = new Set([first.join()]);
  const queue = [{ states: first, text: start }];
  for (let head = 0; head < queue.length; head++) {
    if (queue.length > MOST_STATES || (head % 64 === 63 && outOfTime())) return { names: [...names.values()], complete: false };
    const { states, text } = queue[head] ?? { states: [], text: '' };
    const fresh = text.includes(FRESH);
    if (fresh) {
      const met = globs.map((glob, i) => ((states[i] ?? DEAD) !== DEAD && glob.machine.accepts(states[i] ?? DEAD) ? '1' : '0')).join('');
      if (!names.has(met)) names.set(met, text);
    }
    for (const unit of units) {
      const next = settled(globs.map((glob, i) => stepOf(glob, states[i] ?? DEAD, unit)));
      if (next.every((state) => state === DEAD)) continue;
      const key = `${fresh || unit === FRESH.charCodeAt(0) ? 'f' : ''}${next.join()}`;
      if (seen.has(key)) continue;
      seen.add(key);
      queue.push({ states: next, text: text + String.fromCharCode(unit) });
    }
  }
  return { names: [...names.values()], complete: true };
}

const MOST_STATES = 10_000;
const COLON = 58;

function stepOf(glob: Glob, state: number, unit: number): number {
  return state === DEAD ? DEAD : glob.machine.step(state, unit);
}

/** Globs of actions live as long as the process: there are few, and edits repeat them. */
function actionGlob(lower: string): Glob {
  let glob = actionGlobs.get(lower);
  if (glob === undefined) {
    if (actionGlobs.size > 5_000) actionGlobs.clear();
    const tokens = lower.split('').map((c) => (c === '*' ? MANY : c === '?' ? ONE : c.charCodeAt(0)));
    glob = globMaker()(lower, tokens, false);
    actionGlobs.set(lower, glob);
  }
  return glob;
}

const actionGlobs = new Map<string, Glob>();
