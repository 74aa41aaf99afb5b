import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Edit, Finding } from '../../engine/types.ts';
import { isAckFile } from '../../gate/ack-file.ts';
import { maybeSamePerson, whyNoApprover } from '../../gate/approvers.ts';
import { ladderOf } from '../../gate/ladder.ts';
import { type AckSetting, readRepositoryAck, type RepositoryAck } from '../../gate/repository-cover.ts';
import type { Policy } from '../../gate/types.ts';
import { type BaseSide, baseSide } from './base-side.ts';
import { changedFiles, type ReadChange, readChanges } from './changed-files.ts';
import type { EffectiveFiles } from './effective-files.ts';
import { type Judged, judgeChange, judgeIn, PROVENANCE } from './judge-change.ts';
import { bytesOf, digestKeyIn } from './objects.ts';
import { type CheckRequest, type Sides, sidesOf } from './check-sides.ts';
import type { Repository } from './repository.ts';
import { wasThere } from './revisions.ts';
import { type Acks, type Asked, type Standing, standingOf, type Step, stepsBetween, toldOnTheWay } from './standing.ts';

export type CheckedFile = {
  readonly path: string;
  readonly verdict: Judged['verdict'];
  readonly refused: boolean;
  /** Those that need a person, worst first. */
  readonly standings: readonly Standing[];
  /** All that was found. */
  readonly findings: readonly Finding[];
  readonly problems: Judged['assessments'][number]['problems'];
  /** Found, and let pass for a time by an ignore of the base side. */
  readonly ignored: Judged['ignored'];
  readonly cause?: string | undefined;
  readonly forbiddenBy?: Judged['forbiddenBy'];
  readonly notes: readonly string[];
  /** What was judged, for a hold. */
  readonly edit: Edit;
};

export type CheckReport = {
  readonly ok: boolean;
  /** The commit that policy and keys were read from; undefined before the first commit. */
  readonly base: string | undefined;
  readonly head: string;
  /** How many files the change touches, acknowledgements apart. */
  readonly changed: number;
  /** Those that something was found in. */
  readonly files: readonly CheckedFile[];
  /** Keys that may acknowledge. */
  readonly trusted: number;
  /** The base side's, for what is held afterwards. Its packs were read from a copy that is gone. */
  readonly policy: Policy;
  /** Acknowledgements that cannot count for anything, and other things to know; sentences. */
  readonly notes: readonly string[];
};

export type Checked = { readonly ok: true; readonly report: CheckReport } | { readonly ok: false; readonly problem: string };

/**
 * Reads a change again, from git's objects alone, and asks the one door about it: whatever needs a person must have a valid
 * acknowledgement among the files that the change itself brings. Policy, packs and keys are those of the base side.
 * Writes only into a temporary folder. Throws as fs does.
 */
