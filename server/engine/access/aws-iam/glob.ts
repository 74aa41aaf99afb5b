/**
 * One pattern of a policy as tokens. A token of 0 and up is a UTF-16 unit; below are the wildcards.
 * In the first five fields of an ARN a wildcard does not cross a colon.
 */
export type Glob = {
  readonly id: number;
  /** As written, for display. */
  readonly text: string;
  readonly tokens: readonly number[];
  /** Letters compare without case; the tokens are lower case then. */
  readonly anyCase: boolean;
  /** The one string it matches, when it has no wildcard and its case counts. */
  readonly literal: string | undefined;
  /** Where a plain "many" at its end is its only wildcard and its case counts: what stands before that. */
  readonly start: string | undefined;
  /** Matches every string. */
  readonly universal: boolean;
  readonly machine: Machine;
  /** Tokens of the six fields when it is the pattern of an ARN whose first five fields keep to themselves. */
  readonly fields: readonly (readonly number[])[] | undefined;
  /** Whether what matches has a "/" in its last field. */
  readonly slash: 'always' | 'never' | 'maybe';
};

export const ONE = -1;
export const ONE_NO_COLON = -2;
export const ONE_NO_SEPARATOR = -3;
export const MANY = -4;
export const MANY_NO_COLON = -5;
export const MANY_NO_SEPARATOR = -6;

/** Makes globs; equal ones are the same object, so that ids can be compared. */
export function globMaker(): (text: string, tokens: readonly number[], anyCase: boolean) => Glob {
  const known = new Map<string, Glob>();
  return (text, tokens, anyCase) => {
    const parts = partsOf(anyCase ? tokens.map(lowerUnit) : tokens, anyCase);
    const found = known.get(parts.key);
    if (found !== undefined) return found;
    const glob: Glob = { id: known.size, text, anyCase, machine: machineOf(parts.told.tokens, anyCase), ...parts.told };
    known.set(parts.key, glob);
    return glob;
  };
}

/** What is worked out of the tokens alone. `key`: equal for equal globs. */
type Parts = {
  readonly key: string;
  readonly told: Pick<Glob, 'tokens' | 'literal' | 'start' | 'universal' | 'fields' | 'slash'>;
};

function partsOf(written: readonly number[], anyCase: boolean): Parts {
  const tokens = simplified(written);
  const fields = fieldsOf(tokens);
  const told = {
    tokens,
    literal: anyCase || tokens.some((token) => token < 0) ? undefined : String.fromCharCode(...tokens),
    start: anyCase ? undefined : startOf(tokens),
    universal: tokens.length === 1 && tokens[0] === MANY,
    fields,
    slash: slashIn(fields?.[5] ?? tokens),
  };
  return { key: `${anyCase ? 'i' : 's'}${tokens.join(',')}`, told };
}

export function matches(glob: Glob, text: string): boolean {
  if (glob.universal) return true;
  if (glob.literal !== undefined) return glob.literal === text;
  if (glob.start !== undefined) return text.startsWith(glob.start);
  let state = glob.machine.start;
  for (let i = 0; i < text.length && state !== DEAD; i++) state = glob.machine.step(state, text.charCodeAt(i));
  return state !== DEAD && glob.machine.accepts(state);
}

/** Surely every string of `inner` is one of `outer`; false may also mean "not seen". */
export function covers(outer: Glob, inner: Glob): boolean {
  if (outer === inner || outer.universal) return true;
  if (inner.literal !== undefined) return matches(outer, inner.literal);
  const a = outer.tokens;
  const b = inner.tokens;
  // Positions of `outer` reachable after each token of `inner`; a wildcard of `inner` is taken as one opaque token.
  let at = pruned(a, closure(a, [0]));
  for (const token of b) {
    const next: number[] = [];
    for (const p of at) {
      const own = a[p];
      if (own === undefined) continue;
      if (own >= 0) {
        if (own === token && (outer.anyCase || !inner.anyCase || !hasCase(own))) next.push(p + 1);
        else if (outer.anyCase && token >= 0 && own === lowerUnit(token)) next.push(p + 1);
      } else if (admitsToken(own, token)) {
        if (isMany(own)) next.push(p);
        else if (!isMany(token)) next.push(p + 1);
      }
    }
    if (next.length === 0) return false;
    at = pruned(a, closure(a, next));
  }
  return at.includes(a.length);
}

