import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Assessment, Edit } from '../engine/types.ts';
import { digestOf } from './recorded.ts';
import { createWholeAside, writeWholeAside } from './aside-file.ts';
import { createWhole, readWhole, removeIfThere, writeWhole } from './small-file.ts';
import { systemWords } from '../ledger/system-words.ts';
import { ensureRoom, roomFolder } from './state-folder.ts';
import type { Hold, Suggestion } from './types.ts';

/** More files than this in the folder are not listed: a person decides one at a time. */
const MOST = 2000;

const HOLD_ID = /^H-[0-9A-HJKMNP-TV-Z]{8}$/;

/** All holds that can be read, worst first by severity, then oldest. Never throws. */
export function listHolds(stateFolder: string): readonly Hold[] {
  return readHolds(stateFolder).holds;
}

/** As `listHolds`, with a sentence for every file that was skipped. */
export function readHolds(stateFolder: string): { readonly holds: readonly Hold[]; readonly problems: readonly string[] } {
  const holds: Hold[] = [];
  const problems: string[] = [];
  for (const name of namesIn(roomFolder(stateFolder, 'holds')).slice(0, MOST)) {
    const id = name.slice(0, -'.json'.length);
    const read = load(stateFolder, id);
    if (read?.ok === true) holds.push(read.hold);
    else if (read !== undefined) problems.push(read.problem);
  }
  return { holds: holds.sort((a, b) => rank(a) - rank(b) || a.created.localeCompare(b.created)), problems };
}

/** One hold; undefined when there is none of that id or its file is not a hold. Never throws. */
export function readHold(stateFolder: string, id: string): Hold | undefined {
  const read = load(stateFolder, id);
  return read?.ok === true ? read.hold : undefined;
}

/** Puts the hold there if there is none of its id. True when this call did: of several processes exactly one. Throws as fs does. */
export function createHold(stateFolder: string, hold: Hold): boolean {
  return createWhole(join(ensureRoom(stateFolder, 'holds'), `${hold.id}.json`), JSON.stringify(hold));
}

/** As createHold, with the disk waited for aside. */
export async function createHoldAside(stateFolder: string, hold: Hold): Promise<boolean> {
  return await createWholeAside(join(ensureRoom(stateFolder, 'holds'), `${hold.id}.json`), JSON.stringify(hold));
}

/** Replaces the hold. Throws as fs does. */
export function writeHold(stateFolder: string, hold: Hold): void {
  writeWhole(join(ensureRoom(stateFolder, 'holds'), `${hold.id}.json`), JSON.stringify(hold));
}

/** As writeHold, with the disk waited for aside. */
export async function writeHoldAside(stateFolder: string, hold: Hold): Promise<void> {
  await writeWholeAside(join(ensureRoom(stateFolder, 'holds'), `${hold.id}.json`), JSON.stringify(hold));
}

/** Nothing where it is not there. */
export function removeHold(stateFolder: string, id: string): void {
  if (isHoldId(id)) removeIfThere(join(roomFolder(stateFolder, 'holds'), `${id}.json`));
}

/** Also what keeps a path out of a file name. */
export function isHoldId(id: string): boolean {
  return HOLD_ID.test(id);
}

/** From workspace, agent, session, paths and what is expanded: the same suggestion, reformatted or not, is the same hold. */
export function holdIdOf(suggestion: Suggestion, assessments: readonly Assessment[]): string {
  const first = suggestion.edits[0]?.provenance;
  const agent = first?.agent;
  const edits = suggestion.edits.map((edit, index) => [edit.path, meaningOf(edit, assessments[index])]);
  // What lies on disk already is withdrawn when it goes from there; the same text as a suggestion waits on.
  const onDisk = first?.channel === 'disk' ? ['disk'] : [];
  const digest = createHash('sha256')
    .update(JSON.stringify([suggestion.workspace, agent?.name ?? '', agent?.session ?? '', edits, ...onDisk]))
    .digest();
  return `H-${crockford(digest)}`;
}

/** Of everything a person is shown in the review: changes when texts, findings or verdict change. */
export function digestOfHold(hold: Hold): string {
  const { id, workspace, verdict, edits } = hold;
  return digestOf(
    JSON.stringify([
      id,
      workspace,
      verdict,
      edits.map(({ path, before, after, assessment }) => [path, before, after, assessment.findings]),
    ]),
  );
}

function load(stateFolder: string, id: string): { ok: true; hold: Hold } | { ok: false; problem: string } | undefined {
  if (!isHoldId(id)) return undefined;
  const file = join(roomFolder(stateFolder, 'holds'), `${id}.json`);
  try {
    const bytes = readWhole(file);
    if (bytes === undefined) return undefined;
    // Only who reads holds pays for the schema.
    const { parseHold }: typeof import('./stored-shapes.ts') = require('./stored-shapes.ts');
    const hold = parseHold(JSON.parse(bytes.toString('utf8')));
    if (hold === undefined || hold.id !== id) return { ok: false, problem: `${file} is not a hold of this version. Remove it.` };
    return { ok: true, hold };
  } catch (error) {
    return { ok: false, problem: `${file} cannot be read: ${systemWords(error)}` };
  }
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
      .filter((name) => name.endsWith('.json') && isHoldId(name.slice(0, -'.json'.length)))
      .sort();
  } catch {
    // No folder yet: nothing was ever held.
    return [];
  }
}

function meaningOf(edit: Edit, assessment: Assessment | undefined): readonly string[] {
  const fingerprints = [...new Set((assessment?.findings ?? []).map((finding) => finding.fingerprint))].sort();
  return fingerprints.length > 0 ? fingerprints : [digestOf(edit.after)];
}

function rank(hold: Hold): number {
  const order = ['critical', 'high', 'medium', 'low', 'info'];
  return Math.min(
    order.length,
    ...hold.edits.flatMap(({ assessment }) => assessment.findings.map(({ severity }) => order.indexOf(severity))),
  );
}

/** Eight characters, forty bits. */
function crockford(digest: Buffer): string {
  const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
  let bits = digest.readUIntBE(0, 5);
  let out = '';
  for (let index = 0; index < 8; index++) {
    out = `${alphabet[bits % 32] ?? ''}${out}`;
    bits = Math.floor(bits / 32);
  }
  return out;
}
