import { isAbsolute } from 'node:path';
import { pathToFileURL } from 'node:url';
import { version } from '../../../package.json';
import type { Finding, Place, Problem, Severity } from '../../engine/types.ts';
import type { Ignored } from '../../gate/ignores.ts';
import type { JudgedEdit } from './judged.ts';

type Judged = { readonly path: string; readonly judged: JudgedEdit };

const LEVEL: Readonly<Record<Severity, 'error' | 'warning' | 'note'>> = {
  critical: 'error',
  high: 'error',
  medium: 'warning',
  low: 'note',
  info: 'note',
};

/** What code scanners sort by: 0 to 10, as CVSS does. */
const SCORE: Readonly<Record<Severity, string>> = { critical: '9.5', high: '8.0', medium: '5.5', low: '3.0', info: '0.0' };

/** A finding to report; `ignored` where a policy or a comment lets it pass. */
type Told = {
  readonly path: string;
  readonly finding: Finding;
  readonly verdict: JudgedEdit['verdict'];
  readonly ignored?: Ignored | undefined;
};

/**
 * A SARIF 2.1.0 log. Findings are results; what could not be read are notifications of the run. `accepted`: by path, a space and
 * fingerprint, who accepted a finding: such a result is suppressed.
 */
export function sarifLog(edits: readonly Judged[], accepted: ReadonlyMap<string, string> = new Map()): object {
  const all = edits.flatMap(({ path, judged: { verdict, findings, ignored } }) => [
    ...findings.map((finding): Told => ({ path, finding, verdict })),
    ...ignored.map((one): Told => ({ path, finding: one.finding, verdict, ignored: one })),
  ]);
  const ruleIds = [...new Set(all.map(({ finding }) => finding.rule))];
  const notifications = edits.flatMap(({ path, judged }) => judged.problems.map((problem) => notification(path, problem)));
  return {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'Countersign',
            version,
            semanticVersion: version,
            rules: ruleIds.map((id) =>
              ruleOf(
                id,
                all.map(({ finding }) => finding).filter(({ rule }) => rule === id),
              ),
            ),
          },
        },
        columnKind: 'utf16CodeUnits',
        invocations: [
          { executionSuccessful: edits.every(({ judged }) => judged.verdict !== 'closed'), toolExecutionNotifications: notifications },
        ],
        results: all.map((told) => ({
          ...resultOf(told, ruleIds.indexOf(told.finding.rule)),
          ...suppressed(accepted.get(`${told.path} ${told.finding.fingerprint}`)),
        })),
      },
    ],
  };
}

function ruleOf(id: string, findings: readonly Finding[]): object {
  const worst = findings[0];
  return {
    id,
    name: id.replace(/(^|-)([a-z])/g, (_, __, letter: string) => letter.toUpperCase()),
    shortDescription: { text: worst?.failureMode ?? id },
    help: { text: worst?.fix ?? '' },
    ...(worst === undefined ? {} : { defaultConfiguration: { level: LEVEL[worst.severity] } }),
    properties: {
      tags: ['security', 'access', ...new Set(findings.flatMap(({ references }) => references))],
      'security-severity': SCORE[worst?.severity ?? 'info'],
    },
  };
}

function resultOf({ path, finding, verdict, ignored }: Told, ruleIndex: number): object {
  const after = finding.ranges.filter(({ side }) => side === 'after');
  const places = after.length === 0 ? [undefined] : after;
  return {
    ruleId: finding.rule,
    ruleIndex,
    level: LEVEL[finding.severity],
    message: { text: `${finding.consequence} ${finding.previously}`.trim() },
    // One result is one finding: the first place is where it is, the others belong to it.
    locations: places.slice(0, 1).map((place) => locationOf(path, place)),
    ...(places.length < 2
      ? {}
      : { relatedLocations: places.slice(1).map((place, index) => ({ id: index + 1, ...locationOf(path, place) })) }),
    ...(ignored === undefined
      ? {}
      : { suppressions: [{ kind: 'external', justification: `${ignored.reason} (${ignored.by}, until ${ignored.until})` }] }),
    partialFingerprints: { 'countersign/v1': finding.fingerprint },
    properties: {
      severity: finding.severity,
      confidence: finding.confidence,
      verdict,
      sensitivity: finding.rating.sensitivity.level,
      blastRadius: finding.rating.blastRadius.level,
      gain: finding.rating.gain,
      ...(finding.witness === undefined ? {} : { witness: finding.witness }),
      unchecked: finding.unchecked,
    },
  };
}

function suppressed(by: string | undefined): object {
  return by === undefined ? {} : { suppressions: [{ kind: 'external', status: 'accepted', justification: `Acknowledged: ${by}` }] };
}

function notification(path: string, problem: Problem): object {
  return {
    level: problem.blinds ? 'error' : 'warning',
    message: { text: problem.message },
    descriptor: { id: problem.kind },
    locations: [locationOf(path, problem.place?.side === 'after' ? problem.place : undefined)],
  };
}

function locationOf(path: string, place: Place | undefined): object {
  return {
    physicalLocation: {
      artifactLocation: isAbsolute(path)
        ? { uri: pathToFileURL(path).href }
        : {
            uri: path
              .split('/')
              .map((part) => encodeURIComponent(Buffer.from(part).toString()))
              .join('/'),
            uriBaseId: '%SRCROOT%',
          },
      ...(place === undefined ? {} : { region: regionOf(place) }),
    },
  };
}

function regionOf({ start, end }: Place): object {
  return {
    startLine: start.line,
    startColumn: start.column,
    endLine: end.line,
    endColumn: end.column,
    charOffset: start.offset,
    charLength: Math.max(0, end.offset - start.offset),
  };
}
