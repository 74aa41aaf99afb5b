import assert from 'node:assert/strict';
import { test } from 'node:test';
import { evaluateAll } from '../../../server/engine/rules/evaluate-all.ts';
import { placesOf } from '../../../server/engine/rules/alarm-places.ts';
import { indexPacks } from '../../../server/engine/rules/index-packs.ts';
import type { PackRule } from '../../../server/engine/rules/pack.ts';
import { sideOf } from './trees.ts';

const RULE = {
  id: 'case',
  title: 'case',
  severity: 'high',
  on: [{ system: 'settings', type: 'thing' }],
  blastRadius: 'resource',
  gain: 'gain',
  consequence: 'It is open.',
  fix: 'Close it.',
  failureMode: 'It stays open.',
  references: ['CWE-1'],
} as const satisfies PackRule;

type Case = {
  readonly name: string;
  readonly rule: Partial<PackRule>;
  readonly before: unknown;
  readonly after: unknown;
  /** Severity of each alarm, with `?` where it hangs on an unknown value. */
  readonly alarms: readonly string[];
  /** The reverse, where it is not quiet. */
  readonly reverse?: readonly string[];
};

const open = { when: { open: true } } as const;
const items = { each: 'items', when: { open: true } } as const;
const flag = { each: 'on', when: { '@value': { not: { is: true } } } } as const;
const words = { each: 'items', when: { allow: ['exec', 'admin'] } } as const;

