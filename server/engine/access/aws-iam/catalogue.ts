import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

export type AccessLevel = 'List' | 'Read' | 'Write' | 'Tagging' | 'Permissions management';

/** A kind of resource an action can be asked for. `arn` is a pattern with `${…}` holes: "arn:${Partition}:s3:::${BucketName}/${ObjectName}". */
export type ResourceType = { readonly name: string; readonly arn: string };

export type CatalogueAction = {
  /** As AWS spells it: "s3:GetObject". */
  readonly name: string;
  /** The same in lower case; actions compare without case. */
  readonly lower: string;
  readonly levels: readonly AccessLevel[];
  /** Empty: the action can be asked for resource "*" only. */
  readonly resourceTypes: readonly ResourceType[];
};

/**
 * What AWS published about its actions when this was built: about 450 services, 22,000 actions.
 * A service is read out of the packed text when it is first asked for.
 */
export type Catalogue = {
  /** Version of the packed data. */
  readonly version: string;
  /** Service prefixes, sorted: "s3", "iam". */
  readonly services: readonly string[];
  /** The actions of one service in the order of the source; [] for a prefix that is not listed. Prefix in any case. */
  readonly actionsOf: (service: string) => readonly CatalogueAction[];
  /** One action by its full name in any case: "S3:getobject". */
  readonly action: (name: string) => CatalogueAction | undefined;
  /** Every action that an action pattern of a policy matches: `*` any characters, `?` one, any case; "*" is everything. */
  readonly matching: (pattern: string) => readonly CatalogueAction[];
};

/**
 * Reads the packed catalogue (made by .ci/pack-catalogue.mjs), once per process. The engine's one IO: 2 ms, only when an IAM document is seen.
 * Fails, as a value, when the file is missing or damaged.
 */
export function loadCatalogue(): { readonly ok: true; readonly catalogue: Catalogue } | { readonly ok: false; readonly problem: string } {
  if (loaded !== undefined) return { ok: true, catalogue: loaded };
  const path = cataloguePath();
  if (path === undefined) return { ok: false, problem: 'The catalogue of AWS actions (catalogue.txt) is missing; reinstall Countersign.' };
  try {
    loaded = parseCatalogue(readFileSync(path, 'latin1'));
    return { ok: true, catalogue: loaded };
  } catch {
    return { ok: false, problem: `The catalogue of AWS actions (${path}) cannot be read; reinstall Countersign.` };
  }
}

/** Exported for tests and for catalogues of one's own; the layout is told in .ci/pack-catalogue.mjs. */
function parseCatalogue(text: string): Catalogue {
  const lines = text.split('\n');
  if (lines.length < 4 || lines.length % 3 !== 1) throw new Error('not a packed catalogue');
  const at = new Map<string, number>();
  for (let i = 1; i < lines.length; i += 3) at.set(lines[i] ?? '', i);
  const services = [...at.keys()].sort();
  const parsed = new Map<string, readonly CatalogueAction[]>();
  const byName = new Map<string, ReadonlyMap<string, CatalogueAction>>();

  const actionsOf = (service: string): readonly CatalogueAction[] => {
    const prefix = service.toLowerCase();
    const known = parsed.get(prefix);
    if (known !== undefined) return known;
    const line = at.get(prefix);
    const actions = line === undefined ? [] : parseService(prefix, lines[line + 1] ?? '', lines[line + 2] ?? '');
    if (line !== undefined) parsed.set(prefix, actions);
    return actions;
  };
  const action = (name: string): CatalogueAction | undefined => {
    const lower = name.toLowerCase();
    const prefix = lower.slice(0, Math.max(0, lower.indexOf(':')));
    if (!at.has(prefix)) return undefined;
    let names = byName.get(prefix);
    if (names === undefined) {
      names = new Map(actionsOf(prefix).map((each) => [each.lower, each]));
      byName.set(prefix, names);
    }
    return names.get(lower);
  };
  let everything: readonly CatalogueAction[] | undefined;
  const matched = new Map<string, readonly CatalogueAction[]>();
  const matching = (pattern: string): readonly CatalogueAction[] => {
    const lower = pattern.toLowerCase();
    if (lower === '*') return (everything ??= services.flatMap(actionsOf));
    if (!/[*?]/.test(lower)) {
      const one = action(lower);
      return one === undefined ? [] : [one];
    }
    let found = matched.get(lower);
    if (found === undefined) {
      if (matched.size > MOST_KEPT) matched.clear();
      found = matchedBy(lower);
      matched.set(lower, found);
    }
    return found;
  };
  const matchedBy = (lower: string): readonly CatalogueAction[] => {
    const colon = lower.indexOf(':');
    const prefix = colon === -1 ? lower : lower.slice(0, colon);
    const whole = globOf(lower);
    // A `*` in the prefix may run across the colon, so only a prefix without one narrows the search.
    const candidates = /[*?]/.test(prefix) ? services : [prefix];
    return candidates.flatMap((service) => actionsOf(service).filter((each) => whole(each.lower)));
  };
  return { version: lines[0] ?? '', services, actionsOf, action, matching };
}

