import type { LedgerEvent, RecordedFinding, StoredRecord } from '../../ledger/types.ts';
import { plainText } from '../hold-words.ts';

/** What the log says of one suggestion that was held. Small: there may be a hundred thousand of them. */
export type Suggestion = {
  /** Log and hold: two people's logs may have holds of one name. */
  readonly key: string;
  readonly hold: string;
  /** Milliseconds since 1970. */
  readonly heldAt: number;
  readonly agent: string | undefined;
  readonly rules: readonly string[];
  readonly severity: string;
  readonly workspace: string;
  readonly forbidden: boolean;
  discarded: { readonly person: string } | undefined;
  acknowledged: Acknowledgement | undefined;
};

export type Acknowledgement = {
  readonly id: string;
  readonly at: number;
  readonly person: string;
  readonly category: string;
  readonly reason: string;
  readonly ticket: string;
  readonly expires: string;
  readonly sentence: string;
  readonly path: string;
  /** It was let through or applied. */
  applied: boolean;
  rolledBack: boolean;
};

const SEVERITIES = ['critical', 'high', 'medium', 'low', 'info'];
export const NOT_KNOWN = 'Not known';

export function suggestionOf({ record }: StoredRecord): Suggestion {
  const { event } = record;
  const findings = findingsIn(event);
  return {
    key: keyOf(record),
    hold: event.hold ?? '',
    heldAt: Date.parse(record.time),
    agent: event.provenance?.agent?.name,
    rules: [...new Set(findings.map(({ rule }) => rule))],
    severity: findings[0]?.severity ?? 'high',
    workspace: event.workspace ?? '',
    forbidden: event.kind === 'forbidden',
    discarded: undefined,
    acknowledged: undefined,
  };
}

export function keyOf({ log, seq, event }: StoredRecord['record']): string {
  return `${log} ${event.hold ?? `#${seq}`}`;
}

export function acknowledgementOf({ id, record }: StoredRecord, person: string): Acknowledgement {
  const { event, time } = record;
  return {
    id,
    at: Date.parse(time),
    person,
    category: event.reason?.category ?? '',
    reason: event.reason?.text ?? '',
    ticket: event.reason?.ticket ?? '',
    expires: event.expires ?? '',
    sentence: findingsIn(event)[0]?.consequence ?? '',
    path: event.files?.[0]?.path ?? '',
    applied: false,
    rolledBack: false,
  };
}

/** All findings of all files, worst first. A severity that is not known here counts as the worst. */
export function findingsIn({ files }: Pick<LedgerEvent, 'files'>): readonly RecordedFinding[] {
  return (files ?? []).flatMap(({ findings }) => findings).toSorted((a, b) => rank(a.severity) - rank(b.severity));
}

/** 0 is worst. */
export function rank(severity: string): number {
  return Math.max(0, SEVERITIES.indexOf(severity));
}

export function agentName(agent: string | undefined): string {
  return agent === undefined ? NOT_KNOWN : plainText(agent);
}

/** The last part of a workspace's path: what people call it. */
export function repositoryName(workspace: string): string {
  return (
    workspace
      .replace(/[\\/]+$/, '')
      .split(/[\\/]/)
      .at(-1) || NOT_KNOWN
  );
}
