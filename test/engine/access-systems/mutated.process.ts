import { readFileSync } from 'node:fs';
import { randomFrom } from '../../support/random.ts';
import { comparedTexts } from './scene.ts';

// Compares labelled edits with pieces cut out, doubled or swapped: prints what threw, was a fault, or took long.
const [, , file = '', seconds = '10', seed = '1'] = process.argv;
const random = randomFrom(Number(seed));
const rows = readFileSync(file, 'utf8')
  .split('\n')
  .filter((line) => line !== '')
  .map((line) => JSON.parse(line) as { id: string; fileName: string; before: string; after: string });
const mutated = (text: string): string => {
  const [from, length, to] = [random.below(text.length + 1), random.below(40), random.below(text.length + 1)];
  const piece = text.slice(from, from + length);
  if (random.chance(0.4)) return text.slice(0, from) + text.slice(from + length);
  return random.chance(0.5) ? text.slice(0, to) + piece + text.slice(to) : text.replace(/\w+/, piece);
};
const end = Date.now() + Number(seconds) * 1000;
let runs = 0;
let slowest = 0;
while (Date.now() < end) {
  const row = random.pick(rows);
  const [before, after] = [mutated(row.before), mutated(random.chance(0.5) ? row.after : row.before)];
  const start = performance.now();
  const { problems } = comparedTexts(row.fileName, before, after);
  const took = performance.now() - start;
  runs++;
  slowest = Math.max(slowest, took);
  if (problems.length > 0) process.stdout.write(`${row.id} ${JSON.stringify(problems[0])}\n${JSON.stringify({ before, after })}\n`);
}
process.stdout.write(`${runs} runs, slowest ${slowest.toFixed(0)} ms\n`);
