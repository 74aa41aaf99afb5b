/**
 * Stops an agent by itself: when it draws too many held or forbidden edits in a window, tries again around a denial, or edits
 * Countersign's own files. Looked at only where something was held or forbidden, so that what passes pays nothing.
 */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { governedBy } from '../engine/read/governed-path.ts';
import type { Finding } from '../engine/types.ts';
import { OUTSIDE_DECLARATION } from './agent-limits.ts';
import { haltByBreaker } from './halt.ts';
import { createWholeAside } from './aside-file.ts';
import { digestOf, recordable, recordedProvenance } from './recorded.ts';
import { forgetRefusalsOf, keepRefusal, type Refusal } from './refusals.ts';
import { removeIfThere } from './small-file.ts';
import { ensureRoom, roomFolder } from './state-folder.ts';
import { readTrip, type Trip, tripFile } from './tripped.ts';
import type { GateContext, Hold } from './types.ts';

/**
 * After an agent's suggestion was held or forbidden: trips the breaker where the policy says so. Gives the cause when this
 * very refusal made it trip. Never throws: the refusal stands whatever becomes of this.
 */
export async function afterRefusal(hold: Hold, context: GateContext): Promise<string | undefined> {
  const { channel, certainty, agent } = hold.provenance;
  // What a person types, pastes or accepts is theirs; a write to disk has no agent that could be stopped.
  if (certainty === 'human' || agent === undefined || (channel !== 'hook' && channel !== 'tool')) return undefined;
  try {
    const refusal = refusalOf(hold, context.now());
    const others = await keepRefusal(refusal, context);
    const found = ownFiles(hold) ?? retryAround(refusal, others, context) ?? tooMany(refusal, others, context);
    return found === undefined ? undefined : await trip(found, hold, context);
  } catch {
    return undefined;
  }
}

/** A person accepted what this hold opens: it counts no longer, and a retry around it is settled. Never throws. */
export async function settle(hold: Hold, context: GateContext): Promise<void> {
  try {
    const agent = hold.provenance.agent?.name;
    if (agent === undefined) return;
    forgetRefusalsOf(context.stateFolder, hold.id);
    const found = readTrip(context.stateFolder, agent);
    if (found === undefined || (found.why !== 'retry' && found.why !== 'own-files') || !found.holds.includes(hold.id)) return;
    const appended = await context.ledger.append({
      kind: 'resumed',
      hold: hold.id,
      provenance: recordedProvenance(hold.provenance, context.stateFolder),
      policy: context.policy.digest,
      cause: `A person acknowledged ${hold.id}, around which the breaker had stopped ${recordable(found.agent)}.`,
    });
    if (appended.ok) removeIfThere(tripFile(context.stateFolder, agent));
  } catch {
    // The agent stays stopped until somebody resumes.
  }
}

type Found = Pick<Trip, 'why' | 'cause' | 'holds'>;

async function trip({ why, cause, holds }: Found, hold: Hold, context: GateContext): Promise<string | undefined> {
  const { stateFolder, policy } = context;
  const agent = hold.provenance.agent?.name ?? '';
  const told: Trip = { agent, since: context.now().toISOString(), cause, why, holds };
  ensureRoom(stateFolder, 'tripped');
  // Of several processes exactly one trips, and records it.
  const isFirst =
    policy.breaker.stops === 'all'
      ? await haltByBreaker(`${agent}: ${cause}`, context)
      : await createWholeAside(tripFile(stateFolder, agent), JSON.stringify(told));
  if (!isFirst) return undefined;
  await context.ledger.append({
    kind: 'tripped',
    hold: hold.id,
    workspace: recordable(hold.workspace),
    provenance: recordedProvenance(hold.provenance, context.stateFolder),
    policy: policy.digest,
    cause: recordable(`The breaker stopped ${policy.breaker.stops === 'all' ? 'all agents' : agent}: ${cause}.`),
  });
  return cause;
}

