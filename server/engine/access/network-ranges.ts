import { addressText, parseAddress, parseRange, type Range } from './aws-iam/ip.ts';
import { joined, type Span } from './box.ts';

/** Addresses of both versions on one line of whole numbers: version 6 begins where version 4 has long ended. */
const SIX = 1n << 40n;
const MAPPED = 0xffff_0000_0000n;
const LAST_FOUR = (1n << 32n) - 1n;
const LAST_SIX = SIX + (1n << 128n) - 1n;

export const EVERY_FOUR: readonly Span[] = [{ from: 0n, to: LAST_FOUR }];
export const EVERY_ADDRESS: readonly Span[] = [...EVERY_FOUR, { from: SIX, to: LAST_SIX }];
export const EVERY_PORT: readonly Span[] = [{ from: 0n, to: 65_535n }];

const READ = new Map<string, readonly Span[] | undefined>();

/** "10.0.0.0/8", "::/0", "1.2.3.4", "1.2.3.4-1.2.3.9"; words that mean any address; undefined for every other text. */
export function addressesOf(text: string): readonly Span[] | undefined {
  if (READ.has(text)) return READ.get(text);
  const spans = readAddresses(text);
  // The same few ranges stand in a file many times.
  if (READ.size < 5_000) READ.set(text, spans);
  return spans;
}

function readAddresses(text: string): readonly Span[] | undefined {
  const plain = text.trim();
  if (/^(\*|any|all|internet|0|any4?6?|anywhere|all_?(sources|traffic|ips))$/i.test(plain)) return EVERY_ADDRESS;
  if (/^<?nw>?\/0$/i.test(plain) || /^(0+|0x0+)(\.(0+|0x0+)){0,3}\/0+$/i.test(plain)) return EVERY_FOUR;
  const [start, end, more] = plain.split('-');
  if (end !== undefined && more === undefined) return between(start ?? '', end);
  // A wildcard mask as some firewalls write it.
  const range = parseRange(plain.replace(/\/0\.0\.0\.0$/, '/0').replace(/\/255\.255\.255\.255$/, '/32'));
  return range === undefined ? undefined : [spanOf(range)];
}

/** From one address to another, both included; either order. */
export function between(start: string, end: string): readonly Span[] | undefined {
  const from = parseAddress(start);
  const to = parseAddress(end);
  if (from === undefined || to === undefined || from.version !== to.version) return undefined;
  const [low, high] = from.number <= to.number ? [from.number, to.number] : [to.number, from.number];
  return [spanOf({ version: from.version, from: low, to: high })];
}

function spanOf({ version, from, to }: Range): Span {
  if (version === 4) return { from, to };
  // `::ffff:a.b.c.d` is an address of version 4.
  if (from >= MAPPED && to <= MAPPED + LAST_FOUR) return { from: from - MAPPED, to: to - MAPPED };
  return { from: from + SIX, to: to + SIX };
}

/** "22", "20-25", "22/25", "20:25", "*"; undefined for a text that names no port. */
export function portsOf(text: string): readonly Span[] | undefined {
  if (PORTS.has(text)) return PORTS.get(text);
  const spans = readPorts(text);
  // As with addresses.
  if (PORTS.size < 5_000) PORTS.set(text, spans);
  return spans;
}

const PORTS = new Map<string, readonly Span[] | undefined>();

function readPorts(text: string): readonly Span[] | undefined {
  const plain = text.trim();
  if (/^(\*|any|all|-1|-1\/-1)$/i.test(plain)) return EVERY_PORT;
  const found = /^(\d{1,5})(?:\s*[-/:]\s*(\d{1,5}))?$/.exec(plain);
  if (found === null) return undefined;
  const from = BigInt(found[1] ?? 0);
  const to = BigInt(found[2] ?? found[1] ?? 0);
  return from <= to && to <= 65_535n ? [{ from, to }] : undefined;
}

/** Ranges that are not reached from the internet: private, shared, loopback, link-local, documentation, multicast and reserved ones. */
const NOT_PUBLIC: readonly Span[] = joined(
  [
    '0.0.0.0/8',
    '10.0.0.0/8',
    '100.64.0.0/10',
    '127.0.0.0/8',
    '169.254.0.0/16',
    '172.16.0.0/12',
    '192.168.0.0/16',
    '224.0.0.0/3',
    '::/3',
    '4000::/2',
    '8000::/1',
  ].flatMap((text) => addressesOf(text) ?? []),
);

