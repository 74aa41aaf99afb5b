import { parseArgs } from 'node:util';
import { type CliIo, fail } from './io.ts';
import { subcommand } from './subcommand.ts';
import { acceptCommand } from './pack-accept.ts';
import { addCommand } from './pack-add.ts';
import { docsCommand } from './pack-docs.ts';
import { lintCommand } from './pack-lint.ts';
import { lockCommand, signCommand, verifyCommand } from './pack-lock.ts';
import { newCommand } from './pack-new.ts';
import { testCommand } from './pack-test.ts';

const HELP = `countersign pack <what> [file or folder]

A pack is a set of rules in YAML, with their tests beside them: data only, no code.

  pack new NAME          write a pack with one rule and its tests, to begin with
  pack test [PATH]       run the tests of a pack; a rule without any fails
  pack lint [PATH]       say what is wrong with a pack, and what should be told better
  pack docs [PATH]       write a page for each rule (--out FOLDER; without it to the terminal)

  pack add SOURCE        copy packs into .countersign/packs: from a folder, a git url#commit, or an npm name
  pack lock [FOLDER]     write down what every file is now (default: .countersign/packs)
  pack verify [FOLDER]   compare with the lock, and with its signature (--key PUBLIC.pem)
  pack sign [FOLDER]     sign the lock (--key PRIVATE.pem, Ed25519)
  pack accept            let the new and stricter rules of an upgrade ask (--list: only show them)

Packs in .countersign/packs are asked as soon as they are locked. A policy names others, and who must have signed them:
  packs:
    - { name: shop-rules, keys: [team.pub.pem] }      # of .countersign/packs, and signed
    - { path: ~/company/packs, keys: [company.pub.pem] }
    - { npm: "@company/rules", keys: [company.pub.pem] }
A pack that cannot be loaded closes the gate on watched files until it is mended; the others stay.

A finding is let pass, for a time and with a reason, by a comment in the line of the finding or alone in the line above:
  # countersign-ignore RULE until 2027-01-31: why this is safe here
or by "ignore:" in a policy (rule, path, reason, until). A comment counts from the edit after the one that brought it.

PATH is a pack, or a folder whose .yaml files are packs. Without it: this folder.

  --json           answer in JSON
  --rule ID        only this rule
  --key FILE       the key of sign and verify, in PEM
  --list           accept: show, and change nothing
  --out FOLDER     where docs, new and add write

Examples:
  countersign pack new shop-rules
  countersign pack test shop-rules.pack.yaml
  countersign pack test packs --rule shop-no-public-bucket
  countersign pack docs packs --out docs/rules
  countersign pack add https://example.com/rules.git#0123456789abcdef0123456789abcdef01234567
  countersign pack sign --key team.pem && countersign pack verify --key team.pub.pem

Exit codes: 0 all is well, 1 a test or a check failed, 3 error.
`;

/** What a subcommand gets: the paths and flags that were given. */
export type PackArguments = {
  readonly paths: readonly string[];
  readonly json: boolean;
  readonly rule: string | undefined;
  readonly out: string | undefined;
  readonly key: string | undefined;
  readonly list: boolean;
};

type PackCommand = (args: PackArguments, io: CliIo) => number | Promise<number>;

const COMMANDS: Readonly<Record<string, PackCommand>> = {
  new: newCommand,
  test: testCommand,
  lint: lintCommand,
  docs: docsCommand,
  add: addCommand,
  lock: lockCommand,
  verify: verifyCommand,
  sign: signCommand,
  accept: acceptCommand,
};

export async function packCommand(args: readonly string[], io: CliIo): Promise<number> {
  const chosen = subcommand({ name: 'pack', help: HELP, commands: COMMANDS }, args, io);
  if (chosen.kind === 'answered') return chosen.code;
  const parsed = flagsOf(chosen.rest);
  return typeof parsed === 'string' ? fail(io, parsed) : await chosen.command(parsed, io);
}

function flagsOf(args: readonly string[]): PackArguments | string {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        json: { type: 'boolean', default: false },
        list: { type: 'boolean', default: false },
        rule: { type: 'string' },
        out: { type: 'string' },
        key: { type: 'string' },
      },
    });
    return { paths: positionals, json: values.json, rule: values.rule, out: values.out, key: values.key, list: values.list };
  } catch (error) {
    return `${error instanceof Error ? (error.message.split('\n', 1)[0] ?? '') : String(error)} countersign pack --help shows what it takes.`;
  }
}
