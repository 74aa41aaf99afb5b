/**
 * Records as Agent Trace records, version 0.1 (agent-trace.dev, schema v1): which lines of which files an agent wrote. Only what
 * was really written, or applied by the editor, is a contribution; what was held is none.
 */
import { wellFormed } from './canonical.ts';
import type { RecordedFile, StoredRecord } from './types.ts';

/** The schema's own pattern asks for two numbers. */
const VERSION = '0.1';
/** Reverse domain, as the specification asks of what is a vendor's own. */
const OWN = 'dev.countersign';
const LONGEST_MODEL = 250;

type Contributor = { readonly type: 'human' | 'ai' | 'mixed' | 'unknown'; readonly model_id?: string };

export type TraceRecord = {
  readonly version: string;
  /** A UUID that follows from the record: exported twice, it is the same. */
  readonly id: string;
  readonly timestamp: string;
  readonly vcs?: { readonly type: 'git'; readonly revision: string };
  readonly tool?: { readonly name: string; readonly version: string };
  readonly files: readonly {
    readonly path: string;
    readonly conversations: readonly {
      readonly contributor: Contributor;
      readonly ranges: readonly { readonly start_line: number; readonly end_line: number; readonly content_hash?: string }[];
    }[];
  }[];
  readonly metadata: Readonly<Record<string, unknown>>;
};

/** Where a file of a record lies in its repository, and the commit in which it has the text that was recorded, if there is one. */
export type Placed = { readonly path: (file: RecordedFile) => string; readonly revision?: string | undefined };

/** Undefined for a record that is no contribution. */
export function traceRecord(stored: StoredRecord, placed: Placed): TraceRecord | undefined {
  const { event, time, log, seq } = stored.record;
  const { provenance, files = [] } = event;
  // What a hook lets through is written afterwards, and recorded then.
  const applied = event.kind === 'released' && provenance?.channel !== 'hook' && event.verdict !== 'not-applied';
  const texts = files.filter(({ path }) => !path.startsWith('$ '));
  if ((event.kind !== 'written' && !applied) || texts.length === 0) return undefined;
  const agent = provenance?.agent;
  const contributor = contributorOf(provenance);
  return {
    version: VERSION,
    id: uuidOf(stored.id),
    timestamp: time,
    ...(placed.revision === undefined ? {} : { vcs: { type: 'git', revision: placed.revision } }),
    ...(agent === undefined ? {} : { tool: { name: wellFormed(agent.name), version: agent.version ?? 'unknown' } }),
    files: texts.map((file) => ({
      path: placed.path(file),
      conversations: [
        {
          contributor,
          ranges: (file.lines ?? []).map(({ start, end, digest }) => ({
            start_line: start,
            end_line: end,
            ...(digest === undefined ? {} : { content_hash: `sha256:${digest}` }),
          })),
        },
      ],
    })),
    metadata: {
      [OWN]: {
        log,
        seq,
        record: stored.id,
        kind: event.kind,
        workspace: event.workspace,
        channel: provenance?.channel,
        certainty: provenance?.certainty,
        session: agent?.session,
        tool: agent?.tool,
        tool_call: agent?.toolCall,
        prompt_sha256: provenance?.digests?.prompt,
        output_sha256: provenance?.digests?.output,
        hold: event.hold,
        acknowledgement: event.acknowledgement,
        findings: texts.flatMap(({ path, findings }) => findings.map(({ rule, severity }) => ({ path, rule, severity }))),
        after_sha256: Object.fromEntries(texts.flatMap(({ path, after }) => (after === undefined ? [] : [[path, after]]))),
      },
    },
  };
}

/** Identifiers follow models.dev: "provider/model". A name that tells its maker gets one; others stay as they are. */
export function modelId(model: string): string {
  const id = wellFormed(model).trim();
  if (id.includes('/')) return id.slice(0, LONGEST_MODEL);
  const maker = MAKERS.find(([pattern]) => pattern.test(id))?.[1];
  return (maker === undefined ? id : `${maker}/${id}`).slice(0, LONGEST_MODEL);
}

const MAKERS: readonly (readonly [RegExp, string])[] = [
  [/^claude/i, 'anthropic'],
  [/^(gpt|o\d|codex|chatgpt)/i, 'openai'],
  [/^(gemini|gemma)/i, 'google'],
  [/^(qwen|qwq)/i, 'alibaba'],
  [/^grok/i, 'xai'],
  [/^deepseek/i, 'deepseek'],
  [/^(mistral|codestral|devstral|magistral)/i, 'mistral'],
];

function contributorOf(provenance: StoredRecord['record']['event']['provenance']): Contributor {
  if (provenance?.certainty === 'human') return { type: 'human' };
  const model = provenance?.agent?.model;
  if (provenance?.agent === undefined) return { type: 'unknown' };
  return { type: 'ai', ...(model === undefined || model.trim() === '' ? {} : { model_id: modelId(model) }) };
}

/** Version 8: the bits are ours, here the first of the record's own hash. */
function uuidOf(id: string): string {
  const hex = `${id.slice(0, 12)}8${id.slice(13, 16)}${((Number.parseInt(id.slice(16, 17), 16) & 3) | 8).toString(16)}${id.slice(17, 32)}`;
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join('-');
}
