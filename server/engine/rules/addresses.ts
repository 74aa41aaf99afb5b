/** Address ranges as rules ask about them. IPv4 as intervals of numbers, IPv6 as intervals of bigints. */

type Interval = { readonly family: 4 | 6; readonly from: bigint; readonly to: bigint };

/** Words with which systems say "from anywhere". */
const ANYWHERE = new Set(['*', 'any', 'internet', 'all', 'anywhere', '0.0.0.0/0', '::/0', '0.0.0.0-255.255.255.255']);

/**
 * Do these sources together let the whole internet in, or half of it and more? So 0.0.0.0/1 with 128.0.0.0/1 does, and each of them alone.
 * Undefined when one that might is worked out elsewhere is for the caller to say; here all texts are literal.
 */
export function letsInternetIn(sources: readonly string[]): boolean {
  if (sources.some((source) => ANYWHERE.has(source.trim().toLowerCase()))) return true;
  const ranges = sources.flatMap((source) => rangeOf(source) ?? []);
  return (
    publicSize(ranges.filter(({ family }) => family === 4)) >= 2n ** 31n - RESERVED ||
    publicSize(ranges.filter(({ family }) => family === 6)) >= 2n ** 125n
  );
}

/** Any address outside of private, loopback, link-local and documentation ranges. */
export function isPublicRange(source: string): boolean {
  if (ANYWHERE.has(source.trim().toLowerCase())) return true;
  const range = rangeOf(source);
  if (range === undefined) return false;
  return !PRIVATE.some((own) => own.family === range.family && own.from <= range.from && range.to <= own.to);
}

/** "10.0.0.0/8", "10.1.2.3", "10.0.0.1-10.0.0.9", "fd00::/8". Undefined for anything else. */
export function rangeOf(text: string): Interval | undefined {
  const plain = text.trim();
  const dash = plain.indexOf('-');
  if (dash > 0) {
    const from = addressOf(plain.slice(0, dash).trim());
    const to = addressOf(plain.slice(dash + 1).trim());
    return from === undefined || to === undefined || from.family !== to.family || from.value > to.value
      ? undefined
      : { family: from.family, from: from.value, to: to.value };
  }
  const [base = '', prefix, more] = plain.split('/');
  if (more !== undefined) return undefined;
  const address = addressOf(base);
  if (address === undefined) return undefined;
  const bits = address.family === 4 ? 32 : 128;
  let length = bits;
  if (prefix !== undefined) {
    const mask = prefix.includes('.') ? maskLength(prefix) : /^\d{1,3}$/.test(prefix) ? Number(prefix) : undefined;
    if (mask === undefined || mask > bits) return undefined;
    length = mask;
  }
  const size = 2n ** BigInt(bits - length);
  const from = (address.value / size) * size;
  return { family: address.family, from, to: from + size - 1n };
}

function publicSize(ranges: readonly Interval[]): bigint {
  let size = 0n;
  let reached = -1n;
  for (const { from, to } of [...ranges].sort((a, b) => (a.from < b.from ? -1 : a.from > b.from ? 1 : 0))) {
    const start = from > reached ? from : reached + 1n;
    if (to >= start) size += to - start + 1n;
    if (to > reached) reached = to;
  }
  return size;
}

function addressOf(text: string): { readonly family: 4 | 6; readonly value: bigint } | undefined {
  const four = fourOf(text);
  if (four !== undefined) return { family: 4, value: BigInt(four) };
  const six = sixOf(text.replace(/^\[|\]$/g, ''));
  return six === undefined ? undefined : { family: 6, value: six };
}

function fourOf(text: string): number | undefined {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text);
  if (match === null) return undefined;
  const parts = match.slice(1).map(Number);
  return parts.some((part) => part > 255) ? undefined : parts.reduce((value, part) => value * 256 + part, 0);
}

function sixOf(text: string): bigint | undefined {
  if (!text.includes(':') || !/^[0-9a-f:.]{2,45}$/i.test(text)) return undefined;
  const dotted = /:(\d+\.\d+\.\d+\.\d+)$/.exec(text);
  const four = dotted === null ? undefined : fourOf(dotted[1] ?? '');
  if (dotted !== null && four === undefined) return undefined;
  const hex = four === undefined ? text : text.replace(/[\d.]+$/, `${(four >>> 16).toString(16)}:${(four & 0xffff).toString(16)}`);
  const halves = hex.split('::');
  if (halves.length > 2) return undefined;
  const groups = (half: string | undefined): readonly string[] => (half === undefined || half === '' ? [] : half.split(':'));
  const head = groups(halves[0]);
  const tail = groups(halves[1]);
  const missing = 8 - head.length - tail.length;
  if (halves.length === 1 ? missing !== 0 : missing < 1) return undefined;
  const all = [...head, ...Array.from({ length: missing }, () => '0'), ...tail];
  if (all.some((group) => !/^[0-9a-f]{1,4}$/i.test(group))) return undefined;
  return all.reduce((value, group) => value * 65536n + BigInt(`0x${group}`), 0n);
}

/** "255.255.0.0" → 16; undefined when the ones are not in front. */
function maskLength(mask: string): number | undefined {
  const value = fourOf(mask);
  if (value === undefined) return undefined;
  const bits = value.toString(2).padStart(32, '0');
  return /^1*0*$/.test(bits) ? (bits.indexOf('0') === -1 ? 32 : bits.indexOf('0')) : undefined;
}

const PRIVATE: readonly Interval[] = [
  '10.0.0.0/8',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '100.64.0.0/10',
  '192.0.2.0/24',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '0.0.0.0/32',
  'fc00::/7',
  'fe80::/10',
  '::1/128',
  '::/128',
  '2001:db8::/32',
].flatMap((text) => rangeOf(text) ?? []);

/** Half of the addresses less what nobody routes: leaving the private ranges out makes a range no narrower. */
const RESERVED = 2n ** 25n;