/** Surely no string is in both; false may also mean "not seen". */
export function surelyDisjoint(a: Glob, b: Glob): boolean {
  if (a.literal !== undefined) return !matches(b, a.literal);
  if (b.literal !== undefined) return !matches(a, b.literal);
  if (a.fields === undefined || b.fields === undefined) return endsDiffer(a.tokens, b.tokens);
  if ((a.slash === 'always' && b.slash === 'never') || (a.slash === 'never' && b.slash === 'always')) return true;
  // The last field tells most of them apart.
  for (let i = a.fields.length - 1; i >= 0; i--) if (endsDiffer(a.fields[i] ?? [], b.fields[i] ?? [])) return true;
  return false;
}

/** Two sequences that cannot mean the same because their literal starts or ends differ. */
function endsDiffer(a: readonly number[], b: readonly number[]): boolean {
  const length = Math.min(a.length, b.length);
  let i = 0;
  for (; i < length; i++) {
    const x = a[i] ?? 0;
    const y = b[i] ?? 0;
    if (isMany(x) || isMany(y)) break;
    if (x >= 0 && y >= 0 && lowerUnit(x) !== lowerUnit(y)) return true;
  }
  if (i === length) {
    // One of them is used up: what the other still needs tells them apart.
    const rest = a.length > b.length ? a : b;
    return rest.slice(i).some((token) => !isMany(token));
  }
  for (let j = 1; j <= length; j++) {
    const x = a[a.length - j] ?? 0;
    const y = b[b.length - j] ?? 0;
    if (isMany(x) || isMany(y)) break;
    if (x >= 0 && y >= 0 && lowerUnit(x) !== lowerUnit(y)) return true;
  }
  return false;
}

function startOf(tokens: readonly number[]): string | undefined {
  const start = tokens.slice(0, -1);
  return tokens.at(-1) === MANY && start.every((token) => token >= 0) ? String.fromCharCode(...start) : undefined;
}

function fieldsOf(tokens: readonly number[]): readonly (readonly number[])[] | undefined {
  const fields: number[][] = [[]];
  for (const token of tokens) {
    if (fields.length <= 5) {
      if (token === COLON) {
        fields.push([]);
        continue;
      }
      if (token === ONE || token === MANY) return undefined;
    }
    fields.at(-1)?.push(token);
  }
  return fields.length > 5 ? fields : undefined;
}

function slashIn(tokens: readonly number[]): Glob['slash'] {
  if (tokens.includes(SLASH)) return 'always';
  return tokens.every((token) => token >= 0 || token === ONE_NO_SEPARATOR || token === MANY_NO_SEPARATOR) ? 'never' : 'maybe';
}

/** A deterministic machine whose states are made when first reached; DEAD is the state nothing leaves. */
export type Machine = {
  readonly start: number;
  readonly step: (state: number, unit: number) => number;
  readonly accepts: (state: number) => boolean;
  /** From here everything is accepted. */
  readonly takesAll: (state: number) => boolean;
  /** How many steps it remembers. */
  readonly steps: () => number;
};

export const DEAD = -1;

export function isMany(token: number): boolean {
  return token <= MANY;
}

/** A UTF-16 unit in lower case; as it is where that takes more than one. */
function lowerUnit(unit: number): number {
  if (unit >= 65 && unit <= 90) return unit + 32;
  if (unit < 128) return unit;
  const lower = String.fromCharCode(unit).toLowerCase();
  return lower.length === 1 ? lower.charCodeAt(0) : unit;
}

