/** The wire format of SSH: RFC 4251 section 5 (data types), RFC 8709, RFC 5656, RFC 4253 and OpenSSH's PROTOCOL.u2f (keys). */
import { createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto';

export type SshKey = {
  /** "ssh-ed25519", "sk-ssh-ed25519@openssh.com" … */
  readonly type: string;
  readonly key: KeyObject;
  /** Of a security key: what it was made for, "ssh:" or "ssh:…". */
  readonly application?: string | undefined;
};

/** Goes along bytes; each read gives undefined once there are too few of them. */
export class WireReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get atEnd(): boolean {
    return this.#at === this.#bytes.length;
  }

  take(count: number): Buffer | undefined {
    if (this.#at + count > this.#bytes.length) return undefined;
    this.#at += count;
    return this.#bytes.subarray(this.#at - count, this.#at);
  }

  number(): number | undefined {
    return this.take(4)?.readUInt32BE();
  }

  string(): Buffer | undefined {
    const length = this.number();
    return length === undefined ? undefined : this.take(length);
  }

  text(): string | undefined {
    return this.string()?.toString('latin1');
  }
}

/** A string of the SSH protocol (RFC 4251): its length in four bytes, then it. */
export function wireString(bytes: Uint8Array | string): Buffer {
  const content = Buffer.from(bytes);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(content.length);
  return Buffer.concat([length, content]);
}

const CURVES: Readonly<Record<string, { readonly crv: string; readonly size: number }>> = {
  nistp256: { crv: 'P-256', size: 32 },
  nistp384: { crv: 'P-384', size: 48 },
  nistp521: { crv: 'P-521', size: 66 },
};

/** Bits of an RSA key below which it counts for nothing. */
const SHORTEST_RSA = 2048;

/** The key in the binary form that stands in base64 in a .pub file. Undefined for anything else, and for kinds that are too weak. */
export function readSshKey(blob: Uint8Array): SshKey | undefined {
  const reader = new WireReader(blob);
  const type = reader.text();
  if (type === undefined) return undefined;
  const jwk = keyOf(type, reader);
  const application = type.startsWith('sk-') ? reader.text() : undefined;
  if (jwk === undefined || !reader.atEnd || (type.startsWith('sk-') && application === undefined)) return undefined;
  try {
    const key = createPublicKey({ key: jwk, format: 'jwk' });
    const bits = key.asymmetricKeyDetails?.modulusLength;
    return bits !== undefined && bits < SHORTEST_RSA ? undefined : { type, key, application };
  } catch {
    return undefined;
  }
}

/** r and s of an ECDSA signature, each of the curve's size. */
export function readEcdsa(bytes: Uint8Array, size: number): Buffer | undefined {
  const reader = new WireReader(bytes);
  const [r, s] = [unsigned(reader.string()), unsigned(reader.string())];
  if (r === undefined || s === undefined || !reader.atEnd || r.length > size || s.length > size) return undefined;
  return Buffer.concat([Buffer.alloc(size - r.length), r, Buffer.alloc(size - s.length), s]);
}

/** Bytes of r and of s on the key's curve. */
export function curveSize(type: string): number | undefined {
  const name = /nistp(256|384|521)/.exec(type)?.[0];
  return name === undefined ? undefined : CURVES[name]?.size;
}

function keyOf(type: string, reader: WireReader): JsonWebKey | undefined {
  switch (type) {
    case 'ssh-ed25519':
    case 'sk-ssh-ed25519@openssh.com': {
      const point = reader.string();
      return point?.length === 32 ? { kty: 'OKP', crv: 'Ed25519', x: point.toString('base64url') } : undefined;
    }
    case 'ecdsa-sha2-nistp256':
    case 'ecdsa-sha2-nistp384':
    case 'ecdsa-sha2-nistp521':
    case 'sk-ecdsa-sha2-nistp256@openssh.com': {
      const name = reader.text() ?? '';
      const curve = CURVES[name];
      const point = reader.string();
      // 4: the point as it is, not compressed.
      if (curve === undefined || !type.includes(name) || point?.length !== 1 + 2 * curve.size || point[0] !== 4) return undefined;
      const [x, y] = [point.subarray(1, 1 + curve.size), point.subarray(1 + curve.size)];
      return { kty: 'EC', crv: curve.crv, x: x.toString('base64url'), y: y.toString('base64url') };
    }
    case 'ssh-rsa': {
      const [e, n] = [unsigned(reader.string()), unsigned(reader.string())];
      if (e === undefined || n === undefined) return undefined;
      return { kty: 'RSA', e: e.toString('base64url'), n: n.toString('base64url') };
    }
    default:
      return undefined;
  }
}

/** A positive integer without its leading zeros. */
function unsigned(bytes: Buffer | undefined): Buffer | undefined {
  if (bytes === undefined || bytes.length === 0 || (bytes[0] ?? 0) >= 0x80) return undefined;
  return bytes.subarray(bytes.findIndex((byte) => byte !== 0));
}
