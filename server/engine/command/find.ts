import { UNKNOWN } from './simple-command.ts';

/** What `find` runs and writes for the files that it finds. */
export function ranByFind(args: readonly string[]): readonly (readonly string[])[] {
  const removes: readonly (readonly string[])[] = args.includes('-delete') ? [['rm', ...placesOf(args)]] : [];
  const runs = args.flatMap((arg, i) =>
    /^-(exec|execdir|ok|okdir)$/.test(arg)
      ? [
          args
            .slice(i + 1, endOf(args, i + 1))
            .map((word) => (word.includes('{}') ? word.replaceAll('{}', placesOf(args)[0] ?? UNKNOWN) : word)),
        ]
      : [],
  );
  // `-fprint file`, `-fprintf file format`, `-fls file`
  const prints = args.flatMap((arg, i) => (/^-f(print0?|printf|ls)$/.test(arg) ? [['tee', args[i + 1] ?? '']] : []));
  return [...removes, ...runs, ...prints];
}

/** The files that `find` finds, as globs: below its folders, by the names it is told. */
export function placesOf(args: readonly string[]): readonly string[] {
  const options = args.findIndex((arg) => arg.startsWith('-') || arg === '(' || arg === '!');
  const folders = options === -1 ? args : args.slice(0, options);
  const names = args.flatMap((arg, i) =>
    /^-(name|iname|path|wholename|ipath)$/.test(arg) && args[i - 1] !== '-not' && args[i - 1] !== '!'
      ? [args[i + 1]?.split('/').at(-1) ?? '']
      : [],
  );
  const found = names.length === 0 ? ['*'] : names;
  return (folders.length === 0 ? ['.'] : folders).flatMap((folder) => found.map((name) => `${folder.replace(/\/$/, '')}/**/${name}`));
}

function endOf(args: readonly string[], from: number): number {
  const end = args.findIndex((arg, i) => i >= from && (arg === ';' || arg === '+'));
  return end === -1 ? args.length : end;
}
