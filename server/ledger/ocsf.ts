/**
 * Records as OCSF 1.8.0 events (schema.ocsf.io): class Detection Finding, one event for each finding of a record, so that
 * what security already runs can read them. Facts: events/findings/detection_finding.json and the objects it names.
 */
import { wellFormed } from './canonical.ts';
import { decodeEnvelope } from './envelope.ts';
import type { Actor, EventKind, RecordedFile, RecordedFinding, RememberedHead, StoredRecord } from './types.ts';

/** Syslog receivers cut at 8 KB by default. */
export const LARGEST_EVENT = 7000;
const CLASS = 2004;

type Json = Readonly<Record<string, unknown>>;

export type OcsfEvent = Json & {
  readonly time: number;
  readonly severity_id: number;
  readonly metadata: Json & { readonly uid: string; readonly sequence: number; readonly log_name: string };
  readonly unmapped?: Json | undefined;
};

/** The event in one line of plain ASCII: no receiver on the way may mistake its characters, escape them or count them otherwise. */
export function eventText(event: OcsfEvent): string {
  return JSON.stringify(event, (_, value: unknown) => (typeof value === 'string' ? storable(value) : value)).replace(
    /[\u007f-\uffff]/g,
    (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** Databases refuse texts with a NUL or half a surrogate pair, such as cutting a text may leave. */
function storable(text: string): string {
  return wellFormed(text).replaceAll('\0', '\uFFFD');
}

/**
 * The events of one record, each under 7 KB as text. Never empty, so that a gap in `metadata.sequence` is a missing record.
 * `unmapped.envelope` of them, put together, is the stored record itself: a collector can check its signature and chain.
 */
export function ocsfEvents(stored: StoredRecord): readonly OcsfEvent[] {
  return carrying(findingEvents(stored), stored);
}

/** That the log had come so far, signed: with it a collector sees when the end was cut off. `envelope`: the signed bytes. */
export function headEvent({ log, seq, head }: RememberedHead, envelope: Uint8Array, actor: Actor, now: Date): OcsfEvent {
  const time = now.getTime();
  const title = `The log had come to record ${seq}`;
  return {
    ...classOf([99, 'Other'], [99, 'Log head']),
    time,
    severity_id: 1,
    severity: 'Informational',
    message: title,
    is_alert: false,
    metadata: metadataOf(`${head}#head`, seq, log, now.toISOString()),
    finding_info: { uid: `${head}#head`, title, created_time: time },
    device: { hostname: actor.host, type_id: 0, type: 'Unknown' },
    unmapped: { kind: 'head', log_id: log, seq, head, envelope: { part: 1, of: 1, text: Buffer.from(envelope).toString('utf8') } },
  };
}

/** Room for the numbers around a part, and for what its quotation marks cost. */
const PART = 120;
/** Smaller parts are not worth their frame. */
const SMALLEST_PART = 200;

/** Lays the stored bytes over the events, as far as each has room; what is left goes into events of its own. */
function carrying(events: readonly OcsfEvent[], stored: StoredRecord): readonly OcsfEvent[] {
  const { id, record } = stored;
  const bare = (index: number): OcsfEvent => {
    const { unmapped: _, evidences: __, resources: ___, ...event } = eventOf(stored, undefined, undefined, index, 100);
    return { ...event, unmapped: { record: id, kind: record.event.kind, prev: record.prev, key_id: stored.keyId } };
  };
  let rest = Buffer.from(stored.bytes).toString('utf8');
  const parts: { readonly event: OcsfEvent; readonly text: string }[] = [];
  for (let index = 0; index < events.length || rest !== ''; index++) {
    const event = events[index] ?? bare(index);
    const room = LARGEST_EVENT - PART - eventText(event).length;
    const text = room < SMALLEST_PART ? '' : rest.slice(0, room);
    rest = rest.slice(text.length);
    parts.push({ event, text });
  }
  const of = parts.filter(({ text }) => text !== '').length;
  let part = 0;
  return parts.map(({ event, text }) =>
    text === '' ? event : { ...event, unmapped: { ...event.unmapped, envelope: { part: ++part, of, text } } },
  );
}

function findingEvents(stored: StoredRecord): readonly OcsfEvent[] {
  type About = { readonly file?: RecordedFile; readonly finding?: RecordedFinding };
  const about = (stored.record.event.files ?? []).flatMap((file): readonly About[] =>
    file.findings.length > 0 ? file.findings.map((finding) => ({ file, finding })) : [{ file }],
  );
  const subjects: readonly About[] = about.length > 0 ? about : [{}];
  return subjects.map(({ file, finding }, index) => fitted((longest) => eventOf(stored, file, finding, index, longest)));
}

/** What the record says about the finding's life, and about what the gate let happen. */
const LIFE = {
  opened: { activity: [99, 'Other'], status: [99, 'Log opened'] },
  'key-trusted': { activity: [99, 'Other'], status: [99, 'Key trusted'] },
  'key-rotated': { activity: [99, 'Other'], status: [99, 'Key rotated'] },
  'key-revoked': { activity: [99, 'Other'], status: [99, 'Key revoked'] },
  held: { activity: [1, 'Create'], status: [1, 'New'], action: 'denied' },
  forbidden: { activity: [1, 'Create'], status: [1, 'New'], action: 'denied' },
  closed: { activity: [1, 'Create'], status: [1, 'New'], action: 'denied' },
  // Not 3 (Suppressed): that would say the finding was wrong. The risk is real and somebody accepted it.
  acknowledged: { activity: [2, 'Update'], status: [99, 'Acknowledged'], action: 'approved' },
  approved: { activity: [2, 'Update'], status: [99, 'Approved'], action: 'approved' },
  countersigned: { activity: [2, 'Update'], status: [99, 'Approved by a second person'], action: 'approved' },
  'approval-refused': { activity: [99, 'Other'], status: [99, 'Approval does not count'], action: 'denied' },
  'broke-glass': { activity: [1, 'Create'], status: [1, 'New'], action: 'approved' },
  'glass-reviewed': { activity: [2, 'Update'], status: [99, 'Break-glass reviewed'] },
  // Nobody looked at it: that is what suppressing means.
  ignored: { activity: [2, 'Update'], status: [3, 'Suppressed'], action: 'allowed' },
  discarded: { activity: [3, 'Close'], status: [4, 'Resolved'], action: 'denied' },
  released: { activity: [2, 'Update'], status: [99, 'Released'], action: 'approved' },
  written: { activity: [2, 'Update'], status: [99, 'Written'] },
  reverted: { activity: [3, 'Close'], status: [4, 'Resolved'] },
  // Of a rollback that could not be made, see below.
  'rolled-back': { activity: [3, 'Close'], status: [4, 'Resolved'] },
  halted: { activity: [99, 'Other'], status: [99, 'Agents halted'], action: 'denied' },
  tripped: { activity: [99, 'Other'], status: [99, 'Breaker tripped'], action: 'denied' },
  resumed: { activity: [99, 'Other'], status: [99, 'Agents resumed'] },
  'rules-accepted': { activity: [99, 'Other'], status: [99, 'Rules accepted'] },
  pruned: { activity: [99, 'Other'], status: [99, 'Log pruned'] },
} as const satisfies Record<
  EventKind,
  { activity: readonly [number, string]; status: readonly [number, string]; action?: 'denied' | 'approved' | 'allowed' }
>;

const ALERTS: ReadonlySet<EventKind> = new Set(['held', 'forbidden', 'closed', 'tripped', 'broke-glass']);

/** The acknowledged text is still there: nothing was closed. */
const NOT_ROLLED_BACK = { activity: [2, 'Update'], status: [99, 'Not rolled back'] } as const;

const ACTION = {
  denied: { action_id: 2, action: 'Denied', disposition_id: 2, disposition: 'Blocked' },
  approved: { action_id: 1, action: 'Allowed', disposition_id: 8, disposition: 'Approved' },
  allowed: { action_id: 1, action: 'Allowed', disposition_id: 1, disposition: 'Allowed' },
} as const;

const SEVERITY: Readonly<Record<string, readonly [number, string]>> = {
  info: [1, 'Informational'],
  low: [2, 'Low'],
  medium: [3, 'Medium'],
  high: [4, 'High'],
  critical: [5, 'Critical'],
};
const RISK: Readonly<Record<string, readonly [number, string]>> = {
  info: [0, 'Info'],
  low: [1, 'Low'],
  medium: [2, 'Medium'],
  high: [3, 'High'],
  critical: [4, 'Critical'],
};
const CONFIDENCE: Readonly<Record<string, readonly [number, string]>> = { proved: [3, 'High'], likely: [2, 'Medium'], unknown: [1, 'Low'] };

function eventOf(
  stored: StoredRecord,
  file: RecordedFile | undefined,
  finding: RecordedFinding | undefined,
  index: number,
  longest: number,
): OcsfEvent {
  const { id, record } = stored;
  const { event } = record;
  const life: { activity: readonly [number, string]; status: readonly [number, string]; action?: keyof typeof ACTION } =
    event.kind === 'rolled-back' && event.verdict === 'not-applied' ? NOT_ROLLED_BACK : LIFE[event.kind];
  // Whatever was opened: that the policy was passed over is critical by itself.
  const rated = event.kind === 'broke-glass' ? 'critical' : (finding?.severity ?? 'info');
  const [severityId, severity] = SEVERITY[rated] ?? [99, finding?.severity ?? 'Other'];
  const cut = (text: string | undefined) => (text === undefined || text.length <= longest ? text : `${text.slice(0, longest)}…`);
  const time = Date.parse(record.time);
  const title = cut(finding?.consequence ?? event.cause ?? life.status[1]);
  return {
    ...classOf(life.activity, life.status),
    time,
    severity_id: severityId,
    severity,
    message: title,
    comment: cut(event.reason?.text),
    ...(finding && paired('risk_level', RISK[finding.severity])),
    ...(finding && paired('confidence', CONFIDENCE[finding.confidence])),
    ...(life.action && ACTION[life.action]),
    is_alert: ALERTS.has(event.kind),
    metadata: {
      // The record's own id where it is one event; the others of a record say which they are.
      ...metadataOf(index === 0 ? id : `${id}#${index + 1}`, record.seq, record.log, record.time),
      correlation_uid: event.hold,
    },
    finding_info: {
      uid: finding?.fingerprint ?? id,
      title,
      created_time: time,
      ...(finding && { analytic: { type_id: 1, type: 'Rule', uid: finding.rule, name: finding.rule } }),
    },
    device: { hostname: record.actor.host, type_id: 0, type: 'Unknown' },
    evidences: [
      {
        // An OCSF process needs a number, which no record holds.
        actor: { user: { name: record.actor.user }, app_name: record.actor.process },
        ...(file && { file: fileOf(file, cut) }),
      },
    ],
    ...(file && { resources: [{ uid: cut(file.path), name: cut(nameOf(file.path)), type: 'file' }] }),
    unmapped: {
      record: id,
      kind: event.kind,
      prev: record.prev,
      key_id: stored.keyId,
      signature: decodeEnvelope(stored.bytes)?.signature.toString('base64'),
      verdict: event.verdict,
      acknowledgement: event.acknowledgement,
      workspace: cut(event.workspace),
      repository: event.repository?.roots[0],
      channel: event.provenance?.channel,
      certainty: event.provenance?.certainty,
      agent: event.provenance?.agent,
      sensitivity: finding?.sensitivity,
      blast_radius: finding?.blastRadius,
      [isKeyed(file, 'before') ? 'before_keyed' : 'before_sha256']: file?.before,
      reason_category: event.reason?.category,
      ticket: cut(event.reason?.ticket),
      expires: event.expires,
      confirmed: event.confirmed,
      policy: event.policy,
      cause: cut(event.cause),
      trusted_key: event.key && { id: event.key.id, role: event.key.role, person: cut(event.key.person) },
      revoked_key: event.revoked?.id,
      ignored_by: cut(event.ignored?.by),
      pruned_to: event.pruned?.seq,
    },
  };
}

function classOf([activityId, activity]: readonly [number, string], [statusId, status]: readonly [number, string]): Json {
  return {
    category_uid: 2,
    category_name: 'Findings',
    class_uid: CLASS,
    class_name: 'Detection Finding',
    activity_id: activityId,
    activity_name: activity,
    type_uid: CLASS * 100 + activityId,
    type_name: `Detection Finding: ${activity}`,
    status_id: statusId,
    status,
  };
}

function metadataOf(uid: string, sequence: number, log: string, time: string): OcsfEvent['metadata'] {
  return {
    version: '1.8.0',
    product: { name: 'Countersign', vendor_name: 'Countersign' },
    profiles: ['security_control'],
    uid,
    sequence,
    log_name: log,
    original_time: time,
  };
}

function fileOf(file: RecordedFile, cut: (text: string) => string | undefined): Json {
  const digest = file.after ?? file.before;
  return {
    name: cut(nameOf(file.path)),
    path: cut(file.path),
    type_id: 1,
    type: 'Regular File',
    ...(digest !== undefined && {
      hashes: [{ ...(isKeyed(file, file.after === undefined ? 'before' : 'after') ? KEYED : SHA256), value: digest }],
    }),
  };
}

const SHA256 = { algorithm_id: 3, algorithm: 'SHA-256' } as const;
/** A digest that only the machine that wrote the log can compare with anything. */
const KEYED = { algorithm_id: 99, algorithm: 'SHA-256, keyed' } as const;

function isKeyed(file: RecordedFile | undefined, what: 'before' | 'after'): boolean {
  return file?.keyed?.digests.includes(what) === true;
}

function paired(name: string, value: readonly [number, string] | undefined): Json {
  return value === undefined ? {} : { [`${name}_id`]: value[0], [name]: value[1] };
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** Cuts the long texts shorter until the event fits. Everything else in it is bounded, but for an agent's own names. */
function fitted(build: (longest: number) => OcsfEvent): OcsfEvent {
  for (const longest of [4000, 1000, 400, 120]) {
    const event = build(longest);
    if (eventText(event).length <= LARGEST_EVENT) return event;
  }
  const { unmapped: _, ...rest } = build(60);
  return rest;
}
