import { once } from 'node:events';
import { isTable } from '../../engine/is-table.ts';
import type { Finding, Provenance } from '../../engine/types.ts';
import type { CliIo } from './io.ts';
import { judgeEdit, type JudgingSetting } from './judged.ts';

/** Bytes of one line; a longer one is answered with an error and skipped. */
const LONGEST_LINE = 64 * 1024 * 1024;

export type BatchSetting = JudgingSetting & { readonly provenance: Provenance };

/**
 * Judges edits from standard input (JSON lines) one at a time, and answers each before the next is read. Waits for a slow
 * reader. Exit code 0 when every line was judged, 3 when one could not be read.
 */
export async function judgeBatch(io: CliIo, setting: BatchSetting): Promise<number> {
  let number = 0;
  let bad = 0;
  for await (const line of lines(io.stdin)) {
    number += 1;
    if (line !== undefined && line.trim() === '') continue;
    const answer =
      line === undefined ? { id: null, line: number, error: 'This line is longer than 64 MB. Split it.' } : answerTo(line, number, setting);
    if ('error' in answer) bad += 1;
    if (!io.stdout.write(`${JSON.stringify(answer)}\n`)) await once(io.stdout, 'drain');
  }
  return bad === 0 ? 0 : 3;
}

type Refused = { readonly id: unknown; readonly line: number; readonly error: string };

function answerTo(line: string, number: number, setting: BatchSetting): object | Refused {
  let raw: unknown;
  try {
    raw = JSON.parse(line.replace(/^\uFEFF/, ''));
  } catch (error) {
    return { id: null, line: number, error: `This line is not valid JSON: ${error instanceof Error ? error.message : String(error)}` };
  }
  if (!isTable(raw)) {
    return { id: null, line: number, error: 'This line is not a JSON object. Send {"id", "path", "before", "after"}.' };
  }
  const { id = null, path, before, after } = raw;
  if (typeof path !== 'string' || path === '')
    return { id, line: number, error: '"path" is missing or no text. Name the file that the texts belong to.' };
  if (!isText(before))
    return { id, line: number, error: '"before" is no text. Send the whole file as a string, or null when there is none.' };
  if (!isText(after))
    return { id, line: number, error: '"after" is no text. Send the whole file as a string, or null when there is none.' };
  try {
    const edit = { path, before: before ?? '', after: after ?? '', provenance: setting.provenance };
    const { findings, ...judged } = judgeEdit(edit, setting);
    return { id, ...judged, findings: findings.map(reported) };
  } catch (error) {
    return { id, line: number, error: `This edit could not be judged: ${error instanceof Error ? error.message : String(error)}` };
  }
}

function reported({ rule, severity, confidence, consequence, witness, ranges, fingerprint, ...more }: Finding): object {
  return { rule, severity, confidence, consequence, witness: witness ?? null, ranges, fingerprint, ...more };
}

function isText(value: unknown): value is string | null | undefined {
  return typeof value === 'string' || value === null || value === undefined;
}

/** Lines as they arrive; undefined for one that is too long. A last line without a line break counts. */
async function* lines(input: NodeJS.ReadableStream): AsyncGenerator<string | undefined> {
  let parts: Buffer[] = [];
  let size = 0;
  for await (const chunk of input) {
    let rest = Buffer.from(chunk);
    for (let end = rest.indexOf(10); end !== -1; end = rest.indexOf(10)) {
      yield size + end > LONGEST_LINE ? undefined : Buffer.concat([...parts, rest.subarray(0, end)]).toString('utf8');
      parts = [];
      size = 0;
      rest = rest.subarray(end + 1);
    }
    size += rest.length;
    // Of a line that is too long only its length is kept.
    if (size > LONGEST_LINE) parts = [];
    else parts.push(rest);
  }
  if (size > 0) yield size > LONGEST_LINE ? undefined : Buffer.concat(parts).toString('utf8');
}
