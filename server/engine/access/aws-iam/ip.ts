/** IP addresses as numbers; versions 4 and 6 are two lines that never meet. */
export type Address = { readonly version: 4 | 6; readonly number: bigint };
/** Both ends inclusive. */
export type Range = { readonly version: 4 | 6; readonly from: bigint; readonly to: bigint };

/** An IPv4 or IPv6 address as a number; undefined for anything else. */
export function parseAddress(text: string): Address | undefined {
  const trimmed = text.trim();
  if (/^\d{1,3}(\.\d{1,3}){3}$/.test(trimmed)) {
    const bytes = trimmed.split('.').map(Number);
    if (bytes.some((byte) => byte > 255)) return undefined;
    return { version: 4, number: bytes.reduce((sum, byte) => sum * 256n + BigInt(byte), 0n) };
  }
  return parseSix(trimmed);
}

/** "10.0.0.0/8", "2001:db8::/32", or one address. Host bits are ignored, as AWS does. */
export function parseRange(text: string): Range | undefined {
  const [host = '', bits, more] = text.trim().split('/');
  const address = parseAddress(host);
  if (address === undefined || more !== undefined) return undefined;
  const width = address.version === 4 ? 32 : 128;
  if (bits !== undefined && !/^\d{1,3}$/.test(bits)) return undefined;
  const length = bits === undefined ? width : Number(bits);
  if (length > width) return undefined;
  const size = 1n << BigInt(width - length);
  const from = (address.number / size) * size;
  return { version: address.version, from, to: from + size - 1n };
}

/** IPv6 in eight groups, none left out. */
export function addressText({ version, number }: Address): string {
  if (version === 4) return [24n, 16n, 8n, 0n].map((shift) => String((number >> shift) & 255n)).join('.');
  return Array.from({ length: 8 }, (_, i) => ((number >> BigInt(112 - 16 * i)) & 0xffffn).toString(16)).join(':');
}

/** One address inside each stretch that the ranges tell apart, and a usual one of each version. */
export function sampleAddresses(ranges: readonly Range[]): readonly string[] {
  const samples: string[] = [];
  for (const version of [4, 6] as const) {
    const own = ranges.filter((range) => range.version === version);
    const last = version === 4 ? (1n << 32n) - 1n : (1n << 128n) - 1n;
    const cuts = [...new Set([0n, ...own.flatMap(({ from, to }) => [from, to + 1n])])]
      .filter((cut) => cut <= last)
      .sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
    samples.push(USUAL[version]);
    cuts.forEach((cut, i) => {
      const end = (cuts[i + 1] ?? last + 1n) - 1n;
      samples.push(addressText({ version, number: cut + (end - cut) / 2n }));
    });
  }
  return samples;
}

const USUAL = { 4: '198.51.100.7', 6: '2001:db8:0:0:0:0:0:7' } as const;

function parseSix(text: string): Address | undefined {
  if (!/^[0-9a-f:.]+$/i.test(text) || !text.includes(':')) return undefined;
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const groups = halves.map((half) => (half === '' ? [] : half.split(':')).flatMap(groupOf));
  const [head = [], tail = []] = groups;
  const missing = 8 - head.length - tail.length;
  if (halves.length === 1 ? missing !== 0 : missing < 1) return undefined;
  const all = [...head, ...Array.from({ length: missing }, () => 0), ...tail];
  if (all.some((group) => Number.isNaN(group))) return undefined;
  return { version: 6, number: all.reduce((sum, group) => sum * 65_536n + BigInt(group), 0n) };
}

/** One group of hex digits, or the two groups of an IPv4 tail. */
function groupOf(text: string): readonly number[] {
  if (text.includes('.')) {
    const four = /^\d{1,3}(\.\d{1,3}){3}$/.test(text) ? parseAddress(text) : undefined;
    return four === undefined ? [Number.NaN] : [Number(four.number >> 16n), Number(four.number & 0xffffn)];
  }
  return /^[0-9a-f]{1,4}$/i.test(text) ? [Number.parseInt(text, 16)] : [Number.NaN];
}