export function checkChange(repository: Repository, request: CheckRequest): Checked {
  const temporary = realpathSync.native(mkdtempSync(join(tmpdir(), 'countersign-check-')));
  try {
    const found = sidesOf(repository, request, temporary);
    if (!found.ok) return found;
    const report = reportOf(found.sides, request, {
      copy: join(temporary, 'base'),
      root: repository.folder,
      organization: request.organization,
    });
    // Policy and packs were read from a copy: sentences name them as the repository does.
    const own = join(temporary, 'base');
    return { ok: true, report: withNames(report, (text) => text.replaceAll(`${own}/`, '').replaceAll(own, 'the base side')) };
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
}

function reportOf(sides: Sides, { now, otherKeys, isOwn }: CheckRequest, folders: Parameters<typeof baseSide>[3]): CheckReport {
  const { repository, ends, after, base, began } = sides;
  const read = baseSide(repository, base, after, folders);
  const noKeys = read.keys.size === 0;
  const side: BaseSide = noKeys && otherKeys !== undefined ? { ...read, keys: otherKeys } : read;
  const acks = acksOf(sides, {
    keys: side.keys,
    owners: side.owners,
    revoked: side.revoked,
    identity: ends.identity,
    policy: side.policy,
    now: now(),
    digestKey: digestKeys(repository),
  });
  const paths = new Set<string>();
  const files = new Map<string, CheckedFile>();
  for (const first of began) {
    const changes = changedFiles(first, after, [base, ...sides.merged]);
    for (const { path } of changes) paths.add(path);
    for (const change of readChanges(repository, changes)) {
      const checked = checkedFile(change, side, acks, now);
      const file = checked.standings.length > 0 && isOwn?.(change) === true ? ownFile(checked) : checked;
      const known = files.get(file.path);
      files.set(file.path, known === undefined ? file : both(known, file));
    }
  }
  const interesting = [...files.values()].filter(
    ({ refused, findings, problems, notes }) => refused || findings.length + problems.length + notes.length > 0,
  );
  const broken = acks.brought.flatMap((ack) => ('files' in ack ? [] : [`${ack.file} ${ack.refused}`]));
  return {
    ok: interesting.every(({ refused }) => !refused),
    base: ends.base,
    head: sides.head,
    changed: paths.size,
    files: interesting,
    trusted: side.keys.size,
    policy: side.policy,
    notes: [...read.notes, ...broken],
  };
}

function checkedFile(change: ReadChange, side: BaseSide, acks: Acks, now: () => Date): CheckedFile {
  const judged = judgeChange(change, side, now);
  const { verdict, assessments, needed, sign, cause, forbiddenBy, ignored, notes } = judged;
  const edit: Edit = { path: change.path, before: change.before, after: change.after, provenance: PROVENANCE };
  const findings = assessments[0]?.findings ?? [];
  const asks = new Set(needed.map(({ fingerprint }) => fingerprint));
  const asked = { people: sign?.people ?? 1, presence: sign?.presence ?? 'none', ...approvalBy(edit, side) };
  const own = new Map<string, ReadonlyMap<string, string>>();
  const fingerprintIn = (ownPath: string, finding: Finding): string | undefined => {
    const known = own.get(ownPath) ?? fingerprintsAs({ ...edit, path: ownPath }, side, now);
    own.set(ownPath, known);
    return known.get(likeness(finding));
  };
  let steps: readonly Step[] | undefined;
  const standings = findings
    .filter(({ fingerprint }) => asks.has(fingerprint))
    .map((finding) => standingOf(edit, finding, asked, acks, fingerprintIn))
    .map((one) => {
      if (!one.missing || asked.people > 1 || asked.presence !== 'none') return one;
      steps ??= stepsBetween(edit, acks) ?? [];
      return toldOnTheWay(one.finding, steps) ? { ...one, missing: false, why: [], by: steps.map(({ ack }) => ack) } : one;
    });
  return {
    path: change.path,
    verdict,
    refused: verdict === 'forbid' || verdict === 'closed' || standings.some(({ missing }) => missing),
    standings,
    findings,
    problems: assessments[0]?.problems ?? [],
    ignored,
    cause,
    forbiddenBy,
    notes:
      change.through === undefined || findings.length === 0 ? notes : [...notes, `${change.path} is a symbolic link to ${change.through}.`],
    edit,
  };
}

/** Who may be the second person for one finding of this file, and which signatures may be one person's. */
function approvalBy(edit: Edit, { policy, owners, folder }: BaseSide): Pick<Asked, 'whyNoApprover' | 'maybeSamePerson'> {
  const ladder = ladderOf(policy, edit, folder);
  const signatory = ({ keyId }: RepositoryAck) => ({ keyId, people: [owners.get(keyId)] });
  return {
    whyNoApprover: ({ keyId }, finding) =>
      ladder(finding)[finding.severity] === 'approve' ? whyNoApprover(keyId, [{ path: edit.path, ...finding }], folder, policy) : undefined,
    maybeSamePerson: (one, other) => maybeSamePerson(signatory(one), signatory(other), policy),
  };
}

/** What is forbidden, or could not be judged, stays so. */
function ownFile(file: CheckedFile): CheckedFile {
  if (file.verdict !== 'acknowledge' && file.verdict !== 'approve') return file;
  const note = `${file.path} is exactly what a command of Countersign itself writes, and nothing else: nobody need acknowledge it.`;
  return { ...file, verdict: 'note', refused: false, standings: [], notes: [...file.notes, note] };
}

/** A workspace in a folder of the repository names its files from there, and fingerprints bind to names. */
function fingerprintsAs(edit: Edit, side: BaseSide, now: () => Date): ReadonlyMap<string, string> {
  const findings = judgeIn(edit, side, now).assessments[0]?.findings ?? [];
  return new Map(findings.map((finding) => [likeness(finding), finding.fingerprint]));
}

/** What makes one finding the same under two names of its file. */
function likeness({ rule, severity, consequence, ranges, opened }: Finding): string {
  return JSON.stringify([rule, severity, consequence, ranges, opened]);
}

/** After a criss-cross merge the change began in several places: what is new against any of them is asked for. */
function both(one: CheckedFile, other: CheckedFile): CheckedFile {
  const worse = one.refused || !other.refused ? one : other;
  const known = new Set(one.standings.map(({ finding }) => finding.fingerprint));
  const found = new Set(one.findings.map(({ fingerprint }) => fingerprint));
  return {
    ...worse,
    refused: one.refused || other.refused,
    standings: [...one.standings, ...other.standings.filter(({ finding }) => !known.has(finding.fingerprint))],
    findings: [...one.findings, ...other.findings.filter(({ fingerprint }) => !found.has(fingerprint))],
  };
}

function acksOf({ repository, ends, after, base, onlyOnce }: Sides, setting: AckSetting): Acks {
  const read = (files: EffectiveFiles, wanted: (path: string) => boolean) => {
    const named = [...files].flatMap(([path, content]) =>
      isAckFile(path) && content.kind === 'file' && content.through === undefined && wanted(path) ? [{ path, id: content.id }] : [],
    );
    const bytes = bytesOf(
      repository,
      named.map(({ id }) => id),
    );
    return named.map(({ path, id }) => readRepositoryAck(path, bytes.get(id) ?? Buffer.alloc(0), setting));
  };
  let earlier: readonly RepositoryAck[] | undefined;
  const used = new Map<string, boolean>();
  return {
    brought: read(after, (path) => !onlyOnce || !base.has(path)),
    earlier: () => (earlier ??= onlyOnce ? read(base, () => true).flatMap((ack) => ('files' in ack ? [ack] : [])) : []),
    wasUsed: (file) => {
      if (!onlyOnce || ends.base === undefined) return false;
      const known = used.get(file) ?? wasThere(repository, ends.base, file);
      used.set(file, known);
      return known;
    },
  };
}

/** Asks git once for the same first commits. */
function digestKeys(repository: Repository): NonNullable<AckSetting['digestKey']> {
  const known = new Map<string, ReturnType<typeof digestKeyIn>>();
  return (roots) => {
    const name = roots.join(' ');
    if (!known.has(name)) known.set(name, digestKeyIn(repository, roots));
    return known.get(name);
  };
}

function withNames(report: CheckReport, shown: (text: string) => string): CheckReport {
  const optional = (text: string | undefined) => (text === undefined ? undefined : shown(text));
  return {
    ...report,
    notes: report.notes.map(shown),
    files: report.files.map((file) => ({
      ...file,
      cause: optional(file.cause),
      notes: file.notes.map(shown),
      standings: file.standings.map((one) => ({ ...one, why: one.why.map(shown) })),
      problems: file.problems.map((problem) => ({ ...problem, message: shown(problem.message) })),
      ...(file.forbiddenBy === undefined ? {} : { forbiddenBy: { ...file.forbiddenBy, source: shown(file.forbiddenBy.source) } }),
    })),
  };
}
