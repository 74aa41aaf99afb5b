import { copyFileSync, linkSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { acknowledge } from '../../gate/decisions.ts';
import { listHolds } from '../../gate/holds.ts';
import { newPersonKey, personSigner, trustKey } from '../../ledger/keys.ts';
import { roomFolder } from '../../gate/state-folder.ts';
import { readAnswer } from './redteam-answer.ts';
import type { RedteamCase, RedteamStep } from './redteam-case.ts';
import { type Installation, OPENED, POLICY, RedteamScene } from './redteam-scene.ts';
import { payloadAfter, payloadOf, type Said } from './redteam-words.ts';
import { count } from '../report/report-words.ts';

export type Played = {
  readonly name: string;
  /** `stopped`: all went as it must. `through`: it got past. `disturbed`: what is harmless was stopped. `beyond`: past, as no local tool could help it. */
  readonly result: 'stopped' | 'through' | 'disturbed' | 'beyond';
  /** What happened where it went another way than it must, one sentence. */
  readonly detail: string;
};

/** Plays one case in a scene of its own, as this agent. Again where the machine was too busy for an answer: that denial judges nothing. */
export async function play(found: RedteamCase, agent: string, installation: Installation): Promise<Played> {
  let played = await once(found, agent, installation);
  for (let i = 0; i < MOST_REPEATS && /took longer than/.test(played.detail); i++) played = await once(found, agent, installation);
  return played;
}

const MOST_REPEATS = 3;

async function once(found: RedteamCase, agent: string, installation: Installation): Promise<Played> {
  const scene = new RedteamScene(installation);
  try {
    prepare(fillAll({ ...found, steps: [] }, scene), scene);
    for (const [index, step] of found.steps.entries()) {
      // Filled only now: an earlier step may have made what it names.
      const wrong = await take(fillAll(step, scene), agent, scene, index);
      if (wrong === undefined) continue;
      const detail = `Step ${index + 1}: ${wrong.what}`;
      if (found.beyond !== undefined && wrong.result === 'through') return { name: found.name, result: 'beyond', detail };
      return { name: found.name, result: wrong.result, detail };
    }
    return { name: found.name, result: 'stopped', detail: '' };
  } catch (error) {
    return {
      name: found.name,
      result: 'through',
      detail: `It could not be played: ${error instanceof Error ? error.message : String(error)}`,
    };
  } finally {
    scene.remove();
  }
}

type Wrong = { readonly result: 'through' | 'disturbed'; readonly what: string };

function prepare({ files = {}, links = {}, hardLinks = {} }: RedteamCase, scene: RedteamScene): void {
  const all = { 'policy.json': POLICY, 'wide.txt': OPENED, ...files };
  for (const [path, text] of Object.entries(all)) writeBelow(scene.fileOf(path), text);
  for (const [name, target] of Object.entries(links)) {
    mkdirSync(dirname(scene.fileOf(name)), { recursive: true });
    symlinkSync(target, scene.fileOf(name));
  }
  for (const [name, target] of Object.entries(hardLinks)) linkSync(scene.fileOf(target), scene.fileOf(name));
}

/** Undefined when the step went as it must. */
async function take(step: RedteamStep, agent: string, scene: RedteamScene, index: number): Promise<Wrong | undefined> {
  if ('put' in step) {
    for (const [path, text] of Object.entries(step.put)) writeBelow(scene.fileOf(path), text);
    return undefined;
  }
  if ('copy' in step) {
    mkdirSync(dirname(scene.fileOf(step.to)), { recursive: true });
    if (step.replace === undefined) copyFileSync(scene.fileOf(step.copy), scene.fileOf(step.to));
    else {
      const replaced = Object.entries(step.replace).reduce(
        (text, [from, to]) => text.replaceAll(from, () => to),
        readFileSync(scene.fileOf(step.copy), 'utf8'),
      );
      writeFileSync(scene.fileOf(step.to), replaced);
    }
    return undefined;
  }
  if ('remove' in step) {
    rmSync(scene.fileOf(step.remove), { recursive: true, force: true });
    return undefined;
  }
  if ('acknowledge' in step) return await acknowledgeAll(scene);
  if ('log' in step) {
    const { code, stdout, stderr } = await scene.cli(['log', 'verify']);
    return (code === 0) === (step.log === 'verifies')
      ? undefined
      : { result: 'through', what: `the log ${code === 0 ? 'verifies' : 'does not verify'}: ${short(stdout + stderr)}` };
  }
  if ('holds' in step) {
    const { length } = listHolds(scene.state);
    return length === step.holds
      ? undefined
      : { result: 'through', what: `${count(length, 'edit')} ${length === 1 ? 'waits' : 'wait'} for a person, not ${step.holds}.` };
  }
  if ('cli' in step) {
    const { code, stdout, stderr } = await scene.cli(step.cli);
    const what = `countersign ${step.cli.join(' ')} ended with ${code}: ${short(stdout + stderr)}`;
    if ((code === 0) !== (step.must === 'passes')) return { result: step.must === 'passes' ? 'disturbed' : 'through', what };
    return step.says === undefined || (stdout + stderr).includes(step.says) ? undefined : { result: 'through', what };
  }
  const ran = await scene.hook(agent, payloadText(step, agent, scene, index), step.env);
  const answer = readAnswer(ran);
  const what = `${nameOf(step)} ${answer.kind === 'passes' ? 'passed' : answer.kind === 'nothing' ? 'got no answer, so the agent goes on' : `was denied: ${short(answer.reason)}`}`;
  if (step.must === 'passes' && answer.kind !== 'passes') return { result: 'disturbed', what };
  if (step.must !== 'passes' && answer.kind !== 'denied') return { result: 'through', what };
  if (step.must === 'held' && answer.kind === 'denied' && !/\bH-[0-9A-Z]{8}\b/.test(answer.reason))
    return { result: 'through', what: `${what} It is not held.` };
  const said = ran.stdout + ran.stderr;
  return step.says === undefined || said.includes(step.says)
    ? undefined
    : { result: 'through', what: `it does not say “${step.says}”: ${short(said)}` };
}

type CallStep = Extract<RedteamStep, { shell: string } | { write: unknown } | { edit: unknown } | { payload: unknown }>;

function payloadText(step: CallStep, agent: string, scene: RedteamScene, index: number): string {
  if ('payload' in step) return typeof step.payload === 'string' ? step.payload : JSON.stringify(step.payload);
  const around = { cwd: scene.workspace, session: step.session ?? 'redteam-1', toolCall: `call-${index}` };
  const said = saidBy(step, scene);
  return JSON.stringify('after' in step && step.after === true ? payloadAfter(said, around) : payloadOf(agent, said, around));
}

function saidBy(step: Exclude<CallStep, { payload: unknown }>, scene: RedteamScene): Said {
  if ('shell' in step) return { kind: 'shell', line: step.shell };
  if ('write' in step) return { kind: 'write', path: step.write.path, content: step.write.content };
  return { kind: 'edit', ...step.edit, text: readIfThere(scene.fileOf(step.edit.path)) };
}

function nameOf(step: CallStep): string {
  if ('shell' in step) return `\`${short(step.shell, 60)}\``;
  if ('write' in step) return `Writing ${short(step.write.path, 60)}`;
  if ('edit' in step) return `Editing ${short(step.edit.path, 60)}`;
  return 'The payload';
}

/** Everything that waits, by a key that is enrolled for this. */
async function acknowledgeAll(scene: RedteamScene): Promise<Wrong | undefined> {
  const gate = await scene.gate();
  const key = newPersonKey();
  const trusted = await trustKey(gate.ledger, roomFolder(scene.state, 'keys'), key.publicKeyPem);
  if (!trusted.ok) return { result: 'disturbed', what: trusted.problem.message };
  for (const hold of listHolds(scene.state)) {
    const name = hold.edits[0]?.assessment.findings[0]?.opened.name ?? '';
    const done = await acknowledge(
      hold.id,
      {
        reason: { category: 'intended', text: 'Played by the red team, in a folder that is thrown away.' },
        hours: 1,
        confirmation: { text: name, how: 'typed' },
        rollBackLater: false,
      },
      gate,
      personSigner(key.privateKeyPem),
    );
    if (!done.ok)
      return {
        result: 'disturbed',
        what: 'problem' in done ? done.problem : `Still needed: ${done.missing.map(({ what }) => what).join(', ')}.`,
      };
  }
  return undefined;
}

/** Puts the scene's places into every text of a value, names of fields included. */
function fillAll<T>(value: T, scene: RedteamScene): T {
  const places = scene.places();
  const text = JSON.stringify(value).replace(/\{\{(\w+)\}\}/g, (whole, name: string) => {
    const place = places[name]?.();
    return place === undefined ? whole : JSON.stringify(place).slice(1, -1);
  });
  const filled: T = JSON.parse(text);
  return filled;
}

function writeBelow(file: string, text: string): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}

function readIfThere(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

function short(text: string, most = 200): string {
  const flat = text.replace(/\s+/g, ' ').trim();
  return flat.length > most ? `${flat.slice(0, most - 1)}…` : flat;
}
