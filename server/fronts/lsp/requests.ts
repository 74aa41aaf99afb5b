import * as v from 'valibot';
import { SEVERITIES } from '../../engine/types.ts';

/** The shapes of what clients may send. Everything from outside passes through one of these once. */

const Text = v.pipe(v.string(), v.maxLength(64 * 1024 * 1024));
const Name = v.pipe(v.string(), v.minLength(1), v.maxLength(4096));

export const Suggest = v.object({
  uri: Name,
  before: Text,
  after: Text,
  channel: v.picklist(['hook', 'tool', 'paste', 'inline', 'insert', 'disk', 'patch', 'typed']),
  certainty: v.picklist(['attested', 'observed', 'inferred', 'human']),
});
export const OneHold = v.object({ hold: Name });
export const ManyHolds = v.object({ holds: v.pipe(v.array(Name), v.minLength(1), v.maxLength(10_000)) });
export const Acknowledge = v.object({
  hold: Name,
  nonce: v.string(),
  category: v.pipe(v.string(), v.maxLength(100)),
  reason: v.pipe(v.string(), v.maxLength(100_000)),
  ticket: v.pipe(v.string(), v.maxLength(4096)),
  hours: v.pipe(v.number(), v.finite(), v.minValue(0)),
  rollBackLater: v.boolean(),
  confirmation: v.nullable(v.object({ text: v.pipe(v.string(), v.maxLength(4096)), how: v.picklist(['typed', 'pasted']) })),
});
export const Applied = v.object({ hold: Name, id: Name, ok: v.boolean(), cause: v.optional(v.string()) });
export const OneDecision = v.object({ id: Name });
const Texts = v.array(v.object({ uri: Name, text: Text }));
export const RollBack = v.object({
  id: Name,
  current: Texts,
  reason: v.optional(v.pipe(v.string(), v.maxLength(2000))),
  resolved: v.optional(Texts),
});
export const Report = v.variant('kind', [
  v.object({ kind: v.literal('report'), days: v.pipe(v.number(), v.minValue(1), v.maxValue(36_500)) }),
  v.object({ kind: v.literal('incident'), record: Name }),
]);
export const NotRolledBack = v.object({ id: Name, cause: v.pipe(v.string(), v.maxLength(10_000)) });
const Uris = v.pipe(v.array(Name), v.maxLength(10_000));
export const DiskFiles = v.object({ folder: Name, uris: Uris, last: v.boolean() });
export const DiskChanged = v.object({ uris: Uris });
export const Halt = v.object({ reason: v.pipe(v.string(), v.maxLength(2000)) });
export const Enrol = v.object({ publicKey: v.pipe(v.string(), v.maxLength(10_000)) });
export const TrustKey = v.object({
  nonce: Name,
  publicKey: v.pipe(v.string(), v.maxLength(10_000)),
  person: v.pipe(Name, v.maxLength(200)),
});
export const RotateKey = v.object({ nonce: Name, publicKey: v.pipe(v.string(), v.maxLength(10_000)) });
export const RegisterKey = v.object({ nonce: Name });
export const BreakGlass = v.object({
  hold: Name,
  nonce: Name,
  phrase: v.pipe(v.string(), v.maxLength(200)),
  reason: v.pipe(v.string(), v.maxLength(100_000)),
});
export const Approve = v.object({ request: Name, nonce: Name, reason: v.pipe(v.string(), v.maxLength(100_000)) });
export const Nothing = v.optional(v.unknown());
export const Signed = v.object({ keyId: Name, signature: Name });
export const Revert = v.tuple([Name, v.object({ start: v.pipe(v.number(), v.integer()), end: v.pipe(v.number(), v.integer()) })]);

/** What an editor may set when it starts the server. Unknown or wrong values are ignored: a setting never keeps the gate from opening. */
export const Options = v.object({
  minimumSeverity: v.optional(v.fallback(v.optional(v.picklist(SEVERITIES)), undefined)),
  /** The editor has the commands for reviewing and discarding. */
  commands: v.optional(v.fallback(v.optional(v.boolean()), undefined)),
  /** The editor shows by itself which gates are closed, as GATE_CHANGED tells it. */
  showsGates: v.optional(v.fallback(v.optional(v.boolean()), undefined)),
});

export type Checked<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problem: string };

/** Checks what came in against its shape; the problem is one sentence that names the first wrong field. */
export function checked<S extends v.GenericSchema>(schema: S, value: unknown, method: string): Checked<v.InferOutput<S>> {
  const result = v.safeParse(schema, value);
  if (result.success) return { ok: true, value: result.output };
  const issue = result.issues[0];
  const where = v.getDotPath(issue) ?? 'the parameters';
  return {
    ok: false,
    problem: `${method} was sent something else than it takes: ${where} must be ${issue.expected ?? 'of another kind'}.`,
  };
}
