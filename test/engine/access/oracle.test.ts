import assert from 'node:assert/strict';
import { test } from 'node:test';
import { simulate } from './oracle.ts';
import { expansionsBetween } from './policies.ts';
import { randomFrom } from '../../support/random.ts';
import { randomPair, randomRequest, type Shape } from './random-policies.ts';

// Random pairs of policies against an independent simulator. The short run is part of every test run; the long one:
//   ORACLE_PAIRS=10000 ORACLE_SEED=7 node --test out/test/engine/access/oracle.test.mjs
const pairs = Number(process.env['ORACLE_PAIRS'] ?? 160);
const seed = Number(process.env['ORACLE_SEED'] ?? 20_260_101);
const samples = Number(process.env['ORACLE_SAMPLES'] ?? 10);

for (const shape of ['identity', 'resource'] as const) {
  test(`no ${shape} expansion is missed and every witness is confirmed`, async (t) => {
    const count = { pairs: 0, expansions: 0, proved: 0, newlyAllowed: 0, slowest: 0 };
    for (let i = 0; i < Math.ceil(pairs / 2); i++) {
      const own = seed + i * 2 + (shape === 'identity' ? 0 : 1);
      const failure = await checkPair(shape, own, count);
      assert.equal(failure, undefined, `seed ${own} (${shape}): ${failure}`);
    }
    t.diagnostic(`${shape}: ${JSON.stringify(count)}, seed ${seed}`);
    assert.ok(count.proved > 0 && count.newlyAllowed > 0, 'the run saw no expansion, so it tested nothing');
  });
}

async function checkPair(
  shape: Shape,
  seed: number,
  count: Record<string, number> & { pairs: number; slowest: number; expansions: number; proved: number; newlyAllowed: number },
): Promise<string | undefined> {
  const random = randomFrom(seed);
  const { before, after } = randomPair(random, shape);
  const started = performance.now();
  const { expansions, problems } = expansionsBetween(JSON.stringify(before), JSON.stringify(after));
  count.slowest = Math.max(count.slowest, Math.round(performance.now() - started));
  count.pairs++;
  count.expansions += expansions.length;
  const story = (what: string): string =>
    `${what}\n before ${JSON.stringify(before)}\n after ${JSON.stringify(after)}\n found ${JSON.stringify(expansions.map(({ witness, certainty, cause, actions }) => ({ cause, certainty, witness, actions: actions.length })))}`;
  if (problems.length > 0) return story(`problems ${JSON.stringify(problems)}`);

  for (const { certainty, witness, futureActions, assumesOtherAllow, actions } of expansions) {
    if (certainty !== 'proved') {
      if (assumesOtherAllow) continue;
      return story(`certainty ${certainty}`);
    }
    count.proved++;
    // The simulator knows only the actions of the catalogue.
    if (actions.length === 0 && futureActions.length > 0) continue;
    const request = { ...witness, context: witness.context };
    let confirmed = false;
    const answers: unknown[] = [];
    for (const footing of shape === 'identity' ? (['own-policy'] as const) : (['own-policy', 'no-own-policy'] as const)) {
      const was = await simulate(before, request, shape, footing);
      const is = await simulate(after, request, shape, footing);
      answers.push(footing, was, is);
      if (was === 'denied' && is === 'allowed') confirmed = true;
    }
    if (!confirmed) return story(`witness not confirmed ${JSON.stringify(witness)} ${JSON.stringify(answers)}`);
  }

  const told = new Set(expansions.flatMap(({ actions }) => actions.map((action) => action.toLowerCase())));
  for (let i = 0; i < samples; i++) {
    const request = randomRequest(random, shape);
    for (const footing of shape === 'identity' ? (['own-policy'] as const) : (['own-policy', 'no-own-policy'] as const)) {
      if ((await simulate(after, request, shape, footing)) !== 'allowed') continue;
      if ((await simulate(before, request, shape, footing)) !== 'denied') continue;
      count.newlyAllowed++;
      if (!told.has(request.action.toLowerCase())) return story(`missed ${JSON.stringify(request)} (${footing})`);
    }
  }
  return undefined;
}
