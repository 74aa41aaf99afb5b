import { readFileSync, statSync } from 'node:fs';
import { isAbsolute, relative, resolve, sep } from 'node:path';
import { loadPolicy } from '../../gate/policy.ts';
import { realFolder } from '../../gate/state-folder.ts';
import { parseFlags } from './arguments.ts';
import { judgeBatch } from './batch.ts';
import { type CliIo, fail, say } from './io.ts';
import { ownPlaces } from './own-places.ts';
import { type JudgedEdit, judgeEdit, provenanceFor, workspaceOf } from './judged.ts';
import { judgedText } from './judged-text.ts';
import { sarifLog } from './sarif.ts';

const HELP = `countersign review --before FILE --after FILE [--path PATH] [--format text|json|sarif]
countersign review --batch -

Says what an edit opens and what the gate would do with it. Nothing is written, held or logged.

  --before FILE    the text before; - reads standard input
  --after FILE     the text after; - reads standard input
  --path PATH      where the text belongs, as the policy sees it (default: the path of --after, or of --before)
  --workspace DIR  the folder whose policy holds and which paths are relative to (default: this folder)
  --format FORMAT  text, json, or sarif (2.1.0)
  --agent NAME     take it for an edit of this agent (default: of an unnamed agent)
  --human          take it for an edit typed by a person: shown, never held
  --batch -        read edits from standard input, one JSON document a line:
                     {"id": …, "path": "policy.json", "before": "text or null", "after": "text or null"}
                   and answer each with one line, in order:
                     {"id", "verdict", "severity", "findings": […], "problems": […]}
                   A line that cannot be read is answered with {"id", "line", "error"}, and the next one is read.

Verdicts: allow, note (shown only), acknowledge (held for a person), approve (and for a second one), forbid, closed (could not be read on a watched path).

Examples:
  countersign review --before old.json --after new.json --path infra/bucket-policy.json
  git show HEAD:policy.json | countersign review --before - --after policy.json
  countersign review --before old.json --after new.json --format sarif > countersign.sarif
  countersign review --batch - < edits.jsonl > verdicts.jsonl

Exit codes: 0 allow or note, 1 held, 2 forbidden, 3 error or closed.
With --batch: 0 every line was judged (the verdicts are in the answers), 3 a line could not be read.
`;

const EXIT: Readonly<Record<JudgedEdit['verdict'], number>> = { allow: 0, note: 0, acknowledge: 1, approve: 1, forbid: 2, closed: 3 };

export async function reviewCommand(args: readonly string[], io: CliIo): Promise<number> {
  const parsed = parseFlags('review', args, {
    before: { type: 'string' },
    after: { type: 'string' },
    path: { type: 'string' },
    workspace: { type: 'string' },
    format: { type: 'string', default: 'text' },
    agent: { type: 'string' },
    human: { type: 'boolean' },
    batch: { type: 'string' },
    help: { type: 'boolean', short: 'h' },
  });
  if (!parsed.ok) return fail(io, parsed.problem);
  const flags = parsed.values;
  if (flags.help) return say(io, HELP);
  const { format } = flags;
  if (format !== 'text' && format !== 'json' && format !== 'sarif') return fail(io, `--format is text, json or sarif, not "${format}".`);
  if (flags.human && flags.agent !== undefined) return fail(io, '--agent and --human exclude each other. Give one of them.');

  const workspace = workspaceOf(flags.workspace, io.cwd);
  const { state, userPolicy } = ownPlaces(io);
  const policy = loadPolicy(workspace, userPolicy, { stateFolder: realFolder(state) });
  if (!policy.ok) return fail(io, policy.problem);
  const setting = {
    workspace,
    policy: policy.policy,
    state,
    now: io.now,
    provenance: provenanceFor(flags),
  };

  if (flags.batch !== undefined) {
    if (flags.batch !== '-') return fail(io, '--batch reads standard input: write --batch - and send the lines there.');
    if (flags.before !== undefined || flags.after !== undefined)
      return fail(io, '--batch takes its edits from standard input: leave --before and --after out.');
    return await judgeBatch(io, setting);
  }
  if (flags.before === undefined || flags.after === undefined) {
    return fail(io, `${flags.before === undefined ? '--before' : '--after'} FILE is missing. countersign review --help shows examples.`);
  }
  if (flags.before === '-' && flags.after === '-') return fail(io, 'Only one of --before and --after can be standard input (-).');
  const path = pathOf(flags.path, flags.after, flags.before, workspace, io.cwd);
  if (path === undefined) return fail(io, '--path PATH is missing: with standard input alone there is no name to judge by.');
  const before = await readSide('--before', flags.before, io);
  if (!before.ok) return fail(io, before.problem);
  const after = await readSide('--after', flags.after, io);
  if (!after.ok) return fail(io, after.problem);

  const edit = { path, before: before.text, after: after.text, provenance: setting.provenance };
  const judged = judgeEdit(edit, setting);
  const output = {
    text: () => judgedText(path, judged),
    json: () => `${JSON.stringify({ path, ...judged }, null, 2)}\n`,
    sarif: () => `${JSON.stringify(sarifLog([{ path, judged }]), null, 2)}\n`,
  };
  io.stdout.write(output[format]());
  return EXIT[judged.verdict];
}

/** The path given, else that of the file on disk, relative to the workspace where it is inside. */
function pathOf(given: string | undefined, after: string, before: string, workspace: string, cwd: string): string | undefined {
  if (given !== undefined) return given;
  const file = after === '-' ? before : after;
  if (file === '-') return undefined;
  const inside = relative(workspace, resolve(cwd, file));
  const path = inside.startsWith(`..${sep}`) || isAbsolute(inside) ? resolve(cwd, file) : inside;
  return sep === '\\' ? path.replaceAll('\\', '/') : path;
}

type Side = { readonly ok: true; readonly text: string } | { readonly ok: false; readonly problem: string };

async function readSide(flag: string, file: string, io: CliIo): Promise<Side> {
  if (file === '-') {
    const chunks: Buffer[] = [];
    for await (const chunk of io.stdin) chunks.push(Buffer.from(chunk));
    return { ok: true, text: Buffer.concat(chunks).toString('utf8') };
  }
  const path = resolve(io.cwd, file);
  try {
    if (statSync(path).isDirectory()) return { ok: false, problem: `${flag}: ${file} is a folder. Name a file.` };
    return { ok: true, text: readFileSync(path, 'utf8') };
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT') {
      return {
        ok: false,
        problem: `${flag}: there is no file ${file}. Check the name, or use /dev/null for a file that does not exist on that side.`,
      };
    }
    return { ok: false, problem: `${flag}: ${file} cannot be read (${String(code ?? error)}). Check its permissions.` };
  }
}
