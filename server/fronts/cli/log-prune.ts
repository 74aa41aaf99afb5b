import { readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { roomFolder } from '../../gate/state-folder.ts';
import { readCursor } from '../../ledger/cursor.ts';
import { KEPT_DAYS, prunable, prune, type Retention } from '../../ledger/prune.ts';
import { parseFlags } from './arguments.ts';
import { dialogueWith, NO_TERMINAL } from './dialogue.ts';
import { type CliIo, fail, say } from './io.ts';
import { signerOf } from './key-signer.ts';
import { ownGate } from './own-places.ts';
import { count } from '../report/report-words.ts';

const HELP = `countersign log prune --before DATE | --keep N [--key FILE]

Deletes the oldest records, and writes one that says up to which, signed with your key: what is left still verifies. Records
about keys stay, and so does everything of the last ${KEPT_DAYS} days. What a sink does not have yet is not deleted.

  --before DATE   records before this time: 2026-05-01
  --keep N        all but the last N records
  --key FILE      the key to sign with: an SSH key, or one that "countersign key new" made (default: your own)

Example:
  countersign log prune --before 2026-01-01

Exit codes: 0 done, or nothing to delete; 1 not wanted, 3 error.
`;

export async function pruneCommand(args: readonly string[], io: CliIo): Promise<number> {
  const parsed = parseFlags('log prune', args, {
    before: { type: 'string' },
    keep: { type: 'string' },
    key: { type: 'string' },
    help: { type: 'boolean', short: 'h' },
  });
  if (!parsed.ok) return fail(io, parsed.problem);
  if (parsed.values.help) return say(io, HELP);
  const retention = retentionOf(parsed.values);
  if (typeof retention === 'string') return fail(io, retention);
  const opened = await ownGate(io, io.cwd, 'countersign log prune');
  if (!opened.ok) return fail(io, opened.problem);
  const { gate } = opened;
  const keysFolder = roomFolder(gate.stateFolder, 'keys');
  const found = await prunable(gate.ledger, keysFolder, retention, io.now(), shippedOf(gate.stateFolder));
  if (!found.ok) return fail(io, found.problem);
  if (found.upTo === 0) return say(io, `Nothing is old enough to be deleted. The last ${KEPT_DAYS} days stay in any case.\n`);
  const dialogue = dialogueWith(io);
  if (dialogue === undefined) return fail(io, NO_TERMINAL);
  try {
    dialogue.tell(`This deletes ${count(found.count, 'record')}, up to record ${found.upTo}, for good.\n`);
    if ((await dialogue.ask('Type "prune" to delete them: '))?.trim() !== 'prune') {
      io.stdout.write('Nothing was deleted.\n');
      return 1;
    }
    const own = await signerOf(
      parsed.values.key === undefined ? undefined : resolve(io.cwd, parsed.values.key),
      gate.stateFolder,
      io,
      dialogue,
    );
    if (typeof own === 'string') return fail(io, own);
    dialogue.close();
    const why = retention.kind === 'before' ? `before ${retention.time.toISOString()}` : `all but the last ${retention.records}`;
    const done = await prune(gate.ledger, keysFolder, found.upTo, own.signer, `Pruned: ${why}`);
    return done.ok
      ? say(io, `${count(done.deleted, 'record')} ${done.deleted === 1 ? 'is' : 'are'} deleted. The log verifies from here on.\n`)
      : fail(io, done.problem);
  } finally {
    dialogue.close();
  }
}

function retentionOf({ before, keep }: { before?: string | undefined; keep?: string | undefined }): Retention | string {
  if ((before === undefined) === (keep === undefined)) return 'Give --before DATE or --keep N, one of them.';
  if (before !== undefined) {
    const time = new Date(before);
    return Number.isNaN(time.getTime()) ? `--before takes a time such as 2026-05-01, not "${before}".` : { kind: 'before', time };
  }
  return /^\d{1,9}$/.test(keep ?? '') ? { kind: 'keep', records: Number(keep) } : `--keep takes a number, not "${keep}".`;
}

/** The least that any sink has; undefined where none was ever shipped to. */
function shippedOf(stateFolder: string): number | undefined {
  try {
    const folder = join(stateFolder, 'ship');
    const cursors = readdirSync(folder).filter((name) => name.endsWith('.cursor.json'));
    const reached = cursors.map((name) => readCursor(join(folder, name))?.seq ?? 0);
    return reached.length === 0 ? undefined : Math.min(...reached);
  } catch {
    return undefined;
  }
}