/** What of these can be an address on the internet. */
export function publicOf(spans: readonly Span[]): readonly Span[] {
  const left: Span[] = [];
  for (const span of joined(spans)) {
    let from = span.from;
    // In their order, and none touches another.
    for (const out of NOT_PUBLIC) {
      if (out.to < from) continue;
      if (out.from > span.to) break;
      if (out.from > from) left.push({ from, to: out.from - 1n });
      from = out.to + 1n;
    }
    if (from <= span.to) left.push({ from, to: span.to });
  }
  return left;
}

export type Openness = 'internet' | 'many' | 'some' | 'private';

/**
 * How much of the internet these are: `internet` from an eighth of all public addresses of either version up (a range that is split
 * or has holes still counts), `many` from a /16 up, `some` for fewer, `private` when none is public.
 */
export function openness(spans: readonly Span[]): Openness {
  const known = OPENNESS.get(spans) ?? measured(spans);
  OPENNESS.set(spans, known);
  return known;
}

const OPENNESS = new WeakMap<readonly Span[], Openness>();

function measured(spans: readonly Span[]): Openness {
  let four = 0n;
  let six = 0n;
  for (const { from, to } of publicOf(spans)) {
    if (from >= SIX) six += to - from + 1n;
    else four += to - from + 1n;
  }
  if (four >= 1n << 29n || six >= 1n << 122n) return 'internet';
  if (four >= 1n << 16n || six >= 1n << 96n) return 'many';
  return four > 0n || six > 0n ? 'some' : 'private';
}

/** An address to show: a usual one where it lies within, else the first public one, else the first. */
export function addressIn(spans: readonly Span[]): string {
  for (const usual of ['198.51.100.7', '2001:db8:0:0:0:0:0:7']) {
    const [at] = addressesOf(usual) ?? [];
    if (at !== undefined && spans.some(({ from, to }) => from <= at.from && at.from <= to)) return usual;
  }
  const first = publicOf(spans)[0] ?? spans[0];
  if (first === undefined) return '';
  const number = first.to > first.from ? first.from + 1n : first.from;
  return number >= SIX ? addressText({ version: 6, number: number - SIX }) : addressText({ version: 4, number });
}

/** How many values the spans hold. They do not overlap. */
export function sizeOf(spans: readonly Span[]): bigint {
  return spans.reduce((sum, { from, to }) => sum + to - from + 1n, 0n);
}

export function holds(spans: readonly Span[], value: number): boolean {
  const at = BigInt(value);
  return spans.some(({ from, to }) => from <= at && at <= to);
}

/** Ports that give a machine or its data away: remote control, databases, caches, control planes. */
const CRITICAL_PORTS = [
  22, 3389, 23, 135, 139, 445, 512, 513, 514, 873, 1433, 1434, 1521, 2049, 2375, 2376, 2379, 2380, 2483, 2484, 3306, 5432, 5433, 5439, 5900,
  5984, 5985, 5986, 6379, 6380, 6443, 7199, 7474, 8529, 9042, 9160, 9200, 9300, 10250, 10255, 11211, 11214, 11215, 26257, 27017, 27018,
  27019, 28015, 50000,
];

/** Those of the ports that nobody should find open. */
export function criticalPortsIn(spans: readonly Span[]): readonly number[] {
  return CRITICAL_PORTS.filter((port) => holds(spans, port));
}

/** "port 22", "ports 22 and 80", "ports 20 to 25", "every port". */
export function portWords(spans: readonly Span[]): string {
  const all = joined(spans);
  if (sizeOf(all) >= 60_000n) return 'every port';
  const words = all.map(({ from, to }) => (from === to ? String(from) : `${from}–${to}`));
  if (words.length === 1) return `port${words[0]?.includes('–') === true ? 's' : ''} ${words[0]}`;
  if (words.length === 2) return `ports ${words[0]} and ${words[1]}`;
  return `ports ${words.slice(0, 2).join(', ')} and ${words.length - 2} more`;
}
