import { lintPack } from '../../engine/rules/lint-pack.ts';
import { count } from '../report/report-words.ts';
import { type CliIo, fail, say } from './io.ts';
import type { PackArguments } from './pack.ts';
import { packFiles, problemLines, sorted } from './pack-files.ts';

/** What is wrong with packs, and what should be told better. 1 when there is anything. */
export function lintCommand({ paths, json }: PackArguments, io: CliIo): number {
  const found = packFiles(paths, io.cwd);
  if (!found.ok) return fail(io, found.problem);
  const { good, problems } = sorted(found.files);
  const twice = sameIds(good);
  const all = [
    ...problems,
    ...good.flatMap(({ file, pack, lineOf }) => lintPack(pack).map(({ at, message }) => ({ file, line: lineOf(at), message }))),
    ...twice,
  ];
  if (json) say(io, `${JSON.stringify({ problems: all }, null, 2)}\n`);
  else say(io, all.length === 0 ? `${count(good.length, 'pack')}: nothing to say.\n` : problemLines(all));
  return all.length === 0 ? 0 : 1;
}

/** Ids are unique over all packs: of two, only the first would be asked. */
function sameIds(
  packs: ReturnType<typeof sorted>['good'],
): readonly { readonly file: string; readonly line: number; readonly message: string }[] {
  const seen = new Map<string, string>();
  return packs.flatMap(({ file, pack, lineOf }) =>
    pack.rules.flatMap(({ id }, index) => {
      const other = seen.get(id);
      if (other === undefined) seen.set(id, file);
      return other === undefined || other === file
        ? []
        : [{ file, line: lineOf(['rules', index, 'id']), message: `The id ${id} is also in ${other}. Give one of them another.` }];
    }),
  );
}
