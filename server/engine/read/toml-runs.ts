import { type Runs, quotedRuns } from './yaml-runs.ts';

/** Where the value of a TOML string stands; see TreeNode. Undefined when it stands right after its quote. */
export function tomlRuns(text: string, start: number, end: number): Runs | undefined {
  const quote = text.charAt(start);
  if (!text.startsWith(quote.repeat(3), start) || end - start < 6) return quote === '"' ? quotedRuns(text, start, end) : undefined;
  let at = start + 3;
  const close = end - 3;
  if (text.startsWith('\r\n', at)) at += 2;
  else if (text.charAt(at) === '\n') at++;
  let index = 0;
  const runs: [number, number][] = [[0, at]];
  while (at < close) {
    const c = text.charAt(at);
    if (quote === '"' && c === '\\') {
      const skipped = /^\\[ \t]*\r?\n\s*/.exec(text.slice(at, close))?.[0];
      const next = text.charAt(at + 1);
      const digits = next === 'x' ? 2 : next === 'u' ? 4 : next === 'U' ? 8 : 0;
      if (skipped === undefined) index += digits === 8 && Number.parseInt(text.slice(at + 2, at + 10), 16) > 0xffff ? 2 : 1;
      at += skipped?.length ?? 2 + digits;
      runs.push([index, at]);
    } else {
      at++;
      index++;
    }
  }
  return runs;
}
