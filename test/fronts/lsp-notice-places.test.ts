import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { DISCARD, SUGGEST, type SuggestResult } from '../../server/protocol.ts';
import { startClient, type Client } from './lsp-client.ts';

const FILE = 'infra/exports-policy.json';
const reader = (sid: string, principal: string): string => `    {
      "Sid": "${sid}",
      "Effect": "Allow",
      "Principal": ${principal},
      "Action": "s3:GetObject",
      "Resource": "arn:aws:s3:::prod-customer-exports/*"
    }`;
const ROLE = '{ "AWS": "arn:aws:iam::447109320118:role/app-reader" }';
const OTHER = '{ "AWS": "arn:aws:iam::447109320118:role/other" }';
const policy = (...statements: readonly string[]): string => `{
  "Version": "2012-10-17",
  "Statement": [
${statements.join(',\n')}
  ]
}
`;
const ONE = policy(reader('AppRead', ROLE));
const TWO = policy(reader('AppRead', ROLE), reader('Other', OTHER));
const NEW = reader('Fix', '"*"');

/** Lines from 0. */
const CASES: readonly { readonly name: string; readonly before: string; readonly after: string; readonly line: number }[] = [
  { name: 'put before the only statement', before: ONE, after: policy(NEW, reader('AppRead', ROLE)), line: 3 },
  { name: 'put between two', before: TWO, after: policy(reader('AppRead', ROLE), NEW, reader('Other', OTHER)), line: 10 },
  { name: 'put after the last, on the line it is joined to', before: ONE, after: policy(reader('AppRead', ROLE), NEW), line: 9 },
  { name: 'changed where it stands', before: ONE, after: policy(reader('AppRead', '"*"')), line: 6 },
];

describe('a held suggestion is marked at the line where it would go in', () => {
  let client: Client;
  before(async () => {
    client = await startClient();
  });
  after(() => client.end());

  for (const [index, { name, before: text, after: suggested, line }] of CASES.entries()) {
    test(name, async () => {
      const file = FILE.replace('exports', `exports-${index}`);
      client.write(file, text);
      client.open(file, text);
      const result = await client.request<SuggestResult>(SUGGEST, {
        uri: client.uri(file),
        before: text,
        after: suggested,
        channel: 'paste',
        certainty: 'observed',
      });
      assert.ok('hold' in result, JSON.stringify(result));
      const [shown] = await client.diagnostics(file, (all) => all.length > 0);
      assert.equal(shown?.range.start.line, line, JSON.stringify(shown?.range));
      // Also when the text has moved since.
      client.change(file, 2, `\n\n${text}`);
      const [moved] = await client.diagnostics(file, (all) => all[0]?.range.start.line !== line);
      assert.equal(moved?.range.start.line, line + 2);
      await client.request(DISCARD, { holds: [result.hold] });
    });
  }
});
