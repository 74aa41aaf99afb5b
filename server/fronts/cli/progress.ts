/** A bar on a terminal; nothing where the output is no terminal. */
export type ProgressBar = { readonly show: (done: number) => void; readonly end: () => void };

const WIDTH = 30;
/** Milliseconds between two drawings. */
const PAUSE = 80;

export function progressBar(stream: NodeJS.WritableStream & { readonly isTTY?: boolean }, what: string, total: number): ProgressBar {
  if (stream.isTTY !== true || total === 0) return { show: () => {}, end: () => {} };
  let drawn = 0;
  return {
    show: (done) => {
      const now = performance.now();
      if (done < total && now - drawn < PAUSE) return;
      drawn = now;
      const full = Math.round((done / total) * WIDTH);
      stream.write(`\r${'█'.repeat(full)}${'░'.repeat(WIDTH - full)} ${done} of ${total} ${what}`);
    },
    end: () => void stream.write('\r\u001B[K'),
  };
}
