import { createHash } from 'node:crypto';
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { type Fields, fieldsIn, isFields, textIn } from './fields.ts';

/** What a conversation tells of an edit's provenance. */
export type TranscriptFacts = {
  readonly model?: string | undefined;
  readonly version?: string | undefined;
  /** Lower-case hex SHA-256 of the person's last message. */
  readonly prompt?: string | undefined;
};

/** Bytes read from either end; a transcript may be hundreds of megabytes. */
const END = 256 * 1024;
/** Bytes of a transcript that is one JSON document (Gemini CLI): a larger one is not read. */
const WHOLE = 4 * 1024 * 1024;

/**
 * Reads the end of a transcript, and its beginning for what only stands there. JSON lines of Claude Code, Qwen Code, Codex CLI,
 * Copilot, VS Code and Cursor; the one document of Gemini CLI. Tolerant: what cannot be read is simply not known.
 */
export function transcriptFacts(file: string | undefined): TranscriptFacts {
  if (file === undefined || file.includes('\0')) return {};
  const ends = read(file);
  const facts: { model?: string; version?: string; prompt?: string } = {};
  const take = (entry: Fields): boolean => {
    const { model, version, prompt } = factsOf(entry);
    if (model !== undefined) facts.model ??= short(model);
    if (version !== undefined) facts.version ??= short(version);
    if (prompt !== undefined) facts.prompt ??= promptDigest(prompt);
    return facts.version !== undefined && facts.model !== undefined && facts.prompt !== undefined;
  };
  for (const entry of entriesBackwards(ends.tail, ends.isWhole)) if (take(entry)) return facts;
  // Later entries of the beginning are closer to now than earlier ones; the last message is not there.
  const known = facts.prompt;
  for (const line of ends.head.split('\n').toReversed()) {
    const entry = parsed(line);
    if (entry !== undefined && take(entry)) break;
  }
  return { ...facts, prompt: known };
}

/** Lower-case hex SHA-256. The text itself is kept nowhere. */
export function promptDigest(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

type Said = { readonly model?: string | undefined; readonly version?: string | undefined; readonly prompt?: string | undefined };

/** One entry, whoever wrote it. */
function factsOf(entry: Fields): Said {
  const type = textIn(entry, 'type', 'role') ?? '';
  const payload = fieldsIn(entry, 'payload');
  if (payload !== undefined) return ofCodex(type, payload);
  const data = fieldsIn(entry, 'data');
  if (data !== undefined && type.includes('.')) return ofCopilot(type, data);
  const message = fieldsIn(entry, 'message');
  const model = type === 'assistant' || type === 'gemini' ? (textIn(message ?? {}, 'model') ?? textIn(entry, 'model')) : undefined;
  const isPrompt = type === 'user' && entry['isMeta'] !== true;
  return {
    model,
    version: textIn(entry, 'version'),
    prompt: isPrompt ? spoken(message?.['content'] ?? message?.['parts'] ?? entry['content']) : undefined,
  };
}

function ofCodex(type: string, payload: Fields): Said {
  if (type === 'session_meta') return { version: textIn(payload, 'cli_version') };
  if (type === 'turn_context') return { model: textIn(payload, 'model') };
  if (type === 'event_msg' && payload['type'] === 'user_message') return { prompt: textIn(payload, 'message') };
  const text = type === 'response_item' && payload['role'] === 'user' ? spoken(payload['content']) : undefined;
  // What Codex itself puts before the person's words comes under the same name.
  return text === undefined || /^\s*(<|# AGENTS\.md)/.test(text) ? {} : { prompt: text };
}

function ofCopilot(type: string, data: Fields): Said {
  if (type === 'session.start' || type === 'session.resume')
    return { version: textIn(data, 'vscodeVersion', 'copilotVersion'), model: textIn(data, 'selectedModel') };
  if (type === 'session.model_change') return { model: textIn(data, 'newModel') };
  if (type === 'user.message') return { prompt: textIn(data, 'content') };
  return type.startsWith('assistant.') || type === 'tool.execution_complete' ? { model: textIn(data, 'model') } : {};
}

/** The person's own words; results of tools come under the same type. */
function spoken(content: unknown): string | undefined {
  if (typeof content === 'string') return content === '' ? undefined : content;
  if (!Array.isArray(content)) return undefined;
  const texts = (content as readonly unknown[]).flatMap((part): readonly string[] => {
    const text = isFields(part) ? part['text'] : undefined;
    const kind = isFields(part) ? part['type'] : undefined;
    return typeof text === 'string' && (kind === undefined || kind === 'text' || kind === 'input_text') ? [text] : [];
  });
  return texts.length === 0 ? undefined : texts.join('\n');
}

function* entriesBackwards(text: string, isWhole: boolean): Generator<Fields> {
  // One document holds its messages in a list; lines are a document each.
  const whole = isWhole && /^\s*\{\s*\n/.test(text) ? parsed(text.trim()) : undefined;
  const messages = whole?.['messages'] ?? whole?.['history'];
  if (Array.isArray(messages)) {
    for (const message of (messages as readonly unknown[]).toReversed()) if (isFields(message)) yield message;
    return;
  }
  for (const line of text.split('\n').toReversed()) {
    const entry = parsed(line);
    if (entry !== undefined) yield entry;
    const inner = entry?.['messages'];
    if (Array.isArray(inner)) for (const message of (inner as readonly unknown[]).toReversed()) if (isFields(message)) yield message;
  }
}

function parsed(line: string): Fields | undefined {
  // The first line of the tail is usually cut: it does not parse.
  if (!line.startsWith('{')) return undefined;
  try {
    const entry: unknown = JSON.parse(line);
    return isFields(entry) ? entry : undefined;
  } catch {
    return undefined;
  }
}

type Ends = { readonly head: string; readonly tail: string; readonly isWhole: boolean };
const NONE: Ends = { head: '', tail: '', isWhole: true };

function read(file: string): Ends {
  let handle: number;
  try {
    handle = openSync(file, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  } catch {
    return NONE;
  }
  try {
    const found = fstatSync(handle);
    if (!found.isFile()) return NONE;
    const part = (from: number, size: number): string => {
      const bytes = Buffer.alloc(size);
      return bytes.toString('utf8', 0, readSync(handle, bytes, 0, size, from));
    };
    const size = file.endsWith('.json') && found.size <= WHOLE ? found.size : Math.min(END, found.size);
    const tail = part(found.size - size, size);
    return size === found.size
      ? { head: '', tail, isWhole: true }
      : { head: part(0, Math.min(END, found.size - size)), tail, isWhole: false };
  } catch {
    return NONE;
  } finally {
    closeSync(handle);
  }
}

function short(text: string): string {
  return text.slice(0, 100);
}
