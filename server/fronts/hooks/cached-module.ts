import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, isAbsolute, join } from 'node:path';
import { Script } from 'node:vm';

/** `known`: what was compiled before was kept, and used. */
type Loaded<Exports> = { readonly exports: Exports; readonly known: boolean; readonly keep: () => void };

/**
 * Loads a bundled CommonJS file with what V8 compiled of it before, if that is kept in `folder`: compiling is most of what
 * loading costs. Without it, or where this V8 refuses it, the file is simply compiled. `keep` writes what is compiled by then.
 * What is kept is found by the digest of the very text, because V8 compares no more than its length, and is itself checked
 * by its digest, because V8 runs what it is given.
 */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- the caller knows what the file exports
export function loadCompiled<Exports>(file: string, folder: string): Loaded<Exports> {
  const source = readFileSync(file, 'utf8');
  const kept = join(folder, `${sha256(source).toString('hex').slice(0, 32)}-${process.version}-${process.arch}.bin`);
  // A relative folder lies where the agent works: nothing from there is run.
  const cachedData = isAbsolute(folder) ? bytesOf(kept) : undefined;
  const script = new Script(`(function (exports, require, module, __filename, __dirname) {${source}\n})`, {
    filename: file,
    ...(cachedData === undefined ? {} : { cachedData }),
  });
  const run: Wrapped<Exports> = script.runInThisContext();
  const module: { exports?: Exports } = { exports: Object.create(null) };
  run(module.exports, createRequire(file), module, file, dirname(file));
  if (module.exports === undefined) throw new Error(`${file} exports nothing. Install Countersign again.`);
  const known = cachedData !== undefined && script.cachedDataRejected !== true;
  const keep = (): void => (known || !isAbsolute(folder) ? undefined : write(kept, script.createCachedData()));
  return { exports: module.exports, known: known || !isAbsolute(folder), keep };
}

type Wrapped<Exports> = (
  exports: Exports | undefined,
  require: NodeJS.Require,
  module: { exports?: Exports },
  file: string,
  folder: string,
) => void;

const DIGEST = 32;

function bytesOf(file: string): Buffer | undefined {
  try {
    const bytes = readFileSync(file);
    const data = bytes.subarray(DIGEST);
    return sha256(data).equals(bytes.subarray(0, DIGEST)) ? data : undefined;
  } catch {
    return undefined;
  }
}

/** Best effort: without it the next start is as slow as this one. */
function write(file: string, data: Uint8Array): void {
  const temporary = `${file}.${process.pid}`;
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    writeFileSync(temporary, Buffer.concat([sha256(data), data]), { mode: 0o600 });
    renameSync(temporary, file);
  } catch {
    // No room, or no right to write there.
  }
}

function sha256(of: string | Uint8Array): Buffer {
  return createHash('sha256').update(of).digest();
}
