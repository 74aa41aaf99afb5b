import { readInput } from './standard-input.ts';

export type Payload = { readonly ok: true; readonly text: string } | { readonly ok: false; readonly cause: string };

/** After a whole document has arrived: how long a stdin that stays open may delay the answer. */
const GRACE = 200;
const LARGEST_PAYLOAD = 64 * 1024 * 1024;

/** Reads one payload from standard input, for at most so many milliseconds. Never throws. */
export function readPayload(milliseconds: number): Promise<Payload> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let size = 0;
    let grace: NodeJS.Timeout | undefined;
    const done = (payload: Payload): void => {
      clearTimeout(limit);
      clearTimeout(grace);
      stop();
      resolve(payload);
    };
    const text = (): string => Buffer.concat(chunks).toString('utf8');
    const limit = setTimeout(() => {
      done({ ok: false, cause: 'the hook payload did not arrive in time. Try again, or make this edit by hand in the editor.' });
    }, milliseconds);
    const onChunk = (chunk: Buffer): void => {
      chunks.push(chunk);
      size += chunk.length;
      clearTimeout(grace);
      if (size > LARGEST_PAYLOAD) {
        done({ ok: false, cause: 'the hook payload is larger than 64 MB. Make the edit in smaller steps.' });
        return;
      }
      // An agent may keep its end of the pipe open: a whole document is enough.
      if (/\}\s*$/.test(chunk.toString('latin1', Math.max(0, chunk.length - 16)))) {
        grace = setTimeout(() => {
          const whole = text();
          if (parsedJson(whole) !== undefined) done({ ok: true, text: whole });
        }, GRACE);
      }
    };
    const stop = readInput({
      onChunk,
      onEnd: () => done({ ok: true, text: text() }),
      onError: (cause) => done({ ok: false, cause: `the hook payload could not be read (${cause}). Try again.` }),
    });
  });
}

/** Wrapped, so that JSON's null can be told from no JSON. */
export function parsedJson(text: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(text.replace(/^\uFEFF/, '')) as unknown };
  } catch {
    return undefined;
  }
}
