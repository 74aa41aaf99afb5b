/**
 * Records as OCSF 1.8.0 events (schema.ocsf.io): class Detection Finding, one event for each finding of a record, so that
 * what security already runs can read them. Facts: events/findings/detection_finding.json and the objects it names.
 */
import { decodeEnvelope } from './envelope.ts';
import type { EventKind, RecordedFile, RecordedFinding, StoredRecord } from './types.ts';

/** Syslog receivers cut at 8 KB by default. */
export const LARGEST_EVENT = 7000;
const CLASS = 2004;

type Json = Readonly<Record<string, unknown>>;

/** The events of one record, each under 7 KB as JSON. Never empty, so that a gap in `metadata.sequence` is a missing record. */
export function ocsfEvents(stored: StoredRecord): readonly Json[] {
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
  held: { activity: [1, 'Create'], status: [1, 'New'], action: 'denied' },
  forbidden: { activity: [1, 'Create'], status: [1, 'New'], action: 'denied' },
  closed: { activity: [1, 'Create'], status: [1, 'New'], action: 'denied' },
  // Not 3 (Suppressed): that would say the finding was wrong. The risk is real and somebody accepted it.
  acknowledged: { activity: [2, 'Update'], status: [99, 'Acknowledged'], action: 'approved' },
  discarded: { activity: [3, 'Close'], status: [4, 'Resolved'], action: 'denied' },
  released: { activity: [2, 'Update'], status: [99, 'Released'], action: 'approved' },
  written: { activity: [2, 'Update'], status: [99, 'Written'] },
  'rolled-back': { activity: [3, 'Close'], status: [4, 'Resolved'] },
  halted: { activity: [99, 'Other'], status: [99, 'Agents halted'], action: 'denied' },
  resumed: { activity: [99, 'Other'], status: [99, 'Agents resumed'] },
} as const satisfies Record<
  EventKind,
  { activity: readonly [number, string]; status: readonly [number, string]; action?: 'denied' | 'approved' }
>;

const ACTION = {
  denied: { action_id: 2, action: 'Denied', disposition_id: 2, disposition: 'Blocked' },
  approved: { action_id: 1, action: 'Allowed', disposition_id: 8, disposition: 'Approved' },
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
): Json {
  const { id, record } = stored;
  const { event } = record;
  const life: { activity: readonly [number, string]; status: readonly [number, string]; action?: keyof typeof ACTION } = LIFE[event.kind];
  const [severityId, severity] = SEVERITY[finding?.severity ?? 'info'] ?? [99, finding?.severity ?? 'Other'];
  const [activityId, activity] = life.activity;
  const cut = (text: string | undefined) => (text === undefined || text.length <= longest ? text : `${text.slice(0, longest)}…`);
  const time = Date.parse(record.time);
  const title = cut(finding?.consequence ?? event.cause ?? life.status[1]);
  return {
    category_uid: 2,
    category_name: 'Findings',
    class_uid: CLASS,
    class_name: 'Detection Finding',
    activity_id: activityId,
    activity_name: activity,
    type_uid: CLASS * 100 + activityId,
    type_name: `Detection Finding: ${activity}`,
    time,
    severity_id: severityId,
    severity,
    status_id: life.status[0],
    status: life.status[1],
    message: title,
    comment: cut(event.reason?.text),
    ...(finding && paired('risk_level', RISK[finding.severity])),
    ...(finding && paired('confidence', CONFIDENCE[finding.confidence])),
    ...(life.action && ACTION[life.action]),
    is_alert: event.kind === 'held' || event.kind === 'forbidden' || event.kind === 'closed',
    metadata: {
      version: '1.8.0',
      product: { name: 'Countersign', vendor_name: 'Countersign' },
      profiles: ['security_control'],
      // The record's own id where it is one event; the others of a record say which they are.
      uid: index === 0 ? id : `${id}#${index + 1}`,
      sequence: record.seq,
      log_name: record.log,
      correlation_uid: event.hold,
      original_time: record.time,
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
        actor: { user: { name: record.actor.user }, process: { name: record.actor.process } },
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
      channel: event.provenance?.channel,
      certainty: event.provenance?.certainty,
      agent: event.provenance?.agent,
      sensitivity: finding?.sensitivity,
      blast_radius: finding?.blastRadius,
      before_sha256: file?.before,
      reason_category: event.reason?.category,
      ticket: cut(event.reason?.ticket),
      expires: event.expires,
      confirmed: event.confirmed,
      policy: event.policy,
      cause: cut(event.cause),
      trusted_key: event.key && { id: event.key.id, role: event.key.role },
    },
  };
}

function fileOf(file: RecordedFile, cut: (text: string) => string | undefined): Json {
  const digest = file.after ?? file.before;
  return {
    name: cut(nameOf(file.path)),
    path: cut(file.path),
    type_id: 1,
    type: 'Regular File',
    ...(digest !== undefined && { hashes: [{ algorithm_id: 3, algorithm: 'SHA-256', value: digest }] }),
  };
}

function paired(name: string, value: readonly [number, string] | undefined): Json {
  return value === undefined ? {} : { [`${name}_id`]: value[0], [name]: value[1] };
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** Cuts the long texts shorter until the event fits. Everything else in it is bounded, but for an agent's own names. */
function fitted(build: (longest: number) => Json): Json {
  for (const longest of [4000, 1000, 400, 120]) {
    const event = build(longest);
    if (Buffer.byteLength(JSON.stringify(event)) <= LARGEST_EVENT) return event;
  }
  const { unmapped: _, ...rest } = build(60);
  return rest;
}
