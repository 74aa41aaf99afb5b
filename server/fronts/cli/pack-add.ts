import { cpSync, existsSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { lockDifferences, readLock } from '../../gate/pack-lock.ts';
import { PACKS_FOLDER } from '../../gate/policy.ts';
import { testPack } from '../../engine/rules/test-pack.ts';
import { count } from '../report/report-words.ts';
import { type CliIo, fail, say } from './io.ts';
import type { PackArguments } from './pack.ts';
import { keepRules, newsOf } from './pack-accept.ts';
import { type GoodPack, packFiles, problemLines, sorted } from './pack-files.ts';
import { writeLock } from './pack-lock.ts';
import { fetchSource } from './pack-source.ts';

/** Folders of a source that may hold packs, beside the source itself. */
const WITHIN = ['packs', 'rules'];

/** Copies packs into the workspace and locks them. Their tests are run first; nothing of a source is ever run. */
export function addCommand({ paths, out }: PackArguments, io: CliIo): number {
  const source = paths[0];
  if (source === undefined || paths.length > 1) return fail(io, 'Name one source: a folder, a git url#commit, or an npm name.');
  const target = resolve(io.cwd, out ?? PACKS_FOLDER);
  const locked = existsSync(target) ? readLock(target) : undefined;
  if (locked?.ok === true) {
    // Locking anew would accept what somebody changed.
    const differences = lockDifferences(locked.lock, target);
    if (differences.length > 0)
      return fail(io, `The packs that are there are not what was locked: ${differences.join(' ')} Look at the change first.`);
  }
  const fetched = fetchSource(source, io.cwd);
  if (!fetched.ok) return fail(io, fetched.problem);
  try {
    const found = packsBelow(fetched.folder);
    if (typeof found === 'string') return fail(io, found);
    for (const { file, pack } of found) {
      const { cases, untested } = testPack(pack);
      const failed = [...cases.flatMap(({ rule, failures }) => failures.map((failure) => `${rule}: ${failure}`)), ...untested];
      if (failed.length > 0) return fail(io, `${file} is not added, for its tests fail: ${failed.slice(0, 3).join(' ')}`);
    }
    // What is in force until now is what an upgrade is compared with.
    keepRules(io);
    for (const { file, pack } of found) {
      const folder = join(target, pack.pack);
      rmSync(folder, { recursive: true, force: true });
      mkdirSync(folder, { recursive: true });
      cpSync(file, join(folder, basename(file)), { dereference: true });
    }
    writeLock(target, Object.fromEntries(found.map(({ pack }) => [pack.pack, fetched.name])));
    const names = found.map(({ pack }) => `${pack.pack} ${pack.version} (${count(pack.rules.length, 'rule')})`);
    return say(io, `Added ${names.join(', ')} from ${fetched.name}, and locked.\n${newsOf(keepRules(io), io)}`);
  } finally {
    fetched.remove();
  }
}

function packsBelow(folder: string): readonly GoodPack[] | string {
  const folders = [folder, ...WITHIN.map((name) => join(folder, name))].filter(
    (each) => existsSync(each) && statSync(each).isDirectory() && readdirSync(each).length > 0,
  );
  const read = folders.map((each) => packFiles([each], each)).flatMap((each) => (each.ok ? each.files : []));
  if (read.length === 0) return 'There is no pack in this source: a .yaml file that begins with "pack:".';
  const absolute = read.map((each) => ({
    ...each,
    file: folders.map((one) => join(one, each.file)).find((one) => existsSync(one)) ?? each.file,
  }));
  const { good, problems } = sorted(absolute);
  return problems.length > 0 ? `Not added:\n${problemLines(problems).trimEnd()}` : good;
}
