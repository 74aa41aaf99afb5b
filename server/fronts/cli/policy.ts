import { parseArguments } from './arguments.ts';
import { type CliIo, fail, say } from './io.ts';
import { type Family, type Subcommand, subcommand } from './subcommand.ts';
import { checkCommand } from './policy-check.ts';
import { showCommand } from './policy-show.ts';

const ABOUT = `A policy says what the gate does with the edits of agents. Three files count, strongest first:

  organization   /etc/countersign/policy.yaml (macOS: /Library/Application Support/Countersign/policy.yaml,
                 Windows: C:\\ProgramData\\Countersign\\policy.yaml). Only administrators may be able to write it.
  user           ~/.config/countersign/policy.yaml
  workspace      .countersign/policy.yaml

The user may set what the organization has not; a workspace may only tighten. A setting that would loosen has no effect.
`;

const SHOW = `countersign policy show [PATH] [--json] [--workspace DIR]

Every setting that is in force, and the file and line it came from; and what a weaker file tried without effect. With PATH, what
holds for that file.

  --json             answer in JSON
  --workspace DIR    the folder whose policy holds (default: this folder)

Examples:
  countersign policy show
  countersign policy show infra/prod/roles.json

Exit codes: 0 shown, 3 the policy cannot be used, or error.
`;

const CHECK = `countersign policy check [FILE…] [--strict] [--json] [--workspace DIR]

What is wrong with policies, with line, column and remedy; and what in them does nothing: expired ignores, patterns that match
nothing, settings that would loosen. Without FILE, the policies in force here.

A policy that cannot be used closes the gate on watched files. So does an organization's policy that was there and is gone: an
administrator withdraws it by leaving an empty file in its place. A file policy.required beside it says that it must be there.

  --strict           warnings count too
  --json             answer in JSON
  --workspace DIR    the folder whose policy holds (default: this folder)

Examples:
  countersign policy check
  countersign policy check .countersign/policy.yaml --strict

Exit codes: 0 all is well, 1 something is wrong, 3 error.
`;

const SCHEMA = `countersign policy schema

The JSON Schema of a policy, for editors. The extension brings it by itself.

Example:
  countersign policy schema > policy.schema.json
`;

/** What a subcommand gets. */
export type PolicyArguments = {
  readonly paths: readonly string[];
  readonly json: boolean;
  readonly strict: boolean;
  readonly workspace: string | undefined;
};

const OPTIONS = { json: { type: 'boolean' }, strict: { type: 'boolean' }, workspace: { type: 'string' } } as const;

type PolicyCommand = Subcommand & {
  readonly takes: readonly (keyof typeof OPTIONS)[];
  readonly run: (args: PolicyArguments, io: CliIo) => number;
};

const FAMILY: Family<PolicyCommand> = {
  name: 'policy',
  about: ABOUT,
  commands: {
    show: { does: 'every setting in force, and where it came from', help: SHOW, takes: ['json', 'workspace'], run: showCommand },
    check: {
      does: 'what is wrong with policies, and what in them does nothing',
      help: CHECK,
      takes: ['json', 'strict', 'workspace'],
      run: checkCommand,
    },
    schema: { does: 'the JSON Schema of a policy, for editors', help: SCHEMA, takes: ['json'], run: schemaCommand },
  },
};

export async function policyCommand(args: readonly string[], io: CliIo): Promise<number> {
  const chosen = subcommand(FAMILY, args, io);
  if (chosen.kind === 'answered') return chosen.code;
  const { name, command } = chosen;
  const parsed = parseArguments(`policy ${name}`, chosen.rest, OPTIONS, command.takes);
  if (!parsed.ok) return fail(io, parsed.problem);
  const { json = false, strict = false, workspace } = parsed.values;
  return command.run({ paths: parsed.rest, json, strict, workspace }, io);
}

function schemaCommand({ paths }: PolicyArguments, io: CliIo): number {
  if (paths.length > 0) return fail(io, 'policy schema takes no file. countersign policy --help shows what there is.');
  const { policyJsonSchema }: typeof import('../../gate/policy-json-schema.ts') = require('../../gate/policy-json-schema.ts');
  return say(io, `${JSON.stringify(policyJsonSchema(), null, 2)}\n`);
}
