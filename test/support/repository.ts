import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Absolute path of the repository, from wherever a bundled test runs. */
export const REPOSITORY = upTo(dirname(fileURLToPath(import.meta.url)), 'tsconfig.json');

/** Labelled edits for tests that may stand beside the repository; undefined where they do not. */
export const CORPUS = existing(join(REPOSITORY, '..', 'shared', 'corpus'));

function upTo(folder: string, name: string): string {
  return existsSync(join(folder, name)) ? folder : upTo(dirname(folder), name);
}

function existing(path: string): string | undefined {
  return existsSync(path) ? path : undefined;
}
