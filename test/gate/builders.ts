import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Assessment, Certainty, Edit, Finding, Problem, Severity } from '../../server/engine/types.ts';
import { digestOf } from '../../server/gate/recorded.ts';
import type { AcknowledgementInput, Hold } from '../../server/gate/types.ts';

/** A folder of its own, removed when the test ends. */
export function temporaryFolder(test: { after: (clean: () => void) => void }): string {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-gate-'));
  test.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export function finding(severity: Severity, name = 'prod-customer-exports', path = 'iam/policy.json'): Finding {
  return {
    rule: 'aws-iam-public',
    severity,
    confidence: 'proved',
    rating: {
      sensitivity: { level: 'restricted', why: 'its name says customer' },
      blastRadius: { level: 'public', what: 'anyone on the internet' },
      gain: 'read data',
    },
    consequence: `Anyone on the internet can read every object in \`${name}\`.`,
    previously: 'Before: only role `app-reader`.',
    opened: { name, kind: 'bucket' },
    witness: {
      who: 'Someone who is not signed in',
      principal: '*',
      action: 's3:GetObject',
      resource: `arn:aws:s3:::${name}/x`,
      context: {},
      request: `s3:GetObject on arn:aws:s3:::${name}/x`,
    },
    ranges: [],
    fingerprint: digestOf(`${path} ${name} ${severity}`),
    fix: 'Name the one role that needs it instead of everyone.',
    failureMode: 'Customer data leaks to strangers.',
    unchecked: [],
    references: [],
  };
}

export function problem(blinds: boolean): Problem {
  return { kind: 'unreadable', message: 'Line 3, column 5: a comma is missing. Mend it.', blinds };
}

export function assessment(
  path: string,
  kind: Assessment['kind'],
  findings: readonly Finding[] = [],
  problems: readonly Problem[] = [],
): Assessment {
  return { path, kind, findings, problems };
}

export function edit(path: string, certainty: Certainty = 'attested', after = '{}'): Edit {
  const agent = { name: 'Claude Code', session: 's-1', toolCall: 'toolu_1', tool: 'Edit' };
  return {
    path,
    before: '',
    after,
    provenance: certainty === 'human' ? { channel: 'typed', certainty } : { channel: 'hook', certainty, agent },
  };
}

export function hold(findings: readonly Finding[]): Hold {
  return {
    schema: 'countersign.hold/1',
    id: 'H-00000000',
    workspace: '/w',
    created: '2026-01-01T00:00:00.000Z',
    updated: '2026-01-01T00:00:00.000Z',
    times: 1,
    verdict: 'acknowledge',
    provenance: edit('iam/policy.json').provenance,
    policyDigest: '',
    edits: [{ path: 'iam/policy.json', before: '', after: '{}', assessment: assessment('iam/policy.json', 'aws-iam', findings) }],
  };
}

/** A complete acknowledgement of `hold([finding('critical')])`. */
export function input(
  change: Partial<AcknowledgementInput> & { text?: string; category?: AcknowledgementInput['reason']['category']; ticket?: string } = {},
): AcknowledgementInput {
  const { text = 'The exports are public data since March', category = 'intended', ticket, ...rest } = change;
  return {
    reason: { category, text, ...(ticket === undefined ? {} : { ticket }) },
    hours: 24,
    rollBackLater: false,
    confirmation: { text: 'prod-customer-exports', how: 'typed' },
    ...rest,
  };
}
