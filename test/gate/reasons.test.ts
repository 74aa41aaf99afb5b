import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DEFAULT_POLICY } from '../../server/gate/policy.ts';
import { missingFor } from '../../server/gate/reasons.ts';
import type { AcknowledgementInput, Policy } from '../../server/gate/types.ts';
import { finding, hold, input } from './builders.ts';

const held = hold([finding('critical'), finding('low', 'logs')]);
const consequence = 'Anyone on the internet can read every object in `prod-customer-exports`.';

const taken: readonly (readonly [string, AcknowledgementInput])[] = [
  ['twenty characters', input({ text: 'Shared with auditors' })],
  ['with white space around', input({ text: '   Shared with auditors\n\n' })],
  ['a language without spaces', input({ text: '監査人と共有するために一時的に公開する必要があります' })],
  ['exactly 2,000 characters', input({ text: sentence(2000) })],
  [
    'the finding quoted, with a reason of its own',
    input({ text: `${consequence} That is meant: the exports hold published figures only.` }),
  ],
  ['one name of the finding', input({ text: 'prod-customer-exports holds published figures only' })],
  ['the longest expiry', input({ hours: 720 })],
  ['less than an hour', input({ hours: 0.5 })],
  ['a ticket that nobody asked for', input({ ticket: 'SEC-1' })],
  ['the name with white space around', input({ confirmation: { text: ' prod-customer-exports\n', how: 'typed' } })],
  ['the name pasted', input({ confirmation: { text: 'prod-customer-exports', how: 'pasted' } })],
];