/** Countersign's own files: what decides what is held back at all. */
function ownFiles(hold: Hold): Found | undefined {
  const names = (path: string) => governedBy(path)?.of === 'countersign';
  const touched = hold.edits.find(
    ({ path, before, after, command, assessment }) =>
      (command === undefined && names(path)) ||
      (command ?? []).some((act) => act.kind === 'unread' && act.paths.some(names)) ||
      assessment.findings.some(({ rule }) => rule === 'pack-changed') ||
      losesWiring(path, before, after),
  );
  const state = hold.forbiddenBy?.source.startsWith('built in') === true;
  if (!state && touched === undefined) return undefined;
  const path = touched?.path ?? hold.edits[0]?.path ?? '';
  return { why: 'own-files', cause: `it tried to change Countersign's own files (${shown(path)})`, holds: [hold.id] };
}

/** The lines that make an agent ask Countersign are gone, or others. */
function losesWiring(path: string, before: string, after: string): boolean {
  const governed = governedBy(path);
  if (governed?.of !== 'agent' || !/countersign/i.test(before)) return false;
  const wires = (text: string) =>
    text
      .split('\n')
      .filter((line) => /countersign/i.test(line))
      .map((line) => line.trim().replace(/,$/, ''));
  const left = new Set(wires(after));
  return wires(before).some((line) => !left.has(line));
}

/**
 * The same access by another way, after it was refused. A shell in place of an edit tool, another front, or the same text under
 * another name is a retry around the denial. The same from another session or agent, and the like for another file, may be
 * chance: it counts half.
 */
function retryAround(refusal: Refusal, others: readonly Refusal[], { policy }: GateContext): Found | undefined {
  const way = wayAround(refusal, others);
  if (way === undefined) return undefined;
  const before = others.filter((other) => isSameAgent(refusal, other)).map((other) => wayAround(other, others)?.weight ?? 0);
  if (before.reduce((sum, weight) => sum + weight, way.weight) < policy.breaker.retries) return undefined;
  return {
    why: 'retry',
    cause: `it tried again around the denial ${way.other.hold} (${wayOf(refusal, way.other)})`,
    holds: [...new Set([refusal.hold, ...others.filter((other) => weightOf(refusal, other) > 0).map(({ hold }) => hold)])],
  };
}

/** The earlier denial that this one most looks like a way around of. */
function wayAround(refusal: Refusal, others: readonly Refusal[]): { readonly other: Refusal; readonly weight: number } | undefined {
  return others
    .filter((other) => other.when < refusal.when && (other.hold !== refusal.hold || other.means !== refusal.means))
    .map((other) => ({ other, weight: weightOf(refusal, other) }))
    .filter(({ weight }) => weight > 0)
    .toSorted((one, two) => two.weight - one.weight || one.other.when - two.other.when)[0];
}

function weightOf(refusal: Refusal, other: Refusal): 0 | 0.5 | 1 {
  const opensSame = refusal.meanings.some((meaning) => other.meanings.includes(meaning));
  const samePath = refusal.paths.some((path) => other.paths.includes(path));
  const sameText = refusal.texts.some((text) => other.texts.includes(text));
  const sameAgent = isSameAgent(refusal, other);
  const renamed = sameAgent && refusal.agent !== other.agent;
  if (refusal.means !== other.means && (opensSame || samePath) && sameAgent) {
    // From a command to the agent's own edit tool is the way it should go.
    return refusal.means === 'file' && other.means === 'command' ? 0.5 : 1;
  }
  // What calls itself otherwise, and asks for the same again.
  if (opensSame && renamed) return 1;
  if (samePath && opensSame) return sameAgent && refusal.session === other.session ? 0 : 0.5;
  if (samePath) return 0;
  if (sameText && sameAgent) return 1;
  if (!opensSame || isOverlay(refusal, other)) return 0;
  return 0.5;
}