function machineOf(tokens: readonly number[], anyCase: boolean): Machine {
  const states: (readonly number[])[] = [];
  const ids = new Map<string, number>();
  const steps: Map<number, number>[] = [];
  let remembered = 0;
  const intern = (positions: readonly number[]): number => {
    if (positions.length === 0) return DEAD;
    const key = positions.join(',');
    let id = ids.get(key);
    if (id === undefined) {
      id = states.length;
      ids.set(key, id);
      states.push(positions);
      steps.push(new Map());
    }
    return id;
  };
  const start = intern(pruned(tokens, closure(tokens, [0])));
  const last = tokens.length;
  return {
    start,
    step: (state, written) => {
      const unit = anyCase ? lowerUnit(written) : written;
      const known = steps[state]?.get(unit);
      if (known !== undefined) return known;
      const next: number[] = [];
      for (const p of states[state] ?? []) {
        const token = tokens[p];
        if (token === undefined) continue;
        if (token >= 0) {
          if (token === unit) next.push(p + 1);
        } else if (admitsUnit(token, unit)) next.push(isMany(token) ? p : p + 1);
      }
      const id = intern(pruned(tokens, closure(tokens, next)));
      steps[state]?.set(unit, id);
      remembered++;
      return id;
    },
    accepts: (state) => states[state]?.includes(last) ?? false,
    takesAll: (state) => tokens[last - 1] === MANY && (states[state]?.includes(last) ?? false),
    steps: () => remembered,
  };
}

/** With the positions that can be reached for free: a "many" can be empty. Sorted, each once. */
function closure(tokens: readonly number[], positions: readonly number[]): readonly number[] {
  const [only] = positions;
  // Most often there is one, and no "many" stands at it.
  if (only !== undefined && positions.length === 1 && !isMany(tokens[only] ?? 0)) return positions;
  const all = new Set<number>();
  for (const position of positions) {
    for (let p = position; ; p++) {
      all.add(p);
      const token = tokens[p];
      if (token === undefined || !isMany(token)) break;
    }
  }
  return [...all].sort((x, y) => x - y);
}

/**
 * Whatever an earlier position accepts must pass the last plain "many" that is reached, so only that one counts;
 * a "many" within a field counts so for the positions of its field.
 */
function pruned(tokens: readonly number[], positions: readonly number[]): readonly number[] {
  if (positions.length < 2) return positions;
  const at = positions.findLastIndex((p) => tokens[p] === MANY);
  const rest = at <= 0 ? positions : positions.slice(at);
  const last = rest.findLastIndex((p) => tokens[p] === MANY_NO_COLON);
  const own = rest[last];
  if (own === undefined || last === 0) return rest;
  const field = tokens.findLastIndex((token, p) => p < own && (token === COLON || token === ONE || token === MANY));
  return rest.filter((p) => p <= field || p >= own);
}

/** `**` says no more than `*`, and `*?` the same as `?*`. */
function simplified(tokens: readonly number[]): readonly number[] {
  const out: number[] = [];
  for (const token of tokens) {
    if (isMany(token) && out.at(-1) === token) continue;
    out.push(token);
  }
  return out;
}

function admitsUnit(token: number, unit: number): boolean {
  if (token === ONE || token === MANY) return true;
  if (unit === COLON) return false;
  return token === ONE_NO_COLON || token === MANY_NO_COLON || unit !== SLASH;
}

/** Does a wildcard of one pattern take whatever this token of another can stand for? */
function admitsToken(wild: number, token: number): boolean {
  if (token >= 0) return admitsUnit(wild, token);
  if (wild === ONE || wild === MANY) return true;
  if (token === ONE || token === MANY) return false;
  const noSeparator = wild === ONE_NO_SEPARATOR || wild === MANY_NO_SEPARATOR;
  return !noSeparator || token === ONE_NO_SEPARATOR || token === MANY_NO_SEPARATOR;
}

function hasCase(unit: number): boolean {
  const text = String.fromCharCode(unit);
  return text.toLowerCase() !== text.toUpperCase();
}

const COLON = 58;
const SLASH = 47;
