import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { encodeEnvelope, encodeStatement, preAuthEncoding, RECORD_PAYLOAD_TYPE, sha256 } from '../../server/ledger/envelope.ts';
import { signHead } from '../../server/ledger/head.ts';
import { readProcessKey } from '../../server/ledger/keys.ts';
import { recordFile } from '../../server/ledger/record-file.ts';
import type { Actor, LedgerEvent, Signer } from '../../server/ledger/types.ts';
import { enrolled, opened, type State } from '../ledger/fixture.ts';

export type Said = { readonly at: Date; readonly user?: string; readonly event: LedgerEvent; readonly signer?: Signer };

/** Writes records as appending would, at times of one's choosing and without its care for the disk. Gives the ids. */
export async function writeLog(state: State, begin: Date, story: (person: Signer) => Iterable<Said>): Promise<readonly string[]> {
  const ledger = await opened(state, () => begin);
  const person = await enrolled(ledger, state);
  let last: { id: string; log: string; seq: number } | undefined;
  for await (const { id, record } of ledger.read()) last = { id, log: record.log, seq: record.seq };
  const key = readProcessKey(state.keysFolder);
  if (last === undefined || key === undefined) throw new Error('no log');
  const ids: string[] = [];
  let { id: prev, seq } = last;
  for (const { at, user = 'maya', event, signer = key.signer } of story(person)) {
    seq++;
    const actor: Actor = { user, host: `${user}-laptop`, process: 'test' };
    const linked =
      event.acknowledgement === undefined
        ? event
        : { ...event, acknowledgement: ids[Number(event.acknowledgement)] ?? event.acknowledgement };
    const record = { schema: 'countersign.record/1' as const, log: last.log, seq, prev, time: at.toISOString(), actor, event: linked };
    const payload = encodeStatement(record);
    const signature = Buffer.from(await signer.sign(preAuthEncoding(RECORD_PAYLOAD_TYPE, payload)));
    const bytes = encodeEnvelope({ payloadType: RECORD_PAYLOAD_TYPE, payload, keyId: signer.keyId, signature });
    writeFileSync(join(state.folder, recordFile(seq)), bytes);
    prev = sha256(bytes);
    ids.push(prev);
  }
  writeFileSync(`${state.folder}.head.json`, await signHead({ log: last.log, seq, head: prev, checked: true }, key.signer));
  return ids;
}

export type Told = {
  readonly hold: string;
  readonly kind?: LedgerEvent['kind'];
  readonly agent?: string;
  readonly rule?: string;
  readonly severity?: string;
  readonly consequence?: string;
  readonly path?: string;
  readonly workspace?: string;
  readonly after?: string;
  readonly more?: Partial<LedgerEvent>;
};

/** A record about one suggestion. `more.acknowledgement` may be the number of an earlier record of the story, from 0. */
export function told({
  hold,
  kind = 'held',
  agent = 'Claude Code',
  rule = 'aws-iam-public',
  severity = 'critical',
  path = 'infra/exports-policy.json',
  after = 'b'.repeat(64),
  workspace = '/home/maya/payments',
  ...rest
}: Told): LedgerEvent {
  const consequence = rest.consequence ?? 'Anyone on the internet can read every object in `prod-customer-exports`.';
  return {
    kind,
    hold,
    workspace,
    files: [
      {
        path,
        before: 'a'.repeat(64),
        after,
        findings: [
          {
            rule,
            severity,
            confidence: 'proved',
            consequence,
            fingerprint: sha256(Buffer.from(hold + rule)),
            sensitivity: 'restricted',
            blastRadius: 'public',
          },
        ],
      },
    ],
    provenance:
      agent === ''
        ? { channel: 'disk', certainty: 'inferred' }
        : {
            channel: 'hook',
            certainty: 'attested',
            agent: { name: agent, session: 's-1', tool: 'Edit', toolCall: `toolu_${hold}` },
            digests: { prompt: 'd'.repeat(64), output: 'e'.repeat(64) },
          },
    verdict: 'acknowledge',
    ...rest.more,
  };
}

