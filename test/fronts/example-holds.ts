import type { Finding, Provenance } from '../../server/engine/types.ts';
import { DEFAULT_POLICY } from '../../server/gate/policy.ts';
import type { Hold, Policy } from '../../server/gate/types.ts';

/** Holds as the gate writes them, one for each look of the review. */

export const POLICY: Policy = {
  ...DEFAULT_POLICY,
  reason: { minimumLength: 20, ticketRequired: false },
  expiry: { defaultHours: 24, longestHours: 720 },
};

const HOOKED: Provenance = {
  channel: 'hook',
  certainty: 'attested',
  agent: { name: 'Claude Code', version: '2.4', model: 'claude-sonnet-4.5', session: '4f2c-91', toolCall: 'toolu_01', tool: 'Edit' },
};

const READER = '      "Principal": { "AWS": "arn:aws:iam::447109320118:role/app-reader" },';
const EVERYONE = '      "Principal": "*",';
const BUCKET_BEFORE = [
  '{',
  '  "Version": "2012-10-17",',
  '  "Statement": [',
  '    {',
  '      "Sid": "AppRead",',
  '      "Effect": "Allow",',
  READER,
  '      "Action": ["s3:GetObject", "s3:GetObjectVersion"],',
  '      "Resource": "arn:aws:s3:::prod-customer-exports/*"',
  '    }',
  '  ]',
  '}',
  '',
].join('\n');

const finding = (more: Partial<Finding>): Finding => ({
  rule: 'public-read',
  severity: 'critical',
  confidence: 'proved',
  rating: {
    sensitivity: { level: 'restricted', why: '“customer” in the name' },
    blastRadius: { level: 'public', what: '1 bucket, every object' },
    gain: 'strangers can read data',
  },
  consequence: 'Anyone on the internet can read every object in `prod-customer-exports`.',
  previously: 'Before: only role `app-reader`.',
  opened: { name: 'prod-customer-exports', kind: 'bucket' },
  witness: {
    who: 'Someone who is not signed in',
    principal: '*',
    action: 's3:GetObject',
    resource: 'arn:aws:s3:::prod-customer-exports/x',
    context: {},
    request: 's3:GetObject on arn:aws:s3:::prod-customer-exports/x',
  },
  reach: {
    label: 'Who can read it',
    steps: ['1 role', 'This account', 'Your organisation', 'Any AWS account', 'Anyone on the internet'],
    before: 0,
    after: 4,
  },
  ranges: [
    { side: 'before', start: { line: 7, column: 7, offset: 102 }, end: { line: 7, column: 74, offset: 169 } },
    { side: 'after', start: { line: 7, column: 7, offset: 102 }, end: { line: 7, column: 23, offset: 118 } },
  ],
  fingerprint: 'a'.repeat(64),
  fix: 'Name the role that needs it.',
  failureMode: 'Data is read by strangers.',
  unchecked: ['the account’s public-access block'],
  references: ['CWE-284'],
  ...more,
});

export const CRITICAL: Hold = {
  schema: 'countersign.hold/1',
  id: 'H-CR1T1CA0',
  workspace: '/ws',
  created: '2026-11-21T09:42:00.000Z',
  updated: '2026-11-21T09:42:00.000Z',
  times: 1,
  verdict: 'acknowledge',
  provenance: HOOKED,
  policyDigest: POLICY.digest,
  edits: [
    {
      path: 'infra/storage/exports-policy.json',
      before: BUCKET_BEFORE,
      after: BUCKET_BEFORE.replace(READER, EVERYONE),
      assessment: {
        path: 'infra/storage/exports-policy.json',
        kind: 'aws-iam',
        findings: [
          finding({}),
          finding({
            rule: 'public-read-versions',
            severity: 'high',
            consequence: 'Anyone on the internet can also read old, deleted copies of those objects.',
            previously: 'Before: only role `app-reader`.',
            fingerprint: 'b'.repeat(64),
          }),
        ],
        problems: [],
      },
    },
  ],
};

export const MEDIUM: Hold = {
  ...CRITICAL,
  id: 'H-MED1VM00',
  created: '2026-11-21T09:38:00.000Z',
  times: 4,
  provenance: { channel: 'paste', certainty: 'observed' },
  edits: [
    {
      path: 'deploy/staging/ci-runner.json',
      before: '{\n  "Action": "s3:ListBucket"\n}\n',
      after: '{\n  "Action": ["s3:ListBucket", "s3:GetObject"]\n}\n',
      assessment: {
        path: 'deploy/staging/ci-runner.json',
        kind: 'aws-iam',
        findings: [
          finding({
            severity: 'medium',
            confidence: 'unknown',
            consequence: 'Jobs running as `ci-runner` can read every object in `staging-builds`.',
            previously: 'Before: they could list names only.',
            opened: { name: 'staging-builds', kind: 'bucket' },
            reach: undefined,
            unchecked: [],
            rating: {
              sensitivity: { level: 'internal', why: 'nothing in the name says more' },
              blastRadius: { level: 'resource', what: '1 bucket, every object' },
              gain: 'its holder can read data',
            },
          }),
        ],
        problems: [],
      },
    },
  ],
};

export const FORBIDDEN: Hold = {
  ...CRITICAL,
  id: 'H-F0RB1D00',
  created: '2026-11-21T09:44:00.000Z',
  verdict: 'forbid',
  forbiddenBy: { pattern: 'infra/identity/**', source: '.countersign/policy.yaml, line 12', owner: 'platform-security' },
  provenance: { channel: 'hook', certainty: 'attested', agent: { name: 'Claude Code' } },
  edits: [
    {
      path: 'infra/identity/deploy-bot.json',
      before: '',
      after: '{ "Action": "*" }',
      assessment: {
        path: 'infra/identity/deploy-bot.json',
        kind: 'aws-iam',
        findings: [
          finding({
            consequence: '`can-deploy` can do anything in `identity-prod`, including creating new administrators.',
            previously: 'Before: it could restart three services.',
            opened: { name: 'identity-prod', kind: 'account' },
          }),
        ],
        problems: [{ kind: 'partly-read', message: 'Line 3 could not be read.', blinds: false }],
      },
    },
  ],
};
