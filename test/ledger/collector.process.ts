// A small collector that a test can kill: `node collector.mjs otlp|syslog PORT FILE [CA CERTIFICATE KEY]`.
// It keeps what it takes in FILE, one event a line, on disk before it answers. Prints its port once it listens (0: any).
import { closeSync, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createServer as createTlsServer, type TLSSocket } from 'node:tls';

const [kind, port = '0', file = '', ca = '', certificate = '', key = ''] = process.argv.slice(2);

const server =
  kind === 'otlp'
    ? createServer((request, response) => {
        const parts: Buffer[] = [];
        request.on('data', (part: Buffer) => parts.push(part));
        request.on('end', () => {
          keep([Buffer.concat(parts).toString('utf8')]);
          response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
        });
      })
    : createTlsServer(
        { ca: readFileSync(ca), cert: readFileSync(certificate), key: readFileSync(key), requestCert: true, rejectUnauthorized: true },
        takeFrames,
      );
server.listen(Number(port), '127.0.0.1', () => writeSync(1, `${(server.address() as AddressInfo).port}\n`));

/** RFC 5425: the length in octets, a space, the message. */
function takeFrames(socket: TLSSocket): void {
  let rest = Buffer.alloc(0);
  socket.on('error', () => undefined);
  socket.on('data', (part: Buffer) => {
    rest = Buffer.concat([rest, part]);
    const lines: string[] = [];
    for (;;) {
      const space = rest.indexOf(' ');
      const length = Number(rest.subarray(0, Math.max(space, 0)).toString());
      if (space === -1 || rest.length < space + 1 + length) break;
      lines.push(rest.subarray(space + 1, space + 1 + length).toString('utf8'));
      rest = rest.subarray(space + 1 + length);
    }
    if (lines.length > 0) keep(lines);
  });
}

function keep(lines: readonly string[]): void {
  const descriptor = openSync(file, 'a');
  writeSync(descriptor, lines.map((line) => `${line}\n`).join(''));
  fsyncSync(descriptor);
  closeSync(descriptor);
}
