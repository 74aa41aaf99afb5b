import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import type { SecureContextOptions } from 'node:tls';
import type { TlsFiles } from '../types.ts';

/** Read for each connection, so that renewed certificates are used. Throws where a file cannot be read. */
export function tlsOptions({ ca, certificate, key, serverName }: TlsFiles, host: string): SecureContextOptions & { servername?: string } {
  const named = serverName ?? (isIP(host) === 0 ? host : undefined);
  return {
    minVersion: 'TLSv1.2',
    ...(ca !== undefined && { ca: readFileSync(ca) }),
    ...(certificate !== undefined && { cert: readFileSync(certificate) }),
    ...(key !== undefined && { key: readFileSync(key) }),
    ...(named !== undefined && { servername: named }),
  };
}
