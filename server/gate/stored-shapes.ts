import * as v from 'valibot';
import { SEVERITIES } from '../engine/types.ts';
import type { Decided, Draft, Hold } from './types.ts';

/** Files in the state folder are input like any other: another program, or another version, may have written them. */
export function parseHold(raw: unknown): Hold | undefined {
  const parsed = v.safeParse(HoldShape, raw);
  return parsed.success ? parsed.output : undefined;
}

export function parseDecided(raw: unknown): Decided | undefined {
  const parsed = v.safeParse(DecidedShape, raw);
  return parsed.success ? parsed.output : undefined;
}

export function parseDraft(raw: unknown): Draft | undefined {
  const parsed = v.safeParse(DraftShape, raw);
  return parsed.success ? parsed.output : undefined;
}

const text = v.string();
const texts = v.array(text);
const maybe = v.optional(text);
const moment = v.pipe(
  text,
  v.check((value) => !Number.isNaN(Date.parse(value))),
);

const Position = v.object({ line: v.number(), column: v.number(), offset: v.number() });
const Place = v.object({ side: v.picklist(['before', 'after']), start: Position, end: Position });

const Witness = v.object({
  who: text,
  principal: text,
  action: text,
  resource: text,
  context: v.record(text, v.union([text, texts])),
  request: text,
});

const Finding = v.object({
  rule: text,
  severity: v.picklist(SEVERITIES),
  confidence: v.picklist(['proved', 'likely', 'unknown']),
  rating: v.object({
    sensitivity: v.object({ level: v.picklist(['public', 'internal', 'confidential', 'restricted']), why: text }),
    blastRadius: v.object({ level: v.picklist(['resource', 'service', 'account', 'organization', 'public']), what: text }),
    gain: text,
  }),
  consequence: text,
  previously: text,
  opened: v.object({ name: text, kind: text }),
  witness: v.optional(Witness),
  reach: v.optional(v.object({ label: text, steps: texts, before: v.number(), after: v.number() })),
  ranges: v.array(Place),
  fingerprint: text,
  fix: text,
  failureMode: text,
  unchecked: texts,
  references: texts,
});

const Assessment = v.object({
  path: text,
  kind: v.picklist(['aws-iam', 'governing', 'config', 'command', 'none']),
  findings: v.array(Finding),
  problems: v.array(
    v.object({
      kind: v.picklist(['unreadable', 'partly-read', 'duplicate-key', 'too-large', 'too-deep', 'undecided', 'not-ignored']),
      message: text,
      place: v.optional(Place),
      blinds: v.boolean(),
    }),
  ),
});

const CommandAct = v.variant('kind', [
  v.object({
    kind: v.literal('change'),
    change: v.object({
      rule: v.picklist([
        'command-changes-access',
        'command-destroys-data',
        'command-weakens-safeguard',
        'command-runs-unread-code',
        'command-reads-secret',
      ]),
      system: text,
      does: text,
      object: text,
      kind: text,
      severity: v.picklist(['critical', 'high', 'medium', 'low']),
      document: maybe,
    }),
  }),
  v.object({ kind: v.literal('unread'), paths: texts, why: text, from: v.optional(v.literal('patch')) }),
]);

const Provenance = v.object({
  channel: v.picklist(['hook', 'tool', 'paste', 'inline', 'insert', 'disk', 'patch', 'typed']),
  certainty: v.picklist(['attested', 'observed', 'inferred', 'human']),
  agent: v.optional(v.object({ name: text, version: maybe, model: maybe, session: maybe, toolCall: maybe, tool: maybe })),
  digests: v.optional(v.object({ prompt: maybe, output: maybe })),
});

const HoldShape = v.object({
  schema: v.literal('countersign.hold/1'),
  id: text,
  workspace: text,
  created: moment,
  updated: moment,
  times: v.number(),
  verdict: v.picklist(['acknowledge', 'approve', 'forbid']),
  sign: v.optional(v.object({ people: v.picklist([1, 2]), presence: v.picklist(['none', 'touch', 'verified']) })),
  forbiddenBy: v.optional(v.object({ pattern: text, source: text, owner: maybe })),
  provenance: Provenance,
  policyDigest: text,
  edits: v.pipe(
    v.array(v.object({ path: text, before: text, after: text, command: v.optional(v.array(CommandAct)), assessment: Assessment })),
    v.minLength(1),
  ),
  disk: v.optional(v.picklist(['written', 'reverted'])),
});

const DecidedShape = v.variant('kind', [
  v.object({
    schema: v.literal('countersign.decided/1'),
    kind: v.literal('acknowledged'),
    id: text,
    hold: HoldShape,
    when: moment,
    expires: moment,
    retryUntil: moment,
    rollBackLater: v.boolean(),
    envelope: text,
    applied: v.optional(v.object({ ok: v.boolean(), when: moment, cause: maybe })),
    rolledBack: v.optional(moment),
  }),
  v.object({ schema: v.literal('countersign.decided/1'), kind: v.literal('discarded'), id: text, hold: HoldShape, when: moment }),
]);

const DraftShape = v.object({
  schema: v.literal('countersign.draft/1'),
  hold: text,
  reason: v.object({
    category: v.picklist(['intended', 'temporary', 'mitigated', 'wrong', 'incident']),
    text,
    ticket: v.optional(text),
  }),
  by: text,
  when: moment,
});
