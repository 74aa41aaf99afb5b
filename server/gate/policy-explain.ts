import { placeWords, type PolicyPlace } from './policy-place.ts';
import { DEFAULT_POLICY, type ReadPolicy } from './policy.ts';
import type { Policy, PolicyLayer } from './types.ts';

/** One effective setting, and where it came from. */
export type Explained = {
  /** "verdicts.high", "noGo" */
  readonly key: string;
  readonly value: unknown;
  readonly from: { readonly of: 'built-in' } | ({ readonly of: PolicyLayer['of']; readonly file: string } & PolicyPlace);
};

type Leaf = { readonly keys: readonly (string | number)[]; readonly value: unknown };

/** Of these, each layer's entries count beside those of the stronger ones; of any other key, the last layer that sets it. */
const ADD_UP: ReadonlySet<string> = new Set([
  'noGo',
  'watch',
  'sensitivity',
  'packs',
  'ignore',
  'environments',
  'agents',
  'sinks',
  'revokedKeys',
  'trustedKeys',
  'approvers',
]);

/** The effective value of every key, and where each came from: built in, or a place in a file. */
export function explainPolicy({ policy, applied }: ReadPolicy): readonly Explained[] {
  const found = new Map<string, Explained[]>();
  for (const { keys, value } of leavesOf(DEFAULTS)) found.set(keys.join('.'), [{ key: nameOf(keys), value, from: { of: 'built-in' } }]);
  for (const { of, file, result } of applied) {
    const cleared = new Set<string>();
    for (const { keys, value } of leavesOf(result.written)) {
      const [top = ''] = keys;
      if (top === 'version' || result.refused.some((one) => one.keys.every((key, index) => String(keys[index]) === String(key)))) continue;
      const id = keys.join('.');
      const list = `${nameOf(keys)}.`;
      const addsUp = ADD_UP.has(String(top)) || id === 'reason.ticketPattern';
      if (!addsUp && !cleared.has(list)) {
        for (const known of found.keys()) if (typeof keys.at(-1) === 'number' && known.startsWith(list)) found.delete(known);
        cleared.add(list);
      }
      const entry: Explained = { key: nameOf(keys), value: effective(policy, keys) ?? value, from: { of, file, ...result.placeOf(keys) } };
      found.set(addsUp ? `${id} ${of}` : id, [entry]);
    }
  }
  return [...found.values()].flat().toSorted((a, b) => ORDER.indexOf(topOf(a.key)) - ORDER.indexOf(topOf(b.key)));
}

/** "built in", or "file, line 3, column 5" */
export function fromWords({ from }: Explained): string {
  return from.of === 'built-in' ? 'built in' : placeWords(from.file, from);
}

/** What holds without any file, by the keys that files use. */
const { digest: _digest, engine: _engine, packs: _packs, layers: _layers, refused: _refused, ...DEFAULTS } = DEFAULT_POLICY;

const ORDER =
  'verdicts environments agents breaker noGo watch diskWrites reason expiry presence retryMinutes sensitivity accounts packs newRules ignore ignores approvals approvers trustedKeys revokedKeys sinks'.split(
    ' ',
  );

/** Tables are gone into; an entry of a list is one setting. */
function leavesOf(value: unknown, keys: readonly (string | number)[] = []): readonly Leaf[] {
  if (value === undefined) return [];
  // A pattern list inside of a table is one value; a list of the file itself has entries.
  if (Array.isArray(value)) {
    return keys.length === 1 || keys.at(-1) === 'categories'
      ? value.map((entry, index) => ({ keys: [...keys, index], value: shown(keys, entry) }))
      : [{ keys, value }];
  }
  if (typeof value !== 'object' || value === null) return [{ keys, value }];
  return Object.entries(value).flatMap(([key, below]) => leavesOf(below, [...keys, key]));
}

/** What is sent to a collector may be a secret. */
function shown(keys: readonly (string | number)[], entry: unknown): unknown {
  if (keys[0] !== 'sinks' || typeof entry !== 'object' || entry === null || !('headers' in entry)) return entry;
  const { headers } = entry;
  const names = typeof headers === 'object' && headers !== null ? Object.keys(headers) : [];
  return { ...entry, headers: Object.fromEntries(names.map((name) => [name, '(not shown)'])) };
}

/** What a plain value came to in the end: a shorter time of another layer may have cut it. */
function effective(policy: Policy, keys: readonly (string | number)[]): unknown {
  const path = keys[0] === 'expiry' && keys.length === 3 ? ['expiry', 'bySeverity', ...keys.slice(1)] : keys;
  const value = path.reduce<unknown>(
    (below, key) => (typeof below === 'object' && below !== null && !Array.isArray(below) ? Reflect.get(below, String(key)) : undefined),
    policy,
  );
  return typeof value === 'object' ? undefined : value;
}

function nameOf(keys: readonly (string | number)[]): string {
  return keys.filter((key) => typeof key === 'string').join('.');
}

function topOf(key: string): string {
  return key.split('.')[0] ?? '';
}
