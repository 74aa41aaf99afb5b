import type { EventKind, LedgerRecord } from './types.ts';

export const EVENT_KINDS = [
  'opened',
  'key-trusted',
  'key-rotated',
  'key-revoked',
  'held',
  'forbidden',
  'closed',
  'acknowledged',
  'approved',
  'countersigned',
  'approval-refused',
  'broke-glass',
  'glass-reviewed',
  'ignored',
  'discarded',
  'released',
  'written',
  'rolled-back',
  'reverted',
  'halted',
  'tripped',
  'resumed',
  'rules-accepted',
  'pruned',
] as const satisfies readonly EventKind[];

/** What was read from disk, as a record; undefined where it has not the shape of one. Unknown members are kept: they are signed too. */
export function parseRecord(value: unknown): LedgerRecord | undefined {
  return hasShape(value) ? value : undefined;
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function hasShape(value: unknown): value is LedgerRecord {
  return isRecord(value);
}

type Check = (value: unknown) => boolean;

const string: Check = (value) => typeof value === 'string';
const oneOf =
  (...allowed: readonly string[]): Check =>
  (value) =>
    typeof value === 'string' && allowed.includes(value);
const optional =
  (check: Check): Check =>
  (value) =>
    value === undefined || check(value);
const list =
  (check: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every(check);
const object =
  (members: Readonly<Record<string, Check>>): Check =>
  (value) =>
    isObject(value) && Object.entries(members).every(([name, check]) => check(value[name]));

const hash: Check = (value) => typeof value === 'string' && /^[0-9a-f]{64}$/.test(value);
const time: Check = (value) => typeof value === 'string' && !Number.isNaN(Date.parse(value));
const sequence: Check = (value) => typeof value === 'number' && Number.isSafeInteger(value) && value >= 1;
const text = optional(string);

const finding = object({
  rule: string,
  severity: string,
  confidence: string,
  consequence: string,
  fingerprint: string,
  sensitivity: string,
  blastRadius: string,
});

const lines = object({ start: sequence, end: sequence, digest: optional(hash) });

const isRecord = object({
  schema: oneOf('countersign.record/1'),
  log: string,
  seq: sequence,
  prev: hash,
  time,
  actor: object({ user: string, host: string, process: string }),
  event: object({
    kind: oneOf(...EVENT_KINDS),
    hold: text,
    acknowledgement: text,
    workspace: text,
    repository: optional(object({ roots: list(string), prefix: string })),
    files: optional(
      list(
        object({
          path: string,
          before: text,
          after: text,
          findings: list(finding),
          lines: optional(list(lines)),
          keyed: optional(object({ key: string, digests: list(oneOf('before', 'after', 'lines')) })),
          shared: optional(object({ before: text, after: text })),
        }),
      ),
    ),
    provenance: optional(
      object({
        channel: string,
        certainty: string,
        agent: optional(object({ name: string, version: text, model: text, session: text, toolCall: text, tool: text })),
        digests: optional(object({ prompt: text, output: text, key: text })),
      }),
    ),
    verdict: text,
    reason: optional(object({ category: string, text: string, ticket: text })),
    expires: text,
    retryUntil: text,
    confirmed: text,
    policy: text,
    cause: text,
    key: optional(object({ id: string, role: oneOf('process', 'person'), publicKey: string, person: text })),
    revoked: optional(object({ id: hash, compromised: optional(time) })),
    approval: text,
    ignored: optional(object({ by: string, until: string })),
    pruned: optional(object({ seq: sequence, head: hash })),
  }),
});