const CASES: readonly Case[] = [
  { name: 'becomes', rule: open, before: { a: { open: false } }, after: { a: { open: true } }, alarms: ['high'] },
  { name: 'was open', rule: open, before: { a: { open: true } }, after: { a: { open: 'true', x: 1 } }, alarms: [] },
  { name: 'a new thing', rule: open, before: {}, after: { a: { open: true } }, alarms: ['high'] },
  { name: 'a new thing, quiet', rule: { ...open, new: 'quiet' }, before: {}, after: { a: { open: true } }, alarms: [] },
  {
    name: 'a new thing, where only what is written counts',
    rule: { when: { safe: { not: { is: true } } }, at: 'safe', new: 'written' },
    before: { c: { safe: true } },
    after: { a: { safe: false }, b: {}, c: {} },
    alarms: ['high', 'high'],
  },
  {
    name: 'a new item, the first of its kind that is open',
    rule: { ...items, new: 'first' },
    before: { a: { items: [{ name: 'one', open: false }] } },
    after: {
      a: {
        items: [
          { name: 'one', open: false },
          { name: 'two', open: true },
        ],
      },
    },
    alarms: ['high'],
  },
  {
    name: 'a new item, like one that is there, and items of a new thing',
    rule: { ...items, new: 'first' },
    before: { a: { items: [{ name: 'one', open: true }] } },
    after: {
      a: {
        items: [
          { name: 'one', open: true },
          { name: 'two', open: true },
        ],
      },
      b: { items: [{ name: 'x', open: true }] },
    },
    alarms: [],
  },
  { name: 'a new thing with an unknown', rule: open, before: {}, after: { a: { open: '?v' } }, alarms: [] },
  { name: 'renamed', rule: open, before: { a: { open: true } }, after: { b: { open: true } }, alarms: [] },
  {
    name: 'renamed, strict',
    rule: { ...open, pairing: 'strict' },
    before: { a: { open: true } },
    after: { b: { open: true } },
    alarms: ['high'],
    reverse: ['high'],
  },
  { name: 'good to unknown', rule: open, before: { a: { open: false } }, after: { a: { open: '?v' } }, alarms: ['high?'] },
  { name: 'unknown to bad', rule: open, before: { a: { open: '?v' } }, after: { a: { open: true } }, alarms: ['high'] },
  { name: 'bad to unknown', rule: open, before: { a: { open: true } }, after: { a: { open: '?v' } }, alarms: [], reverse: ['high'] },
  {
    name: 'a good item is taken out',
    rule: { ...flag, missing: 'risky' },
    before: { a: { on: true } },
    after: { a: {} },
    alarms: ['high'],
  },
  {
    name: 'it is written as bad in its place',
    rule: { ...flag, missing: 'risky' },
    before: { a: { on: true } },
    after: { a: { on: false } },
    alarms: ['high'],
  },
  {
    name: 'a bad item is taken out',
    rule: { ...flag, missing: 'risky' },
    before: { a: { on: false } },
    after: { a: {} },
    alarms: [],
    reverse: ['high'],
  },
  {
    name: 'an unknown item is taken out',
    rule: { ...flag, missing: 'risky' },
    before: { a: { on: '?v' } },
    after: { a: {} },
    alarms: ['high'],
  },
  {
    name: 'the declaration goes with it',
    rule: { ...flag, missing: 'risky' },
    before: { a: { on: true }, b: {} },
    after: { b: {} },
    alarms: [],
  },
  { name: 'taken out where that is safe', rule: flag, before: { a: { on: true } }, after: { a: {} }, alarms: [] },
  {
    name: 'taken out, but it never was what the rule asks for',
    rule: { ...flag, missing: 'risky', was: { '@value': 'strict' } },
    before: { a: { on: true } },
    after: { a: {} },
    alarms: [],
  },
  { name: 'another type', rule: open, before: { a: { open: false } }, after: { a: { open: true, type: 'other' } }, alarms: [] },
  {
    name: 'a type the rule does not speak of becomes one that it does',
    rule: open,
    before: { a: { open: true, type: 'other' } },
    after: { a: { open: true } },
    alarms: ['high'],
  },
  {
    name: 'items reordered',
    rule: items,
    before: {
      a: {
        items: [
          { name: 'x', open: true },
          { name: 'y', open: false },
        ],
      },
    },
    after: {
      a: {
        items: [
          { name: 'y', open: false },
          { name: 'x', open: true },
        ],
      },
    },
    alarms: [],
  },
  {
    name: 'items without names reordered',
    rule: items,
    before: {
      a: {
        items: [
          { p: 1, open: true },
          { p: 2, open: false },
        ],
      },
    },
    after: {
      a: {
        items: [
          { p: 2, open: false },
          { open: true, p: 1 },
        ],
      },
    },
    alarms: [],
  },
  {
    name: 'the risk moves to another item that stays',
    rule: items,
    before: {
      a: {
        items: [
          { name: 'x', open: true },
          { name: 'y', open: false },
        ],
      },
    },
    after: {
      a: {
        items: [
          { name: 'x', open: false },
          { name: 'y', open: true },
        ],
      },
    },
    alarms: ['high'],
    reverse: ['high'],
  },
  {
    name: 'an item is renamed',
    rule: items,
    before: { a: { items: [{ name: 'x', open: true }] } },
    after: { a: { items: [{ name: 'z', open: true }] } },
    alarms: [],
  },
  {
    name: 'an item without a name changes, and is in the state',
    rule: items,
    before: { a: { items: [{ p: 1, open: true }, { p: 3 }] } },
    after: { a: { items: [{ p: 2, open: true }, { p: 3 }] } },
    alarms: [],
  },
  {
    name: 'a second open item',
    rule: items,
    before: { a: { items: [{ name: 'x', open: true }] } },
    after: {
      a: {
        items: [
          { name: 'x', open: true },
          { name: 'y', open: true },
        ],
      },
    },
    alarms: ['high'],
  },
  {
    name: 'moved to another declaration',
    rule: items,
    before: { a: { items: [{ name: 'x', open: true }] }, b: { items: [] } },
    after: { a: { items: [] }, b: { items: [{ name: 'x', open: true }] } },
    alarms: [],
  },
  {
    name: 'a second risky word',
    rule: words,
    before: { a: { items: [{ name: 'x', allow: ['exec'] }] } },
    after: { a: { items: [{ name: 'x', allow: ['exec', 'admin'] }] } },
    alarms: ['high'],
  },
  {
    name: 'scalars',
    rule: { each: 'allow', when: { '@value': { like: 'bash(*)' } } },
    before: { a: { allow: ['Read(x)', 'Bash(ls)'] } },
    after: { a: { allow: ['Bash(rm *)', 'Read(x)', 'Bash(ls)'] } },
    alarms: ['high'],
  },
  {
    name: 'levels',
    rule: { ...open, levels: [{ severity: 'critical', when: { admin: true } }] },
    before: {},
    after: { a: { open: true, admin: true } },
    alarms: ['critical'],
  },
  {
    name: 'was',
    rule: { when: { image: { not: { matches: '@sha256:' } } }, was: { image: { matches: '@sha256:' } } },
    before: { a: { image: 'x@sha256:1' } },
    after: { a: { image: 'x:1' } },
    alarms: ['high'],
  },
  {
    name: 'was, and was not',
    rule: { when: { image: { not: { matches: '@sha256:' } } }, was: { image: { matches: '@sha256:' } } },
    before: { a: { image: 'x:2' } },
    after: { a: { image: 'x:1' } },
    alarms: [],
  },
  { name: 'a declaration is gone', rule: { alarm: 'gone' }, before: { a: {}, b: { x: 1 } }, after: { b: { x: 1 } }, alarms: ['high'] },
  { name: 'a declaration is renamed, not gone', rule: { alarm: 'gone' }, before: { a: { x: 1 } }, after: { c: { x: 2 } }, alarms: [] },
  {
    name: 'an entry is gone',
    rule: { alarm: 'gone', each: 'deny' },
    before: { a: { deny: ['x', 'y'] } },
    after: { a: { deny: ['y'] } },
    alarms: ['high'],
  },
  {
    name: 'an entry is replaced',
    rule: { alarm: 'gone', each: 'deny' },
    before: { a: { deny: ['x'] } },
    after: { a: { deny: ['z'] } },
    alarms: ['high'],
    reverse: ['high'],
  },
  {
    name: 'a state is gone',
    rule: { alarm: 'gone', when: { locked: true } },
    before: { a: { locked: true } },
    after: { a: { locked: false } },
    alarms: ['high'],
  },
  {
    name: 'a state is lost',
    rule: { alarm: 'lost', when: { locked: true } },
    before: { a: { locked: true } },
    after: { a: { x: 1 } },
    alarms: ['high'],
  },
  {
    name: 'a state is lost to an unknown',
    rule: { alarm: 'lost', when: { locked: true } },
    before: { a: { locked: true } },
    after: { a: { locked: '?v' } },
    alarms: ['high?'],
  },
  {
    name: 'the thing goes, and nothing is lost',
    rule: { alarm: 'lost', when: { locked: true } },
    before: { a: { locked: true }, b: {} },
    after: { b: {} },
    alarms: [],
  },
  { name: 'lowered', rule: { alarm: 'lowered', at: 'days' }, before: { a: { days: 30 } }, after: { a: { days: '7' } }, alarms: ['high'] },
  {
    name: 'lowered, with units',
    rule: { alarm: 'lowered', at: 'keep' },
    before: { a: { keep: '2 weeks' } },
    after: { a: { keep: '36h' } },
    alarms: ['high'],
  },
  {
    name: 'lowered by leaving it out',
    rule: { alarm: 'lowered', at: 'days', default: 0 },
    before: { a: { days: 30 } },
    after: { a: { x: 1 } },
    alarms: ['high'],
  },
  {
    name: 'lowered on a scale',
    rule: { alarm: 'lowered', at: 'tls', order: ['TLS1_0', 'TLS1_1', 'TLS1_2'] },
    before: { a: { tls: 'TLS1_2' } },
    after: { a: { tls: 'tls1_0' } },
    alarms: ['high'],
  },
  {
    name: 'lowered to an unknown',
    rule: { alarm: 'lowered', at: 'days' },
    before: { a: { days: 30 } },
    after: { a: { days: '?v' } },
    alarms: ['high?'],
  },
  { name: 'raised', rule: { alarm: 'raised', at: 'ttl' }, before: { a: { ttl: 1 } }, after: { a: { ttl: 2 } }, alarms: ['high'] },
  {
    name: 'changed',
    rule: { alarm: 'changed', at: 'command' },
    before: { a: { command: 'x' } },
    after: { a: { command: 'y' } },
    alarms: ['high'],
    reverse: ['high'],
  },
  {
    name: 'a list reordered is not changed',
    rule: { alarm: 'changed', at: 'args.*' },
    before: { a: { args: { p: 1, q: 2 } } },
    after: { a: { args: { q: 2, p: 1 }, z: 1 } },
    alarms: [],
  },
];

