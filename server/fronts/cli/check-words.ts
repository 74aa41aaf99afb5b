import type { Finding } from '../../engine/types.ts';
import type { RepositoryAck } from '../../gate/repository-cover.ts';
import type { CheckedFile, CheckReport } from '../git/check-change.ts';
import { count } from '../report/report-words.ts';

/** "infra/policy.json:7": where to look, in the text after the change if the finding is there. */
export function placeIn(path: string, { ranges }: Finding): string {
  const place = ranges.find(({ side }) => side === 'after') ?? ranges[0];
  if (place === undefined) return path;
  return place.side === 'after' ? `${path}:${place.start.line}` : `${path}:${place.start.line} (before the change)`;
}

/** Why a file is refused whatever anybody acknowledges; undefined where it is not. */
export function refusalOf({ verdict, cause, forbiddenBy, path }: CheckedFile): string | undefined {
  if (verdict === 'closed') return cause ?? `${path} could not be judged.`;
  if (verdict !== 'forbid') return undefined;
  if (forbiddenBy === undefined) return 'The policy forbids this change. Nobody can acknowledge it; the policy would have to change first.';
  const owner = forbiddenBy.owner === undefined ? '' : ` Its owner is ${forbiddenBy.owner}.`;
  return `The rule ${forbiddenBy.pattern} (${forbiddenBy.source}) forbids this change, and nobody can acknowledge it.${owner} Take it out, or let the policy be changed first.`;
}

/** "ada, temporary, until 2026-12-01" */
export function ackWords({ record }: RepositoryAck): string {
  const { actor, event } = record;
  const ticket = event.reason?.ticket === undefined ? '' : ` [${event.reason.ticket}]`;
  return `${actor.user}, ${event.reason?.category ?? 'no reason'}${ticket}, until ${(event.expires ?? '').slice(0, 10)}`;
}

/** The result in one sentence. */
export function sumOf({ files, changed, ok }: CheckReport): string {
  const standings = files.flatMap((file) => file.standings);
  const missing = standings.filter((one) => one.missing).length;
  const hard = files.filter((file) => refusalOf(file) !== undefined).length;
  const looked = `${count(changed, 'changed file')} looked at`;
  if (!ok) {
    const parts = [
      ...(missing === 0
        ? []
        : [`${missing} of ${count(standings.length, 'expansion')} ${missing === 1 ? 'lacks' : 'lack'} a valid acknowledgement`]),
      ...(hard === 0 ? [] : [`${count(hard, 'file')} cannot be let through at all`]),
    ];
    return `Refused: ${parts.join('; ')}. ${looked}.`;
  }
  const accepted =
    standings.length === 0 ? 'Nothing needs a person' : `${count(standings.length, 'expansion')}, each with a valid acknowledgement`;
  return `Passed: ${accepted}. ${looked}.`;
}

/** What to do now; sentences. */
export function remediesOf({ files, trusted, base, ok }: CheckReport): readonly string[] {
  if (ok || files.every(({ standings }) => standings.every(({ missing }) => !missing))) return [];
  const noKeys =
    trusted > 0
      ? []
      : [
          `No key is trusted${base === undefined ? '' : ' on the base side'}: nobody can acknowledge yet. Put the public key of whoever may into .countersign/keys/ (countersign init --ci writes yours), and let that be merged first, by somebody who answers for it.`,
        ];
  return [
    ...noKeys,
    'Take the access out again, or have a person acknowledge it: run the same command with --hold, read and acknowledge it in the editor, and commit the file that this writes below .countersign/acks/ together with the change.',
  ];
}
