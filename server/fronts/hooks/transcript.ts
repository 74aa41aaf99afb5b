import { createHash } from 'node:crypto';
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';

/** What the end of a conversation tells of an edit's provenance. */
export type TranscriptFacts = {
  readonly model?: string | undefined;
  readonly version?: string | undefined;
  /** Lower-case hex SHA-256 of the person's last message. */
  readonly prompt?: string | undefined;
};

/** Bytes read from the end; a transcript may be hundreds of megabytes. */
const TAIL = 256 * 1024;

/** Reads the end of a transcript (JSON lines). Tolerant: what cannot be read is simply not known. */
export function transcriptFacts(file: string | undefined): TranscriptFacts {
  if (file === undefined || file.includes('\0')) return {};
  const facts: { model?: string; version?: string; prompt?: string } = {};
  for (const line of tail(file).split('\n').toReversed()) {
    const entry = parsed(line);
    if (entry === undefined) continue;
    if (typeof entry.version === 'string') facts.version ??= short(entry.version);
    if (entry.type === 'assistant' && typeof entry.message?.model === 'string') facts.model ??= short(entry.message.model);
    const prompt = entry.type === 'user' ? spoken(entry.message?.content) : undefined;
    if (prompt !== undefined) facts.prompt ??= createHash('sha256').update(prompt).digest('hex');
    if (facts.version !== undefined && facts.model !== undefined && facts.prompt !== undefined) break;
  }
  return facts;
}

type Entry = { type?: unknown; version?: unknown; message?: { model?: unknown; content?: unknown } | null };

function parsed(line: string): Entry | undefined {
  // The first line of the tail is usually cut: it does not parse.
  if (!line.startsWith('{')) return undefined;
  try {
    const entry: Entry = JSON.parse(line);
    return entry;
  } catch {
    return undefined;
  }
}

/** The person's own words; results of tools come under the same type. */
function spoken(content: unknown): string | undefined {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return undefined;
  const texts = content
    .filter((part): part is { text: string } => part?.type === 'text' && typeof part.text === 'string')
    .map(({ text }) => text);
  return texts.length === 0 ? undefined : texts.join('\n');
}

function tail(file: string): string {
  let handle: number;
  try {
    handle = openSync(file, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  } catch {
    return '';
  }
  try {
    const found = fstatSync(handle);
    if (!found.isFile()) return '';
    const bytes = Buffer.alloc(Math.min(TAIL, found.size));
    const length = readSync(handle, bytes, 0, bytes.length, found.size - bytes.length);
    return bytes.toString('utf8', 0, length);
  } catch {
    return '';
  } finally {
    closeSync(handle);
  }
}

function short(text: string): string {
  return text.slice(0, 100);
}
