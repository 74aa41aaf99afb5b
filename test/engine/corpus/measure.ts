import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { assess, DEFAULT_SETTINGS } from '../../../server/engine/assess.ts';
import { compareSeverity } from '../../../server/engine/rate.ts';
import type { Assessment, Finding, Provenance } from '../../../server/engine/types.ts';
import { NOT_SOUND } from './not-sound.ts';

export type Row = {
  readonly id: string;
  readonly source: string;
  readonly rule: string;
  readonly kind: string;
  readonly fileName: string;
  readonly before: string;
  readonly after: string;
  /** Lines of the text after that are new or other; none when something was only taken away. */
  readonly changedAfter?: readonly number[];
};

/** One edit, measured. `undefined`: its label does not hold for this. */
export type Measured = {
  readonly row: Row;
  /** A finding of low or above on a changed line. */
  readonly found: boolean | undefined;
  /** A finding of low or above anywhere. */
  readonly anywhere: boolean;
  readonly findings: readonly Finding[];
  /** The reverse asks for something: a finding of medium or above. */
  readonly reverseAlarms: boolean | undefined;
  readonly reverse: readonly Finding[];
  /** The text after could not be read. */
  readonly unread: string | undefined;
};

const AGENT: Provenance = { channel: 'hook', certainty: 'attested', agent: { name: 'Claude Code' } };

export function measureEdit(row: Row): Measured {
  const there = assessed(row.fileName, row.before, row.after);
  const back = assessed(row.fileName, row.after, row.before);
  const label = NOT_SOUND[row.id]?.wrong;
  const told = there.findings.filter(({ severity }) => compareSeverity(severity, 'low') <= 0);
  return {
    row,
    found: label === 'risky' || label === 'both' ? undefined : told.some((finding) => isOnChange(finding, row)),
    anywhere: told.length > 0,
    findings: there.findings,
    reverseAlarms: label === 'reverse' || label === 'both' ? undefined : asks(back),
    reverse: back.findings,
    unread: there.problems.find(({ blinds }) => blinds)?.message,
  };
}

/** Does a neutral edit ask for something? `undefined`: it is not neutral. */
export function measureNeutral(row: Row): {
  readonly row: Row;
  readonly alarms: boolean | undefined;
  readonly findings: readonly Finding[];
} {
  const assessment = assessed(row.fileName, row.before, row.after);
  return { row, alarms: NOT_SOUND[row.id] === undefined ? asks(assessment) : undefined, findings: assessment.findings };
}

export function rowsOf(folder: string, name: string): readonly Row[] {
  return readFileSync(join(folder, name), 'utf8')
    .trim()
    .split('\n')
    .map((line): Row => JSON.parse(line));
}

function assessed(path: string, before: string, after: string): Assessment {
  return assess({ path, before, after, provenance: AGENT }, DEFAULT_SETTINGS);
}

function asks({ findings }: Assessment): boolean {
  return findings.some(({ severity }) => compareSeverity(severity, 'medium') <= 0);
}

function isOnChange({ ranges }: Finding, { changedAfter = [] }: Row): boolean {
  if (changedAfter.length === 0) return true;
  return ranges.some(({ side, start, end }) => side === 'after' && changedAfter.some((line) => start.line <= line && line <= end.line));
}