const refused: readonly (readonly [string, AcknowledgementInput, readonly string[]])[] = [
  ['nothing', input({ text: '' }), ['a reason of at least 20 characters']],
  ['white space alone', input({ text: ' \n\t '.repeat(20) }), ['a reason of at least 20 characters']],
  ['characters that show nothing', input({ text: '\u200b\u2060\u3164\u2800'.repeat(20) }), ['a reason of at least 20 characters']],
  ['too short', input({ text: 'ok' }), ['18 more characters of reason']],
  ['one too few', input({ text: 'Shared with auditor' }), ['1 more character of reason']],
  ['too short but padded', input({ text: `ok${' '.repeat(30)}so` }), ['15 more characters of reason']],
  ['too short but padded unseen', input({ text: `fine${'\u200b'.repeat(30)}` }), ['16 more characters of reason']],
  ['too long', input({ text: sentence(2001) }), ['a reason of at most 2,000 characters']],
  ['one character', input({ text: 'a'.repeat(40) }), ['a reason in words, not a repetition']],
  ['one character in groups', input({ text: 'aaaa aaaa aaaa aaaa aaaa aaaa' }), ['a reason in words, not a repetition']],
  ['dots', input({ text: '. . . . . . . . . . . . . . . . .' }), ['a reason in words, not a repetition']],
  ['a few keys', input({ text: 'asdfasdfasdfasdfasdfasdf' }), ['a reason in words, not a repetition']],
  ['more keys', input({ text: 'qwertyqwertyqwertyqwe' }), ['a reason in words, not a repetition']],
  ['one word', input({ text: 'temporary temporary temporary' }), ['a reason in words, not a repetition']],
  ['one word twice', input({ text: 'acknowledged Acknowledged' }), ['a reason in words, not a repetition']],
  ['two words', input({ text: 'needed really needed really needed needed' }), ['a reason in words, not a repetition']],
  ['three words', input({ text: 'please allow this please this allow this please allow allow' }), ['a reason in words, not a repetition']],
  ['the finding', input({ text: consequence }), ['a reason in your own words, not those of the finding']],
  ['the finding in capitals', input({ text: consequence.toUpperCase() }), ['a reason in your own words, not those of the finding']],
  [
    'the finding without marks',
    input({ text: consequence.replace(/[`.-]/g, '') }),
    ['a reason in your own words, not those of the finding'],
  ],
  ['the finding, padded', input({ text: `ok: ${consequence} yes` }), ['a reason in your own words, not those of the finding']],
  [
    'a part of the finding',
    input({ text: 'read every object in prod-customer-exports' }),
    ['a reason in your own words, not those of the finding'],
  ],
  [
    'the finding with a word changed',
    input({ text: 'Everyone on the internet can read every object in prod-customer-exports' }),
    ['a reason in your own words, not those of the finding'],
  ],
  [
    'the fix',
    input({ text: 'Name the one role that needs it instead of everyone.' }),
    ['a reason in your own words, not those of the finding'],
  ],
  ['what was before', input({ text: 'Before: only role app-reader.' }), ['a reason in your own words, not those of the finding']],
  [
    'two sentences of it',
    input({ text: `${consequence} Before: only role app-reader.` }),
    ['a reason in your own words, not those of the finding'],
  ],
  [
    'the witness',
    input({ text: 's3:GetObject on arn:aws:s3:::prod-customer-exports/x' }),
    ['a reason in your own words, not those of the finding'],
  ],
  [
    'the other finding',
    input({ text: 'Anyone on the internet can read every object in logs' }),
    ['a reason in your own words, not those of the finding'],
  ],
  ['an unknown category', input({ category: notACategory('because') }), ['the type of reason']],
  ['a category of the prototype', input({ category: notACategory('toString') }), ['the type of reason']],
  ['no time', input({ hours: 0 }), ['an expiry within 720 hours']],
  ['time backwards', input({ hours: -1 }), ['an expiry within 720 hours']],
  ['no number', input({ hours: Number.NaN }), ['an expiry within 720 hours']],
  ['for ever', input({ hours: Number.POSITIVE_INFINITY }), ['an expiry within 720 hours']],
  ['too long a time', input({ hours: 721 }), ['an expiry within 720 hours']],
  ['a ticket without end', input({ ticket: 'x'.repeat(201) }), ['a ticket of at most 200 characters']],
  ['another name', input({ confirmation: { text: 'prod-customer-export', how: 'typed' } }), ['the bucket name']],
  ['the name in capitals', input({ confirmation: { text: 'PROD-CUSTOMER-EXPORTS', how: 'typed' } }), ['the bucket name']],
  ['the other finding’s name', input({ confirmation: { text: 'logs', how: 'typed' } }), ['the bucket name']],
  [
    'everything at once, in the order of the form',
    { reason: { category: notACategory('x'), text: 'ok' }, hours: 0, rollBackLater: false },
    ['the type of reason', '18 more characters of reason', 'an expiry within 720 hours', 'the bucket name'],
  ],
];

for (const [name, given] of taken) {
  void test(`reason taken: ${name}`, () => assert.deepEqual(missingFor(held, given, DEFAULT_POLICY), []));
}
for (const [name, given, expected] of refused) {
  void test(`reason refused: ${name}`, () =>
    assert.deepEqual(
      missingFor(held, given, DEFAULT_POLICY).map(({ what }) => what),
      expected,
    ));
}

void test('policy asks for more', () => {
  const policy: Policy = {
    ...DEFAULT_POLICY,
    reason: { minimumLength: 60, ticketRequired: true },
    expiry: { defaultHours: 4, longestHours: 8 },
  };
  assert.deepEqual(
    missingFor(held, input(), policy).map(({ what }) => what),
    ['21 more characters of reason', 'a ticket', 'an expiry within 8 hours'],
  );
  assert.deepEqual(missingFor(held, input({ ticket: ' ', hours: 8, text: sentence(60) }), policy), [{ field: 'ticket', what: 'a ticket' }]);
});

void test('the name is asked for at critical alone', () => {
  const { confirmation: _, ...without } = input();
  assert.deepEqual(missingFor(hold([finding('high')]), without, DEFAULT_POLICY), []);
  assert.deepEqual(
    missingFor(
      hold([finding('high', 'a'), finding('critical', 'b')]),
      { ...without, confirmation: { text: 'a', how: 'typed' } },
      DEFAULT_POLICY,
    ).map(({ field }) => field),
    ['confirmation'],
  );
});

/** Text of this many characters that repeats nothing. */
function sentence(length: number): string {
  let text = '';
  for (let word = 1; text.length < length; word++) text += `w${(word * 7919).toString(36)} `;
  return `${text.slice(0, length - 1)}.`;
}

/** What a front that does not check would hand on. */
function notACategory(text: string): 'intended' {
  // oxlint-disable-next-line no-unsafe-type-assertion -- the wrong type is the point
  return text as 'intended';
}
