import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
import { normalPath } from './read/governed-path.ts';
import type { Finding } from './types.ts';

/**
 * Lower-case hex SHA-256 over the file and what is newly possible in it, as canonical JSON (RFC 8785).
 * The access must already be independent of order, spelling and names, so that a reformat keeps the fingerprint and a widening breaks it.
 */
export function fingerprint(path: string, access: unknown): string {
  const text = canonicalize({ path: normalPath(path), access: isPlain(access) ? access : wellFormed(access) });
  return createHash('sha256')
    .update(text ?? '')
    .digest('hex');
}

/** One fingerprint over several, whatever their order. */
export function combinedFingerprint(fingerprints: readonly string[]): string {
  return createHash('sha256')
    .update([...fingerprints].sort().join(' '))
    .digest('hex');
}

/**
 * A finding whose fingerprint is worked out when it is first asked for: what passes needs none, and a hook would load Node's cryptography
 * for it. Told is what it is made of; it becomes the finding. A copy of one has the fingerprint itself.
 */
export function withFingerprint(told: Omit<Finding, 'fingerprint'>, print: () => string): Finding {
  let known: string | undefined;
  Object.defineProperty(told, PRINT, { value: () => (known ??= print()) });
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- it has all but the property that is put in
  return Object.defineProperty(told, 'fingerprint', FINGERPRINT) as Finding;
}

const PRINT = Symbol('how its fingerprint is worked out');

/**
 * One getter for all findings: the shape of an object keeps its getter alive until a full collection of garbage, and with a getter of its
 * own each finding would keep both its texts' trees.
 */
const FINGERPRINT: PropertyDescriptor & ThisType<{ readonly [PRINT]: () => string }> = {
  enumerable: true,
  configurable: true,
  get() {
    return this[PRINT]();
  },
};

/** Nothing in it has to be written differently, as in nearly all that is told. */
function isPlain(value: unknown): boolean {
  if (typeof value === 'string') return value.isWellFormed();
  if (Array.isArray(value)) return value.every(isPlain);
  if (typeof value !== 'object' || value === null) return typeof value !== 'bigint';
  return Object.keys(value).every((key) => key.isWellFormed()) && Object.values(value).every(isPlain);
}

/** Lone surrogates have no UTF-8: they are written out, so that two different ones differ. */
function wellFormed(value: unknown): unknown {
  if (typeof value === 'string') return value.isWellFormed() ? value : { utf16: [...Buffer.from(value, 'utf16le')] };
  if (Array.isArray(value)) return value.map(wellFormed);
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key.toWellFormed(), wellFormed(each)]));
  return typeof value === 'bigint' ? String(value) : value;
}
