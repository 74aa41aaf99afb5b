import { isAbsolute, relative, resolve } from 'node:path';
import { parseArguments } from './arguments.ts';
import { type CliIo, fail } from './io.ts';
import { acceptCommand } from './pack-accept.ts';
import { addCommand } from './pack-add.ts';
import { docsCommand } from './pack-docs.ts';
import { PACK_ABOUT, PACK_ALSO, PACK_HELP } from './pack-help.ts';
import { lintCommand } from './pack-lint.ts';
import { lockCommand, signCommand, verifyCommand } from './pack-lock.ts';
import { newCommand } from './pack-new.ts';
import { testCommand } from './pack-test.ts';
import { type Family, type Subcommand, subcommand } from './subcommand.ts';
import { PACKS_FOLDER } from '../../gate/policy.ts';
import { isExplained, recordingWrites } from './own-writes.ts';

/** What a subcommand gets: the paths and flags that were given. */
export type PackArguments = {
  readonly paths: readonly string[];
  readonly json: boolean;
  readonly rule: string | undefined;
  readonly out: string | undefined;
  readonly key: string | undefined;
  readonly list: boolean;
};

const OPTIONS = {
  json: { type: 'boolean' },
  list: { type: 'boolean' },
  rule: { type: 'string' },
  out: { type: 'string' },
  key: { type: 'string' },
} as const;

type PackCommand = Subcommand & {
  readonly takes: readonly (keyof typeof OPTIONS)[];
  readonly run: (args: PackArguments, io: CliIo) => number | Promise<number>;
};

const FAMILY: Family<PackCommand> = {
  name: 'pack',
  about: PACK_ABOUT,
  also: PACK_ALSO,
  commands: {
    new: { ...PACK_HELP.new, takes: ['out'], run: newCommand },
    test: { ...PACK_HELP.test, takes: ['rule', 'json'], run: testCommand },
    lint: { ...PACK_HELP.lint, takes: ['json'], run: lintCommand },
    docs: { ...PACK_HELP.docs, takes: ['out', 'rule'], run: docsCommand },
    add: { ...PACK_HELP.add, takes: ['out'], run: addCommand },
    lock: { ...PACK_HELP.lock, takes: [], run: lockCommand },
    verify: { ...PACK_HELP.verify, takes: ['key', 'json'], run: verifyCommand },
    sign: { ...PACK_HELP.sign, takes: ['key'], run: signCommand },
    accept: { ...PACK_HELP.accept, takes: ['list', 'json'], run: acceptCommand },
  },
};

export async function packCommand(args: readonly string[], io: CliIo): Promise<number> {
  const chosen = subcommand(FAMILY, args, io);
  if (chosen.kind === 'answered') return chosen.code;
  const { name, command } = chosen;
  const parsed = parseArguments(`pack ${name}`, chosen.rest, OPTIONS, command.takes);
  if (!parsed.ok) return fail(io, parsed.problem);
  const { json = false, list = false, rule, out, key } = parsed.values;
  const run = async () => await command.run({ paths: parsed.rest, json, list, rule, out, key }, io);
  // What a person does at a terminal is no write of an unknown process; what an agent's shell starts stays one.
  const folder =
    name === 'add'
      ? (out ?? PACKS_FOLDER)
      : name === 'lock' || name === 'sign'
        ? (parsed.rest[0] ?? PACKS_FOLDER)
        : name === 'new'
          ? watchedFolder(out, io)
          : undefined;
  if (folder === undefined || !isExplained(true, false, io)) return await run();
  return await recordingWrites(`countersign pack ${name}`, resolve(io.cwd, folder), run, io);
}

/** A new pack is watched only where packs are asked. */
function watchedFolder(out: string | undefined, { cwd }: CliIo): string | undefined {
  const inside = relative(resolve(cwd, PACKS_FOLDER), resolve(cwd, out ?? '.'));
  return inside.startsWith('..') || isAbsolute(inside) ? undefined : out;
}
