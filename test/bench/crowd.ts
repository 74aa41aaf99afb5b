import type { Scene } from '../fronts/hook-scene.ts';

/** What one call of a crowd must be answered. */
type Expected = 'allow' | 'held';

export type CrowdAnswer = {
  /** Undefined: right, and in time. Else a sentence. */
  readonly wrong: string | undefined;
  readonly milliseconds: number;
};

/** Milliseconds within which an agent must have its answer: the shortest time that any of them waits. */
const LATE = 10_000;

/**
 * Hook calls by several agents at once, each starting its next when the last is answered: edits that pass, edits that are held,
 * harmless commands and files that nobody watches, in turn, each with a file or text of its own.
 */
export async function crowd(scene: Scene, calls: number, atOnce: number): Promise<readonly CrowdAnswer[]> {
  // So many holds at once would stop the agents, as they should.
  scene.writeUserPolicy('breaker:\n  held: 1000\n  retries: 1000\n');
  const answers: CrowdAnswer[] = [];
  let next = 0;
  const agent = async (): Promise<void> => {
    for (let call = next++; call < calls; call = next++) answers.push(await answered(scene, call));
  };
  // What is compiled is kept by then, as on any day but the first after an update.
  for (; next < KINDS; next++) answers.push(await answered(scene, next));
  await Promise.all(Array.from({ length: atOnce }, agent));
  return answers;
}

async function answered(scene: Scene, call: number): Promise<CrowdAnswer> {
  const { payload, expected } = callOf(scene, call);
  const { code, stdout, stderr, milliseconds } = await scene.hook(payload);
  const said: Expected | undefined = stdout === '' ? 'allow' : /"deny".*Held by Countersign as H-/s.test(stdout) ? 'held' : undefined;
  const wrong =
    code !== 0 || said !== expected
      ? `call ${call} should be ${expected}, and got ${code}: ${stdout}${stderr}`
      : milliseconds > LATE
        ? `call ${call} took ${milliseconds.toFixed(0)} ms`
        : undefined;
  return { wrong, milliseconds };
}

/** Kinds of calls, in turn. */
const KINDS = 4;

function callOf(scene: Scene, call: number): { readonly payload: object; readonly expected: Expected } {
  switch (call % KINDS) {
    case 0:
      scene.write(`src/file-${call}.ts`, 'export const one = 1;\n');
      return { payload: scene.edit(`src/file-${call}.ts`, 'one = 1', 'one = 2'), expected: 'allow' };
    case 1:
      scene.write(`infra/policy-${call}.json`, policyOf(`pass-${call}`));
      return { payload: scene.edit(`infra/policy-${call}.json`, 'Read5"', 'ReadFive"'), expected: 'allow' };
    case 2:
      scene.write(`infra/policy-${call}.json`, policyOf(`hold-${call}`));
      return { payload: scene.edit(`infra/policy-${call}.json`, `arn:aws:s3:::hold-${call}-5/*`, '*'), expected: 'held' };
    default:
      return {
        payload: { ...scene.payload('pre-edit'), tool_name: 'Bash', tool_input: { command: `cat src/file-${call}.ts` } },
        expected: 'allow',
      };
  }
}

function policyOf(name: string): string {
  const Statement = Array.from({ length: 20 }, (_, index) => ({
    Sid: `Read${index}`,
    Effect: 'Allow',
    Action: ['s3:GetObject', 's3:PutObject'],
    Resource: `arn:aws:s3:::${name}-${index}/*`,
  }));
  return `${JSON.stringify({ Version: '2012-10-17', Statement }, null, 2)}\n`;
}
