import type { CheckedFile, CheckReport } from '../git/check-change.ts';
import { ackWords, refusalOf, remediesOf, sumOf } from './check-words.ts';
import type { JudgedEdit } from './judged.ts';
import { sarifLog } from './sarif.ts';

/** For machines: one object. */
export function checkJson(report: CheckReport): string {
  const { ok, base, head, changed, trusted, notes } = report;
  const files = report.files.map((file) => ({
    path: file.path,
    verdict: file.verdict,
    refused: file.refused,
    cause: refusalOf(file) ?? null,
    expansions: file.standings.map(({ finding, missing, why, by }) => ({
      rule: finding.rule,
      severity: finding.severity,
      confidence: finding.confidence,
      consequence: finding.consequence,
      fingerprint: finding.fingerprint,
      witness: finding.witness ?? null,
      ranges: finding.ranges,
      fix: finding.fix,
      acknowledged: !missing,
      why,
      by: by.map(({ file: name, record, keyId }) => ({
        file: name,
        key: keyId,
        user: record.actor.user,
        reason: record.event.reason?.category ?? null,
        ticket: record.event.reason?.ticket ?? null,
        expires: record.event.expires ?? null,
        log: { log: record.log, seq: record.seq, head: /([0-9a-f]{64})/.exec(name)?.[1] ?? null },
      })),
    })),
    findings: file.findings.map(({ rule, severity, consequence, fingerprint }) => ({ rule, severity, consequence, fingerprint })),
    ignored: file.ignored.map(({ finding, by, reason, until }) => ({ rule: finding.rule, by, reason, until })),
    problems: file.problems,
    notes: file.notes,
  }));
  const answer = { ok, summary: sumOf(report), base: base ?? null, head, changed, trusted, files, remedies: remediesOf(report), notes };
  return `${JSON.stringify(answer, null, 2)}\n`;
}

/** SARIF 2.1.0: what lacks an acknowledgement is a result; what has one is a result that is suppressed, and says by whom. */
export function checkSarif(report: CheckReport): string {
  const accepted = new Map(
    report.files.flatMap(({ path, standings }) =>
      standings.flatMap((one) => (one.missing ? [] : [[`${path} ${one.finding.fingerprint}`, one.by.map(ackWords).join('; ')] as const])),
    ),
  );
  const edits = report.files.map((file) => ({ path: file.path, judged: judgedOf(file) }));
  return `${JSON.stringify(sarifLog(edits, accepted), null, 2)}\n`;
}

function judgedOf(file: CheckedFile): JudgedEdit {
  const refusal = refusalOf(file);
  const told = file.problems.some(({ blinds }) => blinds);
  return {
    verdict: file.verdict,
    severity: file.findings[0]?.severity ?? null,
    findings: file.findings,
    ignored: file.ignored,
    newer: [],
    problems: [
      ...file.problems,
      ...(refusal === undefined || told ? [] : [{ kind: 'undecided' as const, message: refusal, blinds: true }]),
    ],
    cause: file.cause,
    forbiddenBy: file.forbiddenBy,
  };
}