/** Wildcards whose actions are kept: edits repeat them. */
const MOST_KEPT = 1_000;

let loaded: Catalogue | undefined;

function parseService(prefix: string, types: string, actions: string): readonly CatalogueAction[] {
  const resourceTypes = lazily(() => (types === '' ? [] : types.split('\t')).map(resourceType));
  // Lists of types repeat within a service: share them, so that equal lists are the same object.
  const lists = new Map<string, readonly ResourceType[]>();
  const listOf = (pointers: string): readonly ResourceType[] => {
    let list = lists.get(pointers);
    if (list === undefined) {
      list = pointers === '' ? [] : pointers.split(',').flatMap((pointer) => resourceTypes()[Number(pointer)] ?? []);
      lists.set(pointers, list);
    }
    return list;
  };
  return (actions === '' ? [] : actions.split('\t')).map((text) => new PackedAction(prefix, text, listOf));
}

/** An action whose parts are taken out of the packed text when they are asked for: most are only asked for their name. */
class PackedAction implements CatalogueAction {
  readonly name: string;
  readonly lower: string;
  readonly #text: string;
  readonly #listOf: (pointers: string) => readonly ResourceType[];
  #levels: readonly AccessLevel[] | undefined;
  #types: readonly ResourceType[] | undefined;

  constructor(prefix: string, text: string, listOf: (pointers: string) => readonly ResourceType[]) {
    this.name = `${prefix}:${text.slice(0, text.indexOf(':'))}`;
    this.lower = this.name.toLowerCase();
    this.#text = text;
    this.#listOf = listOf;
  }

  get levels(): readonly AccessLevel[] {
    return (this.#levels ??= (this.#text.split(':', 2)[1] ?? '').split('').flatMap((letter) => LEVELS[letter] ?? []));
  }

  get resourceTypes(): readonly ResourceType[] {
    return (this.#types ??= this.#listOf(this.#text.slice(this.#text.lastIndexOf(':') + 1)));
  }
}

function resourceType(text: string): ResourceType {
  const equals = text.indexOf('=');
  return { name: text.slice(0, equals), arn: text.slice(equals + 1) };
}

function lazily<T>(make: () => T): () => T {
  let made: { readonly is: T } | undefined;
  return () => (made ??= { is: make() }).is;
}

const LEVELS: Readonly<Record<string, AccessLevel>> = { L: 'List', R: 'Read', W: 'Write', T: 'Tagging', P: 'Permissions management' };

/** `*` any characters, `?` one. Linear in practice: no backtracking beyond the last star. */
function globOf(pattern: string): (text: string) => boolean {
  return (text) => {
    let p = 0;
    let t = 0;
    let star = -1;
    let mark = 0;
    while (t < text.length) {
      if (p < pattern.length && pattern[p] === '*') {
        star = p++;
        mark = t;
      } else if (p < pattern.length && (pattern[p] === '?' || pattern[p] === text[t])) {
        p++;
        t++;
      } else if (star !== -1) {
        p = star + 1;
        t = ++mark;
      } else return false;
    }
    while (pattern[p] === '*') p++;
    return p === pattern.length;
  };
}

/**
 * Beside the running bundle, which is where it ships. Run from sources or tests (no `__dirname` there), in the nearest dist/ above the script.
 * Never looked for in the working folder of a bundle: a workspace must not be able to bring a catalogue of its own.
 */
function cataloguePath(): string | undefined {
  if (typeof __dirname === 'string') {
    const beside = join(__dirname, 'catalogue.txt');
    return existsSync(beside) ? beside : undefined;
  }
  for (let folder = dirname(process.argv[1] ?? ''); ; folder = dirname(folder)) {
    const path = join(folder, 'dist', 'catalogue.txt');
    if (existsSync(path)) return path;
    if (folder === dirname(folder)) return undefined;
  }
}
