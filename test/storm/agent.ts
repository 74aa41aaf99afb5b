import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { type Answer, answerOf, type Dialect } from './dialects.ts';
import { policyOf, type Promises } from './editor.ts';
import { listened, type Random, type StormScene } from './scene.ts';

/** One of so many calls is killed while it runs. */
const KILLED = 0.25;

/** What the hooks answered their agents, and what the agents then did. */
export type Told = {
  /** Retries that were let through: whose, by which call, to which file. */
  readonly letThrough: { readonly agent: string; readonly call: string; readonly path: string }[];
  /** Holds that an agent was told of. */
  readonly holds: Set<string>;
  /** Answers that no agent knows, and denials or permissions that should not be. */
  readonly wrong: string[];
  readonly denied: Map<string, number>;
  answers: number;
  killed: number;
};

/** Files for each agent, written before the storm and put back after each round. */
export const FILES = 12;
export const BEFORE = '        "AWS": "arn:aws:iam::447109320118:role/app-reader"';
const OPENED = '        "AWS": "*"';

export function fileOf({ id }: Dialect, number: number): string {
  return `infra/${id}-${number % FILES}.json`;
}

/** An agent at work until told to stop: harmless edits, files nobody watches, and risky edits that it retries once a person acknowledged them. */
export async function agentAtWork(
  dialect: Dialect,
  scene: StormScene,
  random: Random,
  told: Told,
  promises: Promises,
  until: () => boolean,
): Promise<void> {
  let calls = 0;
  /** Milliseconds that a call takes here, so that a slow machine is stormed as well as a fast one. */
  let usual = 500;
  const name = (): string => `${dialect.id}-call-${(calls += 1)}`;
  const ask = async (payload: object): Promise<Answer> => {
    const child = scene.start('hook.js', [dialect.id]);
    const { ended } = listened(child);
    child.stdin?.end(JSON.stringify({ cwd: scene.workspace, ...payload }));
    const began = performance.now();
    const kill = random() < KILLED ? setTimeout(() => child.kill('SIGKILL'), random() * usual * 1.2) : undefined;
    const answer = answerOf(dialect, await ended);
    clearTimeout(kill);
    told.answers += 1;
    if (answer.kind === 'none') told.killed += 1;
    else usual = usual * 0.8 + (performance.now() - began) * 0.2;
    if (answer.kind === 'foreign') told.wrong.push(answer.what);
    if (answer.kind === 'deny') count(told.denied, answer.reason.replace(/H-[0-9A-Z]{8}.*/s, 'H-…').slice(0, 160));
    return answer;
  };

  for (let round = 0; !until(); round++) {
    const path = fileOf(dialect, round);
    const file = join(scene.workspace, path);
    const whole = policyOf(`${dialect.id}-${round % FILES}`, false);
    if (random() < 0.2) {
      const answer = await ask(dialect.before(name(), file, '      "Sid": "Read",', '      "Sid": "Fetch",', whole));
      if (answer.kind === 'deny' && /Held by Countersign/.test(answer.reason)) told.wrong.push(`held without a reason: ${answer.reason}`);
      continue;
    }
    if (random() < 0.15) {
      const plain = join(scene.workspace, 'src', 'main.ts');
      const answer = await ask(dialect.before(name(), plain, 'export const one = 1;', 'export const one = 2;', 'export const one = 1;\n'));
      if (answer.kind === 'deny' && !/took longer/.test(answer.reason)) told.wrong.push(`a file nobody watches: ${answer.reason}`);
      continue;
    }
    const first = name();
    const attempt = await ask(dialect.before(first, file, BEFORE, OPENED, whole));
    if (attempt.kind === 'allow') told.letThrough.push({ agent: dialect.id, call: first, path });
    const hold = attempt.kind === 'deny' ? /Held by Countersign as (H-[0-9A-Z]{8})/.exec(attempt.reason)?.[1] : undefined;
    if (hold === undefined) continue;
    told.holds.add(hold);
    const acknowledged = (): number => [...promises.acknowledged.values()].filter((held) => held === hold).length;
    const known = acknowledged();
    for (let waited = 0; waited < 8000 && acknowledged() === known && !until(); waited += 25) await pause(25);
    const retry = name();
    const payload = dialect.before(retry, file, BEFORE, OPENED, whole);
    // Two hooks may be set up for one call: they get one answer. Without a name of the call they cannot know that they are one.
    const twin = dialect.id !== 'gemini-cli' && random() < 0.3;
    const answers = await Promise.all(twin ? [ask(payload), ask(payload)] : [ask(payload)]);
    // An agent goes on only where every hook lets it.
    if (!answers.every(({ kind }) => kind === 'allow')) {
      if (answers.some(({ kind }) => kind === 'allow')) told.letThrough.push({ agent: dialect.id, call: retry, path });
      continue;
    }
    told.letThrough.push({ agent: dialect.id, call: retry, path });
    scene.write(path, whole.replace(BEFORE, OPENED));
    const after = await ask(dialect.after(retry, file, BEFORE, OPENED, whole));
    if (after.kind === 'deny') told.wrong.push(`${dialect.id}: denied after the fact: ${after.reason}`);
    await pause(random() * 400);
    scene.write(path, whole);
  }
}

function count(table: Map<string, number>, key: string): void {
  table.set(key, (table.get(key) ?? 0) + 1);
}
