import type { Phrase } from '../server/protocol.ts';
import { visibleText } from './visible-text.ts';

/** A phrase without its marks, fit to be shown. */
export function plain(phrase: Phrase): string {
  return visibleText(phrase.map((part) => (typeof part === 'string' ? part : part.name)).join(''));
}

/** “2 minutes ago”. `since` is ISO 8601, `now` in milliseconds. */
export function ago(since: string, now: number = Date.now()): string {
  const minutes = Math.floor((now - Date.parse(since)) / 60_000);
  if (!(minutes >= 1)) return 'just now';
  if (minutes < 60) return `${counted(minutes, 'minute')} ago`;
  if (minutes < 48 * 60) return `${counted(Math.floor(minutes / 60), 'hour')} ago`;
  return `${counted(Math.floor(minutes / 1440), 'day')} ago`;
}

export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

export function capital(text: string): string {
  return text.replace(/^\p{L}/u, (letter) => letter.toUpperCase());
}
