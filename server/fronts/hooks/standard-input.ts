import { fstatSync } from 'node:fs';

export type InputListener = {
  readonly onChunk: (bytes: Buffer) => void;
  /** Nothing more comes: it was closed, or went wrong behind a pipe. */
  readonly onEnd: () => void;
  /** A sentence's part: what went wrong. */
  readonly onError: (cause: string) => void;
};

/**
 * Reads standard input as it arrives, without keeping this thread; answers with what stops it. Agents give their payload in a pipe or
 * a socket. Those are read by the handle that Node's own stream would read, because loading the streams costs a sixth of Node's
 * whole start, for every edit. Where that is not to be had, by the stream.
 */
export function readInput(listener: InputListener): () => void {
  return readPipe(listener) ?? readStream(listener);
}

/** The part of Node's handle of a pipe that is used here, the same since Node 12. */
type PipeHandle = {
  /** Not 0: it failed. */
  readonly open: (file: number) => number;
  readonly readStart: () => number;
  readonly close: () => void;
  /** Nothing instead of bytes: the end. */
  onread: (bytes: ArrayBuffer | undefined) => void;
};

function readPipe({ onChunk, onEnd }: InputListener): (() => void) | undefined {
  try {
    const input = fstatSync(0);
    if (process.platform === 'win32' || !(input.isFIFO() || input.isSocket())) return undefined;
    const handle = pipeHandle();
    if (handle === undefined || handle.open(0) !== 0) return undefined;
    let isOpen = true;
    const stop = (): void => {
      if (isOpen) handle.close();
      isOpen = false;
    };
    handle.onread = (bytes) => {
      if (bytes !== undefined) onChunk(Buffer.from(bytes));
      else {
        stop();
        onEnd();
      }
    };
    if (handle.readStart() === 0) return stop;
    stop();
    return undefined;
  } catch {
    // A Node.js that no longer has it.
    return undefined;
  }
}

function pipeHandle(): PipeHandle | undefined {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- Node has no types for it; whatever is missing is caught above
  const { binding } = process as unknown as {
    readonly binding?: (name: 'pipe_wrap') => {
      readonly Pipe: new (kind: number) => PipeHandle;
      readonly constants: { readonly SOCKET: number };
    };
  };
  const pipes = binding?.('pipe_wrap');
  return pipes === undefined ? undefined : new pipes.Pipe(pipes.constants.SOCKET);
}

function readStream({ onChunk, onEnd, onError }: InputListener): () => void {
  process.stdin.on('data', onChunk);
  process.stdin.on('end', onEnd);
  process.stdin.on('error', ({ message }) => onError(message));
  return () => void process.stdin.removeAllListeners().pause();
}
