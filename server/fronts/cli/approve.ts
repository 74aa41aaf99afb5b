import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { readRequest, type ReadRequest } from '../../gate/approval-files.ts';
import { approve, notTakenThere, whyNoApproval } from '../../gate/approvals.ts';
import { openedShared } from '../../gate/digest-key.ts';
import { fingerprintOf } from '../../gate/named-keys.ts';
import { digestOf } from '../../gate/recorded.ts';
import type { LedgerEvent, RecordedFile } from '../../ledger/types.ts';
import { minuteOf } from '../good-until.ts';
import { digestKeyIn } from '../git/objects.ts';
import { openRepository } from '../git/repository.ts';
import { visibleText } from '../visible-text.ts';
import { parseFlags } from './arguments.ts';
import { changedLines } from './confirm.ts';
import { dialogueWith, NO_TERMINAL } from './dialogue.ts';
import { type CliIo, fail, say } from './io.ts';
import { ownGate } from './own-places.ts';
import { signerOf } from './key-signer.ts';

const HELP = `countersign approve FILE [--key FILE] [--show]

Approves what somebody else acknowledged and the policy asks a second person for. FILE is their request, H-….request.json: from
the shared folder that the policy names, or from .countersign/requests of the pull request. Shows what becomes possible, asks
for your reason, and signs with your key; the approval is written beside the request and recorded in your log.

  --key FILE   the key to sign with: an SSH key, or one that "countersign key new" made (default: your own)
  --show       only show what is asked for

You cannot approve what you asked for yourself. The requester's log must trust your key, as the key of another person:
  countersign key trust you.pub --person "Your Name"     (there)

A break-glass is looked at in the same way: your signature says that you have seen it.

Example:
  countersign approve .countersign/requests/H-4K7TQ2ZN.request.json

Exit codes: 0 approved, 1 not wanted, 3 refused or error.
`;

export async function approveCommand(args: readonly string[], io: CliIo): Promise<number> {
  const name = args[0]?.startsWith('-') === false ? args[0] : undefined;
  const parsed = parseFlags('approve', name === undefined ? args : args.slice(1), {
    key: { type: 'string' },
    show: { type: 'boolean' },
    help: { type: 'boolean', short: 'h' },
  });
  if (!parsed.ok) return fail(io, parsed.problem);
  if (parsed.values.help) return say(io, HELP);
  if (name === undefined) return fail(io, 'Name the request to approve: countersign approve H-….request.json');
  const file = resolve(io.cwd, name);
  const read = requestIn(file);
  if (!read.ok) return fail(io, `${name}: ${read.problem}`);
  const request = read.value;
  io.stdout.write(requestText(request, io));
  if (parsed.values.show) return 0;
  const opened = await ownGate(io, io.cwd, 'countersign approve');
  if (!opened.ok) return fail(io, opened.problem);
  const { gate } = opened;
  const dialogue = dialogueWith(io);
  if (dialogue === undefined) return fail(io, NO_TERMINAL);
  try {
    const own = await signerOf(parsed.values.key, gate.stateFolder, io, dialogue);
    if (typeof own === 'string') return fail(io, own);
    const refused = whyNoApproval(request, own.signer.keyId, gate);
    if (refused !== undefined) return fail(io, refused);
    const notTaken = notTakenThere(request, own.signer.keyId);
    if (notTaken !== undefined) dialogue.tell(`\n${visibleText(notTaken)}\n`);
    const reason = await dialogue.ask('\nYour reason, in your own words (nothing ends without one): ');
    if (reason === undefined || reason.trim() === '') {
      io.stdout.write('Nothing was approved.\n');
      return 1;
    }
    dialogue.close();
    const done = await approve(request, file, reason, gate, own.signer);
    if (!done.ok) return fail(io, done.problem);
    const counts = notTaken === undefined ? '' : ' It counts once they have let your key in.';
    return say(
      io,
      `Approved under your name, in ${done.file}. Let it travel back to who asked.${counts}${done.note === undefined ? '' : ` ${done.note}`}\n`,
    );
  } finally {
    dialogue.close();
  }
}

function requestIn(file: string): ReturnType<typeof readRequest> {
  try {
    return readRequest(readFileSync(file));
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    if (code === 'ENOENT' || code === 'ENOTDIR')
      return {
        ok: false,
        problem: 'there is no such file. Name the request, H-….request.json: it lies in the shared folder or in .countersign/requests.',
      };
    return { ok: false, problem: `it cannot be read (${code}). Name a readable file, H-….request.json.` };
  }
}

/** The consequence first, as the requester's engine found it; then who asks, why, and the texts as far as they are known. */
function requestText({ stored, key, texts }: ReadRequest, io: Pick<CliIo, 'cwd'>): string {
  const { event, actor, time } = stored.record;
  const files = filesIn(event, io);
  const lines = [
    ...(event.kind === 'broke-glass' ? ['Glass was broken: this was let through by one person alone.', ''] : []),
    ...files.flatMap(({ findings }) => findings.map(({ severity, consequence }) => `${severity}: ${consequence.replaceAll('`', '')}`)),
    '',
    `Asked by  ${actor.user} on ${actor.host}, ${minuteOf(time)}`,
    `Key       ${fingerprintOf(key.id)}`,
    `Reason    ${event.reason?.text ?? ''}${event.reason?.ticket === undefined ? '' : ` [${event.reason.ticket}]`}`,
    ...(event.provenance?.agent === undefined ? [] : [`Agent     ${event.provenance.agent.name}`]),
    ...(event.kind === 'broke-glass' ? [] : [`Answer by ${minuteOf(event.retryUntil ?? '')}`]),
    `Accepted until ${minuteOf(event.expires ?? '')}`,
    ...files.flatMap(({ path, after }) => {
      const text = texts?.find((one) => one.path === path);
      if (text !== undefined) return ['', path, ...changedLines(text.before, text.after).trimEnd().split('\n')];
      return ['', path, here(resolve(io.cwd, path), after)];
    }),
    '',
  ];
  return `${lines.map((line) => visibleText(line)).join('\n')}\n`;
}

/** Digests of short texts are sealed; whoever has the repository that the request is about can open them. */
function filesIn({ files = [], repository }: LedgerEvent, { cwd }: Pick<CliIo, 'cwd'>): readonly RecordedFile[] {
  if (repository === undefined || files.every(({ keyed }) => keyed === undefined)) return files;
  const opened = openRepository(cwd, process.env, false);
  const key = opened.ok ? digestKeyIn(opened.repository, repository.roots) : undefined;
  return files.map((file) => openedShared(file, key));
}

/** Without texts in the request: is what lies here what was asked for? */
function here(file: string, after: string | undefined): string {
  if (after === undefined)
    return '  The text is short, and recorded under a key of the machine that asked: it cannot be compared here. Read it there.';
  try {
    return digestOf(readFileSync(file, 'utf8')) === after
      ? '  The file here is, letter for letter, what is asked for. Read it.'
      : '  The file here is not what is asked for. Check out the pull request, then ask again.';
  } catch {
    return '  The file is not here. Check out the pull request, then ask again.';
  }
}