for (const { name, rule, before, after, alarms, reverse = [] } of CASES) {
  void test(name, () => assert.deepEqual(alarmsOf(rule, before, after), alarms));
  void test(`${name}: nothing when nothing changes`, () => assert.deepEqual(alarmsOf(rule, after, after), []));
  if (alarms.length > 0) void test(`${name}, reversed`, () => assert.deepEqual(alarmsOf(rule, after, before), reverse));
}

/** Lines of the text after that are marked. */
const PLACES: readonly (readonly [name: string, rule: Partial<PackRule>, before: string, after: string, lines: readonly number[]])[] = [
  ['what became so', open, '{"a":\n{"x": 1,\n"open": false}}', '{"a":\n{"x": 1,\n"open": true}}', [3]],
  [
    'where it stood',
    { alarm: 'lost', when: { locked: true } },
    '{"a":\n{"x": 1,\n"locked": true,\n"y": 2}}',
    '{"a":\n{"x": 1,\n"y": 2}}',
    [3],
  ],
  [
    'only what changed',
    { each: 'items', when: { open: true, port: [22, 80] } },
    '{"a": {"items": [{\n"name": "i",\n"open": true,\n"port": 1}]}}',
    '{"a": {"items": [{\n"name": "i",\n"open": true,\n"port": 22}]}}',
    [4],
  ],
];

for (const [name, rule, before, after, lines] of PLACES) {
  void test(`marks ${name}`, () => {
    const sides = [sideOf(before, 'before'), sideOf(after, 'after')] as const;
    const { alarms } = evaluateAll(...sides, packs(rule), 'a.json', () => false);
    assert.equal(alarms.length, 1);
    const places = alarms.flatMap((alarm) => placesOf(alarm, { path: 'a.json', before: sides[0].tree, after: sides[1].tree }));
    assert.deepEqual(
      places.filter(({ side }) => side === 'after').map(({ start }) => start.line),
      lines,
    );
  });
}

void test('stops when time is up, and says so', () => {
  const { decided } = evaluateAll(sideOf({}, 'before'), sideOf({ a: { open: true } }, 'after'), packs(open), 'a.json', () => true);
  assert.equal(decided, false);
});

function alarmsOf(rule: Partial<PackRule>, before: unknown, after: unknown): readonly string[] {
  const { alarms } = evaluateAll(sideOf(before, 'before'), sideOf(after, 'after'), packs(rule), 'a.json', () => false);
  return alarms.map(({ severity, unknown }) => `${severity}${unknown ? '?' : ''}`);
}

function packs(rule: Partial<PackRule>): ReturnType<typeof indexPacks> {
  return indexPacks([{ pack: 'case', version: '0.0.0', title: 'case', rules: [{ ...RULE, ...rule }] }]);
}
