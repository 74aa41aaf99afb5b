/** Times as a person reads them: in local time, near ones by their clock, far ones by their day. */

/** "13:44 today", "09:44 tomorrow", "28 November", "3 January 2027" */
export function untilWords(until: Date, now: Date): string {
  const days = Math.round((startOfDay(until) - startOfDay(now)) / 86_400_000);
  if (days === 0) return `${clock(until)} today`;
  if (days === 1) return `${clock(until)} tomorrow`;
  const year = until.getFullYear() === now.getFullYear() ? '' : ` ${until.getFullYear()}`;
  return `${until.getDate()} ${MONTHS[until.getMonth()] ?? ''}${year}`;
}

/** "14:05" */
export function clock(time: Date): string {
  return `${String(time.getHours()).padStart(2, '0')}:${String(time.getMinutes()).padStart(2, '0')}`;
}

/** "2026-11-22 02:20 UTC": of a record, the same wherever it is read. What is no time stays as it is. */
export function minuteOf(time: string): string {
  const date = new Date(time);
  return Number.isNaN(date.getTime()) ? time : `${date.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}

/** "4 hours", "1 day", "7 days" */
export function durationWords(hours: number): string {
  const [count, unit] = hours % 24 === 0 ? [hours / 24, 'day'] : [hours, 'hour'];
  return `${count} ${unit}${count === 1 ? '' : 's'}`;
}

const MONTHS = ['January', 'February', 'March', 'April', 'May', 'June', 'July', 'August', 'September', 'October', 'November', 'December'];

function startOfDay(time: Date): number {
  return new Date(time.getFullYear(), time.getMonth(), time.getDate()).getTime();
}