/**
 * A hook is started under the name of its agent. What comes by tools says itself what it is called, in a process of its own: in one
 * workspace, any of its names is the same agent here.
 */
function isSameAgent(refusal: Refusal, other: Refusal): boolean {
  if (refusal.agent === other.agent) return true;
  const workspaces = new Set(other.paths.map(workspaceOf));
  return refusal.means === 'tool' && other.means === 'tool' && refusal.paths.some((path) => workspaces.has(workspaceOf(path)));
}

function workspaceOf(path: string): string {
  return path.slice(0, path.indexOf('\n'));
}

/** The like for each of several environments, in files of one name, is one task. */
function isOverlay(refusal: Refusal, other: Refusal): boolean {
  const names = new Set(other.paths.map((path) => basename(path)));
  return refusal.paths.every((path) => names.has(basename(path)));
}

function wayOf(refusal: Refusal, other: Refusal): string {
  if (refusal.means !== other.means) return { command: 'by a command', tool: 'by another tool', file: 'by another tool' }[refusal.means];
  if (!refusal.paths.some((path) => other.paths.includes(path))) return 'in another file';
  return refusal.agent === other.agent ? 'in another session' : 'by another agent';
}

/** A hold that a person acknowledged counts no longer; one that was discarded does. */
function tooMany(refusal: Refusal, others: readonly Refusal[], { stateFolder, policy }: GateContext): Found | undefined {
  const own = others.filter((other) => isSameAgent(refusal, other));
  const ids = new Set([refusal.hold, ...own.map(({ hold }) => hold)]);
  const standing = [...ids].filter((id) =>
    (['holds', 'decided'] as const).some((room) => existsSync(join(roomFolder(stateFolder, room), `${id}.json`))),
  );
  const { held, minutes } = policy.breaker;
  if (standing.length < held) return undefined;
  return { why: 'held', cause: `${standing.length} of its edits were held or forbidden within ${minutes} minutes`, holds: standing };
}

function refusalOf(hold: Hold, now: Date): Refusal {
  const { agent, channel } = hold.provenance;
  const isCommand =
    hold.edits.some(({ command, path }) => command !== undefined || path.startsWith('$ ')) || SHELLS.test(agent?.tool ?? '');
  const unread = hold.edits.flatMap(({ command }) => (command ?? []).flatMap((act) => (act.kind === 'unread' ? act.paths : [])));
  const files = hold.edits.filter(({ path }) => !path.startsWith('$ '));
  return {
    when: now.getTime(),
    agent: agent?.name ?? '',
    session: agent?.session ?? '',
    hold: hold.id,
    means: channel === 'tool' ? 'tool' : isCommand ? 'command' : 'file',
    paths: [...files.map(({ path }) => path), ...unread].map((path) => `${hold.workspace}\n${path}`),
    meanings: [
      ...new Set(hold.edits.flatMap(({ path, assessment }) => assessment.findings.flatMap((finding) => meaningOf(path, finding)))),
    ],
    texts: files.filter(({ after }) => after.trim().length >= TELLING).map(({ after }) => digestOf(after.trim())),
  };
}

/** Characters. Two files with a shorter text are alike by chance. */
const TELLING = 20;

/** Tools that run a command line, in the words of the agents. */
const SHELLS = /bash|shell|exec|terminal|command|cmd\b/i;

/** What becomes possible, without the file it stands in. A name that is that of the file, or of everything, says too little. */
function meaningOf(path: string, { rule, opened, witness }: Finding): readonly string[] {
  const says = rule !== OUTSIDE_DECLARATION && opened.name !== '' && opened.name !== '*' && opened.name !== basename(path);
  if (!says) return [];
  const access = witness === undefined ? [rule] : [witness.principal, witness.action, witness.resource];
  return [
    createHash('sha256')
      .update(JSON.stringify([opened.kind, opened.name, ...access]))
      .digest('hex'),
  ];
}

function shown(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}]/gu, '·').slice(0, 120);
}
