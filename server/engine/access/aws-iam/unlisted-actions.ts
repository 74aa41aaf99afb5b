import type { ActionList } from './action-groups.ts';
import { actionGlob, type ActionPattern, matchesAction } from './actions.ts';
import type { Catalogue } from './catalogue.ts';
import type { Tick } from './clock.ts';
import { DEAD, type Glob } from './glob.ts';

/** An action outside the catalogue. `spelled`: a policy names it; otherwise it stands for those that AWS may add. */
export type Unlisted = { readonly name: string; readonly spelled: boolean };

type Candidate = Unlisted & { readonly chain: readonly number[] };

/** Names outside the catalogue, one for every set of lists that some such name meets. `chain`: indexes of those lists, ascending. */
export function unlistedNames(
  lists: readonly ActionList[],
  catalogue: Catalogue,
  tick: Tick,
): { readonly names: readonly Candidate[]; readonly complete: boolean } {
  // Patterns by service; those that leave the service open stand apart.
  const own = new Map<string, Set<ActionPattern>>();
  const across = new Set<ActionPattern>();
  const touched = new Set<string>();
  let wide = false;
  for (const { patterns, notAction, interesting } of lists) {
    if (interesting && notAction) wide = true;
    for (const pattern of patterns) {
      if (interesting && pattern.service === '') wide = true;
      if (interesting) touched.add(pattern.service);
      if (pattern.service !== '') own.set(pattern.service, (own.get(pattern.service) ?? new Set<ActionPattern>()).add(pattern));
      else if (pattern.lower !== '*') across.add(pattern);
    }
  }

  const chainOf = chainFinder(lists, tick);
  const found = new Map<string, Candidate>();
  const consider = (name: string, spelled: boolean): void => {
    const lower = name.toLowerCase();
    if (catalogue.action(lower) !== undefined) return;
    const chain = chainOf(lower);
    const key = spelled ? lower : chain.join();
    if (!found.has(key)) found.set(key, { name, spelled, chain });
  };
  let complete = true;
  for (const [service, patterns] of own) {
    if (!wide && !touched.has(service)) continue;
    for (const { lower, wild } of patterns) if (!wild) consider(lower, true);
    const wild = [...patterns].filter((pattern) => pattern.wild);
    if (across.size === 0 && wild.every(({ lower, start }) => lower.length === start.length + 1 && lower.endsWith('*'))) {
      for (const { start } of wild) consider(start + FRESH, false);
      consider(`${service}:${FRESH}`, false);
    } else {
      const listed = namesMet([...wild, ...across], lists, `${service}:`, tick);
      if (!listed.complete) complete = false;
      for (const name of listed.names) consider(name, false);
    }
  }
  if (wide) {
    const listed = namesMet([...across], lists, '', tick);
    if (!listed.complete) complete = false;
    for (const name of listed.names) if (name.includes(':')) consider(name, false);
    consider(`${FRESH}:${FRESH}`, false);
  }
  const names = [...found.values()].map((each) => (each.spelled ? each : { ...each, name: readable(each, chainOf, catalogue) }));
  return { names, complete };
}

/** A character that no action name and no sensible pattern has. */
const FRESH = '\u{f8ff}';
const FRESH_UNIT = FRESH.charCodeAt(0);
const FILLERS = ['NewAction', 'Another', 'Xq7', 'zz'];

/** The same kind of name in letters a person can read. */
function readable({ name, chain }: Candidate, chainOf: (lower: string) => readonly number[], catalogue: Catalogue): string {
  const key = chain.join();
  for (const filler of FILLERS) {
    const text = name.startsWith(`${FRESH}:`) ? `new-service:${filler}` : name.replaceAll(FRESH, filler);
    const lower = text.toLowerCase();
    if (catalogue.action(lower) === undefined && chainOf(lower).join() === key) return text;
  }
  return name.replaceAll(FRESH, 'µ');
}

function chainFinder(lists: readonly ActionList[], tick: Tick): (lower: string) => readonly number[] {
  const memo = new Map<string, readonly number[]>();
  return (lower) => {
    let chain = memo.get(lower);
    if (chain === undefined) {
      chain = lists.flatMap(({ patterns, notAction }, i) => {
        tick(1 + patterns.length / 10);
        return patterns.some((pattern) => matchesAction(pattern, lower)) !== notAction ? [i] : [];
      });
      memo.set(lower, chain);
    }
    return chain;
  };
}

/** One name for every set of the patterns that some name with this start and a fresh character in it can meet. */
function namesMet(
  wanted: readonly ActionPattern[],
  lists: readonly ActionList[],
  start: string,
  tick: Tick,
): { readonly names: readonly string[]; readonly complete: boolean } {
  const globs = wanted.map(({ lower }) => actionGlob(lower));
  const owners = wanted.map((pattern) => lists.flatMap(({ patterns }, i) => (patterns.includes(pattern) ? [i] : [])));
  // Once a pattern takes whatever follows, its lists are decided, and their other patterns need not be followed.
  const settled = (states: readonly number[]): number[] => {
    const decided = new Map<number, number>();
    states.forEach((state, i) => {
      if (state === DEAD || !globs[i]?.machine.takesAll(state)) return;
      for (const list of owners[i] ?? []) if (!decided.has(list)) decided.set(list, i);
    });
    return states.map((state, i) => ((owners[i] ?? []).every((list) => (decided.get(list) ?? i) !== i) ? DEAD : state));
  };
  const units = new Set<number>([COLON, FRESH_UNIT]);
  for (const glob of globs) for (const token of glob.tokens) if (token >= 0) units.add(token);
  let first = globs.map((glob) => glob.machine.start);
  for (const c of start) first = globs.map((glob, i) => stepOf(glob, first[i] ?? DEAD, c.charCodeAt(0)));
  const names = new Map<string, string>();
  const seen = new Set([first.join()]);
  const queue = [{ states: first, text: start }];
  for (let head = 0; head < queue.length; head++) {
    if (queue.length > MOST_STATES) return { names: [...names.values()], complete: false };
    const { states, text } = queue[head] ?? { states: [], text: '' };
    const fresh = text.includes(FRESH);
    if (fresh) {
      const met = globs.map((glob, i) => ((states[i] ?? DEAD) !== DEAD && glob.machine.accepts(states[i] ?? DEAD) ? '1' : '0')).join('');
      if (!names.has(met)) names.set(met, text);
    }
    for (const unit of units) {
      tick(1 + globs.length / 4);
      const next = settled(globs.map((glob, i) => stepOf(glob, states[i] ?? DEAD, unit)));
      if (next.every((state) => state === DEAD)) continue;
      const key = `${fresh || unit === FRESH_UNIT ? 'f' : ''}${next.join()}`;
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
