import type { Finding } from '../../engine/types.ts';
import { visibleText } from '../visible-text.ts';

/** What a tool answers: the same facts for a program and, as `text`, for a model or a person. */
export type ToolAnswer = {
  /** True when what was asked for did not happen: who looks at nothing else must not believe that a file was written. */
  readonly isError: boolean;
  readonly text: string;
  readonly structured: EditResult | HoldResult;
  /** A hold whose reason the person may be asked for at once, in the client's own way. */
  readonly ask?: Ask | undefined;
};

export type EditResult = {
  readonly outcome:
    | 'written'
    | 'unchanged'
    | 'passes'
    | 'held'
    | 'would-be-held'
    | 'forbidden'
    | 'would-be-forbidden'
    | 'refused'
    | 'halted';
  readonly written: boolean;
  readonly hold?: string | undefined;
  readonly files: readonly string[];
  readonly findings: readonly ToolFinding[];
  /** What went wrong, a sentence. */
  readonly cause?: string | undefined;
  readonly next: string;
};

export type HoldResult = {
  readonly hold: string;
  readonly state: 'waiting' | 'forbidden' | 'acknowledged' | 'used' | 'expired' | 'discarded' | 'unknown' | 'halted';
  /** ISO 8601. Of `acknowledged`: until when the same edit goes through. */
  readonly until?: string | undefined;
  readonly next: string;
};

export type ToolFinding = {
  readonly rule: string;
  readonly severity: string;
  readonly path: string;
  /** In the text after, counted from 1. */
  readonly line?: number | undefined;
  readonly consequence: string;
  readonly fix: string;
};

export type Ask = {
  readonly hold: string;
  readonly workspace: string;
  readonly message: string;
  readonly minimumReason: number;
  readonly ticket: 'optional' | 'required';
};

export function editAnswer(result: EditResult, first: string, isError: boolean): ToolAnswer {
  const shown = result.findings.slice(0, SHOWN);
  const more = result.findings.length - shown.length;
  const lines = [
    first,
    ...shown.map(({ severity, path, line, consequence, fix }) => {
      const place = line === undefined ? path : `${path}:${line}`;
      return `- ${severity}, ${place}: ${consequence} ${fix}`;
    }),
    ...(more > 0 ? [`- and ${more} more`] : []),
    result.next,
  ];
  return {
    isError,
    text: lines
      .filter((line) => line !== '')
      .map(visibleText)
      .join('\n'),
    structured: result,
  };
}

const SHOWN = 20;

/** Nothing was judged or written: what is wrong and what to do, in sentences. */
export function refusedAnswer(cause: string, files: readonly string[] = []): ToolAnswer {
  const shown = visibleText(cause);
  return editAnswer(
    { outcome: 'refused', written: false, files, findings: [], cause: shown, next: 'Nothing was written. Do not work around it.' },
    `Refused by Countersign: ${shown}`,
    true,
  );
}

export function toolFindings(findings: readonly (readonly [string, Finding])[]): readonly ToolFinding[] {
  return findings.map(([path, { rule, severity, consequence, fix, ranges }]) => {
    const line = ranges.find(({ side }) => side === 'after')?.start.line;
    return {
      rule,
      severity,
      path: visibleText(path),
      ...(line === undefined ? {} : { line }),
      consequence: visibleText(consequence),
      fix: visibleText(fix),
    };
  });
}
