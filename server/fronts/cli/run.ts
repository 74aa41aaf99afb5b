import { join } from 'node:path';
import { version } from '../../../package.json';
import { systemWords } from '../../ledger/system-words.ts';
import { AGENTS } from '../hooks/agents.ts';
import { acknowledgeCommand, breakGlassCommand } from './acknowledge.ts';
import { agentsCommand } from './agents.ts';
import { approveCommand } from './approve.ts';
import { backtestCommand } from './backtest.ts';
import { checkCommand } from './check.ts';
import { demoCommand } from './demo.ts';
import { doctorCommand } from './doctor.ts';
import { haltCommand, resumeCommand } from './halt.ts';
import { holdsCommand } from './holds.ts';
import { initCommand } from './init.ts';
import { type CliIo, ERROR, fail, say } from './io.ts';
import { keyCommand } from './key.ts';
import { logCommand } from './log.ts';
import { mcpCommand } from './mcp.ts';
import { nearest } from './nearest.ts';
import { packCommand } from './pack.ts';
import { redteamCommand } from './redteam.ts';
import { reportCommand } from './report.ts';
import { rollbackCommand } from './rollback.ts';
import { policyCommand } from './policy.ts';
import { reviewCommand } from './review.ts';

const HELP = `Countersign: no risky agent edit lands without a countersignature.

  countersign review    say what an edit opens, and what the gate would do with it
  countersign check     refuse a commit or pull request that opens something nobody acknowledged
  countersign holds     list the edits that wait for a person
  countersign acknowledge, break-glass   decide a held edit in a terminal, with a key of your own
  countersign approve   be the second person for what somebody else acknowledged
  countersign key       make, trust, replace or revoke the keys that people sign with
  countersign rollback  take an acknowledged edit back, also after later edits
  countersign init      let your agents ask Countersign before each of their edits and commands
  countersign doctor    prove that each agent's hook really fires, and say what is not covered
  countersign agents    show what each agent may touch, what it tried, and how that went
  countersign halt      stop every hooked agent at its next tool call; resume lets them go on
  countersign report    say what was held, acknowledged and rolled back; or retell one incident
  countersign log       show, verify, export or ship the log; check what a collector has
  countersign pack      write, test and share rules
  countersign redteam   play ways past the gate against what is installed here
  countersign policy    show what policy is in force and where each setting came from, or check it
  countersign backtest  say what the rules would have held in a repository's history
  countersign hook      what an agent starts before each edit; written into its settings by init
  countersign mcp       a server of tools for agents: propose an edit, check one, ask about a held one
  countersign demo      retell one incident in the terminal, on real input

  countersign <command> --help    more, with examples
  countersign --version

An edit is acknowledged by a person, in the editor's review or with a key in a terminal. There is no flag for it.
`;

const HOOK_HELP = `countersign hook <agent>

Reads one hook payload of the agent from standard input, and answers in the agent's own format: go on, or a denial with its
reason. \`countersign init\` writes it into the agent's settings; you need not start it yourself.

Agents: ${AGENTS.map(({ id }) => id).join(', ')}

Looks at edit tools, at shell commands, and at unknown tools that name a watched file.

Example: what would an edit be answered?
  echo '{"hook_event_name":"PreToolUse","tool_name":"Write","cwd":"'"$PWD"'","tool_input":{"file_path":"policy.json","content":"{}"}}' |
    countersign hook claude-code

Exit codes: 0 answered, 2 it failed and the edit is blocked.
`;

type Command = (args: readonly string[], io: CliIo) => Promise<number>;

const COMMANDS: Readonly<Record<string, Command>> = {
  acknowledge: acknowledgeCommand,
  agents: agentsCommand,
  approve: approveCommand,
  'break-glass': breakGlassCommand,
  review: reviewCommand,
  check: checkCommand,
  holds: holdsCommand,
  init: initCommand,
  halt: haltCommand,
  resume: resumeCommand,
  key: keyCommand,
  log: logCommand,
  mcp: mcpCommand,
  pack: packCommand,
  policy: policyCommand,
  redteam: redteamCommand,
  report: reportCommand,
  rollback: rollbackCommand,
  backtest: backtestCommand,
  hook: hookCommand,
  demo: demoCommand,
  doctor: doctorCommand,
};

/** Runs one command line and gives its exit code. Never throws. */
export async function runCli(args: readonly string[], io: CliIo): Promise<number> {
  const [name, ...rest] = args;
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    (name === undefined ? io.stderr : io.stdout).write(HELP);
    return name === undefined ? ERROR : 0;
  }
  if (name === '--version' || name === '-v' || name === 'version') {
    return say(io, `${version}\n`);
  }
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (command === undefined) {
    const guess = nearest(name, Object.keys(COMMANDS));
    const hint = guess === undefined ? 'countersign --help lists the commands.' : `Did you mean: countersign ${guess}`;
    return fail(io, `There is no command "${name}". ${hint}`);
  }
  try {
    return await command(rest, io);
  } catch (error) {
    return fail(io, `countersign ${name} failed: ${systemWords(error)}`);
  }
}

/** The hook is a bundle of its own, so that an agent which starts it directly loads nothing of the command line. */
async function hookCommand(args: readonly string[], io: CliIo): Promise<number> {
  if (args.length === 0 || args.includes('--help') || args.includes('-h')) {
    (args.length === 0 ? io.stderr : io.stdout).write(HOOK_HELP);
    return args.length === 0 ? ERROR : 0;
  }
  const file = join(__dirname, 'hook.js');
  // It answers by itself and ends the process.
  require(file);
  return await new Promise<number>(() => {});
}
