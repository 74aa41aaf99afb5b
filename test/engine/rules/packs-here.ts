import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ParsedPack, parsePack } from '../../../server/engine/rules/parse-pack.ts';
import { REPOSITORY } from '../../support/repository.ts';

/** Every built-in pack, as it is written: with its tests. */
export function packsHere(): readonly { readonly name: string; readonly parsed: ParsedPack }[] {
  const folder = join(REPOSITORY, 'server', 'engine', 'packs');
  return readdirSync(folder)
    .filter((name) => name.endsWith('.yaml'))
    .sort()
    .map((name) => ({ name, parsed: parsePack(name, readFileSync(join(folder, name), 'utf8')) }));
}
