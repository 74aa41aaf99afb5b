import { isAscii } from 'node:buffer';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, isAbsolute, join } from 'node:path';
import { Script } from 'node:vm';

/** A file, and the libraries beside it that it asked for so far. */
type Loaded<Exports> = {
  readonly exports: Exports;
  /** What was compiled before was kept, and used, for all of them. */
  readonly known: () => boolean;
  readonly keep: () => void;
};

/**
 * Loads a bundled CommonJS file, and the libraries it asks for (`./lib/x.js`), with what V8 compiled of them before, if that is kept
 * in `folder`: compiling is most of what loading costs. Without it, or where this V8 refuses it, the file is simply compiled. `keep`
 * writes what is compiled by then. What is compiled hangs on what was run, so each `use` ("yaml") has its own.
 * What is kept has the very text beside it, because V8 compares no more than its length, and is there twice, because V8 runs what it
 * is given: a disk may spoil it. Comparing takes a tenth of a millisecond; a digest would load Node's cryptography for each edit.
 */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- the caller knows what the file exports
export function loadCompiled<Exports>(file: string, folder: string, use = ''): Loaded<Exports> {
  const pieces = new Map<string, Piece>();
  const load = (path: string): Piece => {
    const known = pieces.get(path);
    if (known !== undefined) return known;
    const own = createRequire(path);
    const below = (id: string): unknown => (LIBRARY.test(id) ? load(join(dirname(path), id)).exports : own(id));
    const piece = compiledPiece(path, folder, use, below);
    pieces.set(path, piece);
    return piece;
  };
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- as the caller says
  const exports = load(file).exports as Exports;
  return {
    exports,
    known: () => [...pieces.values()].every(({ known }) => known),
    keep: () => pieces.forEach(({ keep }) => keep()),
  };
}

/** From a bundle to a library or a part of its own, from one of them to another, and from a part to its bundle. */
const LIBRARY = /^\.\.?\/(lib\/)?[\w-]+\.js$/;

type Piece = { readonly exports: unknown; readonly known: boolean; readonly keep: () => void };

function compiledPiece(file: string, folder: string, use: string, below: (id: string) => unknown): Piece {
  const bytes = readFileSync(file);
  const name = [basename(file, '.js'), use, process.versions.v8, process.arch].filter((word) => word !== '').join('-');
  const kept = join(folder, `${name}.bin`);
  // A relative folder lies where the agent works: nothing from there is run.
  const cachedData = isAbsolute(folder) ? dataFor(bytes, kept) : undefined;
  const script = new Script(`(function (exports, require, module, __filename, __dirname) {${textOf(bytes)}\n})`, {
    filename: file,
    ...(cachedData === undefined ? {} : { cachedData }),
  });
  const run: Wrapped = script.runInThisContext();
  const module: { exports?: unknown } = { exports: Object.create(null) };
  run(module.exports, below, module, file, dirname(file));
  if (module.exports === undefined) throw new Error(`${file} exports nothing. Install Countersign again.`);
  const known = !isAbsolute(folder) || (cachedData !== undefined && script.cachedDataRejected !== true);
  return { exports: module.exports, known, keep: () => (known ? undefined : write(kept, script.createCachedData(), bytes)) };
}

type Wrapped = (exports: unknown, require: (id: string) => unknown, module: { exports?: unknown }, file: string, folder: string) => void;

/** Bundles are ASCII, whose bytes are its characters. */
function textOf(bytes: Buffer): string {
  return bytes.toString(isAscii(bytes) ? 'latin1' : 'utf8');
}

/** What was compiled from that text, when it is whole. */
function dataFor(text: Buffer, file: string): Buffer | undefined {
  try {
    const bytes = readFileSync(file);
    const size = (bytes.length - text.length) / 2;
    if (size <= 0 || !Number.isInteger(size)) return undefined;
    const data = bytes.subarray(0, size);
    return bytes.subarray(2 * size).equals(text) && bytes.subarray(size, 2 * size).equals(data) ? data : undefined;
  } catch {
    return undefined;
  }
}

/** Best effort: without it the next start is as slow as this one. */
function write(file: string, data: Uint8Array, text: Uint8Array): void {
  const temporary = `${file}.${process.pid}`;
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    writeFileSync(temporary, Buffer.concat([data, data, text]), { mode: 0o600 });
    renameSync(temporary, file);
  } catch {
    // No room, or no right to write there.
  }
}