const AGENTS = ['Claude Code', 'Claude Code', 'Claude Code', 'Copilot agent', 'Copilot agent', 'Cursor', ''];
const RULES: readonly (readonly [string, string, string])[] = [
  ['aws-iam-wildcard-action', 'high', '`ci-runner` can do anything with `queue-retry`.'],
  ['aws-iam-public', 'critical', 'Anyone on the internet can read every object in `prod-customer-exports`.'],
  ['kubernetes-secrets-read', 'high', '`ci-runner` can read every secret in `staging-payments`.'],
  ['aws-iam-other-account', 'medium', 'Account `9031`, outside your organisation, can read `edge-logs`.'],
  ['terraform-logging-off', 'medium', 'Nobody can see who changed `audit-trail`.'],
];
const PERSONS = ['maya', 'lee', 'dana', 'tomas'];
const CATEGORIES = ['temporary', 'temporary', 'intended', 'mitigated', 'wrong', 'incident'];
const REASONS = [
  'Replay job needs the webhook secret this week; access logging is on.',
  'Table names are in the public catalogue anyway.',
  'Vendor is tracing dropped requests until Friday.',
  'as discussed with the platform team',
];

/** A team's month, always the same for a number: `count` suggestions over `days`, with what became of each. */
export function* month(count: number, days: number, now: Date, person: Signer): Generator<Said> {
  let seed = 42;
  const random = (below: number) => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
    return Math.floor((seed / 2 ** 32) * below);
  };
  const begin = now.getTime() - days * 86_400_000;
  let written = 0;
  for (let index = 0; index < count; index++) {
    const at = begin + Math.floor((index / count) * days * 86_400_000);
    const [rule = '', severity = '', consequence = ''] = RULES[random(RULES.length)] ?? [];
    const user = PERSONS[random(PERSONS.length)] ?? 'maya';
    const hold = `H-${index.toString(32).toUpperCase().padStart(8, '0')}`;
    const about = {
      hold,
      agent: AGENTS[random(AGENTS.length)] ?? '',
      rule,
      severity,
      consequence,
      path: `infra/${rule}-${index % 40}.json`,
      workspace: `/home/${user}/${['payments-platform', 'data-lake', 'edge'][random(3)]}`,
    };
    const dice = random(10);
    const record = (after: number, event: LedgerEvent, signer?: Signer): Said => {
      written++;
      return { at: new Date(at + after * 1000), user, event, ...(signer === undefined ? {} : { signer }) };
    };
    yield record(0, told({ ...about, kind: dice === 9 ? 'forbidden' : 'held' }));
    if (dice < 6) yield record(90 + random(3000), told({ ...about, kind: 'discarded' }));
    else if (dice < 9 && index < count - 6) {
      const waited = random(4) === 0 ? 6 : 60 + random(4000);
      const acknowledged = written;
      const reason = {
        category: CATEGORIES[random(CATEGORIES.length)] ?? '',
        text: REASONS[random(REASONS.length)] ?? '',
        ticket: `OPS-${4000 + index}`,
      };
      const expires = new Date(at + (2 + random(9)) * 86_400_000).toISOString();
      yield record(waited, told({ ...about, kind: 'acknowledged', more: { reason, expires, retryUntil: expires } }), person);
      yield record(waited + 2, told({ ...about, kind: 'released', more: { acknowledgement: String(acknowledged), verdict: 'allow' } }));
      yield record(
        waited + 3,
        told({ ...about, kind: 'written', more: { acknowledgement: String(acknowledged), verdict: 'acknowledge' } }),
      );
      if (random(3) === 0)
        yield record(waited + 7200, {
          ...told({ ...about, kind: 'rolled-back', more: { acknowledgement: String(acknowledged), cause: 'A person rolled it back.' } }),
        });
    }
    if (index % 17 === 3) yield record(30, { kind: 'closed', cause: 'The file could not be read.', workspace: about.workspace });
  }
  yield { at: new Date(now.getTime() - 7_000_000), event: { kind: 'tripped', cause: 'Cursor was held 6 times in 10 minutes.' } };
}
