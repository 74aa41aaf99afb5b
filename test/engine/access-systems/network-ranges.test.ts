/** What of a list of ranges is public: the same as what of each address is. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Span } from '../../../server/engine/access/box.ts';
import { addressesOf, EVERY_ADDRESS, publicOf } from '../../../server/engine/access/network-ranges.ts';
import { randomFrom } from '../../support/random.ts';

const SEED = Number(process.env['SEED'] ?? 20_261_123);
const ROUNDS = Number(process.env['ROUNDS'] ?? 1_000);

const KNOWN: readonly (readonly [address: string, isPublic: boolean])[] = [
  ['0.1.2.3', false],
  ['1.0.0.0', true],
  ['9.255.255.255', true],
  ['10.0.0.0', false],
  ['10.255.255.255', false],
  ['11.0.0.0', true],
  ['100.64.0.1', false],
  ['126.255.255.255', true],
  ['127.0.0.1', false],
  ['172.15.255.255', true],
  ['172.31.255.255', false],
  ['192.168.7.1', false],
  ['223.255.255.255', true],
  ['224.0.0.1', false],
  ['255.255.255.255', false],
  ['::1', false],
  ['2001:4860::8888', true],
  ['3fff:ffff::1', true],
  ['4000::', false],
  ['fe80::1', false],
];

void test('addresses that are public, and such that are not', () => {
  for (const [address, isPublic] of KNOWN) {
    const [at] = addressesOf(address) ?? [];
    assert.ok(at !== undefined, address);
    assert.equal(publicOf([at]).length > 0, isPublic, address);
    assert.equal(has(publicOf(EVERY_ADDRESS), at.from), isPublic, address);
  }
});

void test(`of any ranges, what is public is what both hold (seed ${SEED})`, () => {
  const random = randomFrom(SEED);
  const every = publicOf(EVERY_ADDRESS);
  const edges = every.flatMap(({ from, to }) => [from - 1n, from, to, to + 1n]);
  for (let round = 0; round < ROUNDS; round++) {
    const spans = Array.from({ length: 1 + random.below(4) }, (): Span => {
      const [a, b] = [random.pick(edges) + BigInt(random.below(5)), random.pick(edges) + BigInt(random.below(1_000_000))];
      return a < b ? { from: a, to: b } : { from: b, to: a };
    });
    const found = publicOf(spans);
    const asked = [...edges, ...[...spans, ...found].flatMap(({ from, to }) => [from - 1n, from, to, to + 1n])];
    // Between the addresses of version 4 and those of version 6 there are none.
    for (const at of asked.filter((each) => has(EVERY_ADDRESS, each)))
      assert.equal(has(found, at), has(spans, at) && has(every, at), `${at} of ${spans.map(({ from, to }) => `${from}-${to}`).join()}`);
    for (const [i, span] of found.entries()) assert.ok(span.from <= span.to && (found[i + 1]?.from ?? span.to + 2n) > span.to + 1n);
  }
});

function has(spans: readonly Span[], at: bigint): boolean {
  return spans.some(({ from, to }) => from <= at && at <= to);
}
