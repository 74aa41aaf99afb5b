import { randomBytes, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type PageContent, presencePage } from './page.ts';

export type Ceremony = {
  readonly content: PageContent;
  /** Shows the address to the person. False: it could not. */
  readonly open: (url: string) => Promise<boolean>;
  /** Checks what the authenticator answered at this origin; a sentence when it does not do. */
  /** `answer`: JSON, as the page sent it. What is thrown is told as a problem. */
  readonly check: (answer: string, origin: string) => Promise<string | undefined>;
  /** Milliseconds. */
  readonly longest?: number | undefined;
};

export type CeremonyResult = { readonly ok: true } | { readonly ok: false; readonly problem: string };

/** Milliseconds for a person to find the key and touch it. */
const LONGEST = 110_000;
const LARGEST = 100_000;

/**
 * Serves one page on http://localhost:PORT (browsers refuse WebAuthn on 127.0.0.1) behind a token that is good once, until the
 * authenticator has answered, the person has declined, or the time is over. Holds two sockets until then.
 */
export async function ceremony({ content, open, check, longest = LONGEST }: Ceremony): Promise<CeremonyResult> {
  const token = randomBytes(32).toString('base64url');
  let settle: (result: CeremonyResult) => void = () => {};
  const settled = new Promise<CeremonyResult>((resolve) => (settle = resolve));
  let answered = false;
  const origin = () => `http://localhost:${port}`;
  const handle = (request: IncomingMessage, response: ServerResponse): void => {
    // A page of elsewhere may be given this address under another name.
    if (request.headers.host !== `localhost:${port}`) return end(response, 403, 'This is not the page you were sent to.');
    const [, given = '', action] = (request.url ?? '').split('/');
    if (!same(given, token)) return end(response, 404, 'This page was closed.');
    if (request.method === 'GET' && action === undefined) {
      const nonce = randomBytes(16).toString('base64url');
      response.writeHead(200, { ...HEADERS, 'content-security-policy': policyFor(nonce), 'content-type': 'text/html; charset=utf-8' });
      response.end(presencePage(content, nonce));
      return;
    }
    if (request.method !== 'POST' || request.headers.origin !== origin() || answered) return end(response, 405, 'This page was used.');
    if (action === 'declined') {
      answered = true;
      end(response, 200, 'Nothing was signed. You can close this page.');
      return settle({ ok: false, problem: 'It was declined on the page, so nothing was signed.' });
    }
    if (action !== 'answer') return end(response, 404, 'This page was closed.');
    answered = true;
    void answerOf(request)
      .then((answer) => check(answer, origin()))
      .catch((error: unknown) => (error instanceof Error ? error.message : String(error)))
      .then((problem) => {
        end(response, problem === undefined ? 200 : 400, problem ?? 'Done. You can close this page.');
        return settle(problem === undefined ? { ok: true } : { ok: false, problem });
      })
      .catch(() => settle({ ok: false, problem: 'The page could not be answered, so nothing was signed.' }));
  };
  const servers = await listening(handle);
  const port = portOf(servers[0]);
  const timer = setTimeout(() => settle({ ok: false, problem: 'Nobody answered on the page in time, so nothing was signed.' }), longest);
  try {
    const url = `${origin()}/${token}`;
    if (!(await open(url))) settle({ ok: false, problem: 'The page for your security key could not be opened in a browser.' });
    return await settled;
  } finally {
    clearTimeout(timer);
    for (const server of servers) {
      server.close();
      // The answer to the page is on its way still.
      setTimeout(() => server.closeAllConnections(), 1_000).unref();
    }
  }
}

const HEADERS = {
  'cache-control': 'no-store',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'cross-origin-opener-policy': 'same-origin',
} as const;

function policyFor(nonce: string): string {
  const own = `'nonce-${nonce}'`;
  return `default-src 'none'; script-src ${own}; style-src ${own}; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'`;
}

/** Both addresses that localhost may mean, so that no other program answers at one of them. */
async function listening(handle: (request: IncomingMessage, response: ServerResponse) => void): Promise<readonly Server[]> {
  for (let attempt = 0; attempt < 10; attempt++) {
    const first = await listen(handle, '127.0.0.1', 0);
    if (first === 'taken' || first === 'absent') continue;
    const second = await listen(handle, '::1', portOf(first));
    if (second === 'absent') return [first];
    if (second !== 'taken') return [first, second];
    first.close();
  }
  throw new Error('No free port was found for the page of your security key. Try again.');
}

function portOf(server: Server | undefined): number {
  const address = server?.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

function listen(
  handle: (request: IncomingMessage, response: ServerResponse) => void,
  host: string,
  port: number,
): Promise<Server | 'taken' | 'absent'> {
  return new Promise((resolve) => {
    const server = createServer(handle);
    server.once('error', (error) => resolve('code' in error && error.code === 'EADDRINUSE' ? 'taken' : 'absent'));
    server.listen(port, host, () => resolve(server));
  });
}

/** JSON, as the page sent it. */
async function answerOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  const sent: AsyncIterable<Uint8Array> = request;
  for await (const chunk of sent) {
    const bytes = Buffer.from(chunk);
    size += bytes.length;
    if (size > LARGEST) throw new Error('The answer of the page is too large.');
    chunks.push(bytes);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function end(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { ...HEADERS, 'content-type': 'text/plain; charset=utf-8' });
  response.end(text);
}

function same(given: string, token: string): boolean {
  const [one, other] = [Buffer.from(given), Buffer.from(token)];
  return one.length === other.length && timingSafeEqual(one, other);
}
