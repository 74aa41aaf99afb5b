import { parseArgs } from 'node:util';
import { type CliIo, fail, say } from './io.ts';
import { nearest } from './nearest.ts';
import { subcommand } from './subcommand.ts';
import { checkCommand } from './policy-check.ts';
import { showCommand } from './policy-show.ts';

const HELP = `countersign policy show [PATH]
countersign policy check [FILE…]
countersign policy schema

A policy says what the gate does with the edits of agents. Three files count, strongest first:

  organization   /etc/countersign/policy.yaml (macOS: /Library/Application Support/Countersign/policy.yaml,
                 Windows: C:\\ProgramData\\Countersign\\policy.yaml). Only administrators may be able to write it.
  user           ~/.config/countersign/policy.yaml
  workspace      .countersign/policy.yaml

The user may set what the organization has not; a workspace may only tighten. A setting that would loosen has no effect.
A policy that cannot be used closes the gate on watched files. So does an organization's policy that was there and is gone:
an administrator withdraws it by leaving an empty file in its place. A file policy.required beside it says that it must be there.

  show      every setting that is in force, and where it came from; with PATH, what holds for this file
  check     what is wrong with policies, and what in them does nothing; without FILE those in force here
  schema    the JSON Schema of a policy, for editors

  --json             answer in JSON
  --workspace DIR    the folder whose policy holds (default: this folder)
  --strict           check: warnings count too

Examples:
  countersign policy show
  countersign policy show infra/prod/roles.json
  countersign policy check .countersign/policy.yaml --strict

Exit codes: 0 all is well, 1 check found something wrong, 3 error (show: the policy cannot be used).
`;

/** What a subcommand gets. */
export type PolicyArguments = {
  readonly paths: readonly string[];
  readonly json: boolean;
  readonly strict: boolean;
  readonly workspace: string | undefined;
};

const COMMANDS: Readonly<Record<string, (args: PolicyArguments, io: CliIo) => number>> = {
  show: showCommand,
  check: checkCommand,
  schema: schemaCommand,
};

export async function policyCommand(args: readonly string[], io: CliIo): Promise<number> {
  const chosen = subcommand({ name: 'policy', help: HELP, commands: COMMANDS }, args, io);
  if (chosen.kind === 'answered') return chosen.code;
  const parsed = argumentsOf(chosen.rest);
  return typeof parsed === 'string' ? fail(io, parsed) : chosen.command(parsed, io);
}

function schemaCommand({ paths }: PolicyArguments, io: CliIo): number {
  if (paths.length > 0) return fail(io, 'policy schema takes no file. countersign policy --help shows what there is.');
  const { policyJsonSchema }: typeof import('../../gate/policy-json-schema.ts') = require('../../gate/policy-json-schema.ts');
  return say(io, `${JSON.stringify(policyJsonSchema(), null, 2)}\n`);
}

function argumentsOf(args: readonly string[]): PolicyArguments | string {
  const options = { json: { type: 'boolean' }, strict: { type: 'boolean' }, workspace: { type: 'string' } } as const;
  try {
    const { values, positionals } = parseArgs({ args: [...args], allowPositionals: true, options });
    return { paths: positionals, json: values.json ?? false, strict: values.strict ?? false, workspace: values.workspace };
  } catch (error) {
    const text = error instanceof Error ? (error.message.split('\n', 1)[0] ?? '') : String(error);
    const given = /Unknown option '-*([^']*)'/.exec(text)?.[1];
    const guess = given === undefined ? undefined : nearest(given, Object.keys(options));
    const hint = guess === undefined ? '' : ` Did you mean --${guess}?`;
    return given === undefined
      ? `${text.replace(/\.?$/, '.')} countersign policy --help shows what it takes.`
      : `There is no flag --${given}.${hint} countersign policy --help shows what it takes.`;
  }
}
