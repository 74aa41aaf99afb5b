import { applyPatch, type StructuredPatch } from 'diff';
import { assertNever } from '../../engine/assert-never.ts';
import { patchedText } from '../hooks/apply-patch.ts';
import type { ProposedChange, ProposedReplacement } from './proposal.ts';

/** `text` undefined: the file is removed. The problem is a clause: "the text to replace is not in it". */
export type ChangedText = { readonly ok: true; readonly text: string | undefined } | { readonly ok: false; readonly problem: string };

/**
 * The whole text after the change. A byte order mark, and line endings that are \r\n throughout, stay as they are.
 * @param before the text of the file (of a patch that moves one: of its source); undefined when there is none
 */
export function changedText(before: string | undefined, change: ProposedChange): ChangedText {
  const mark = before?.startsWith(MARK) === true ? MARK : '';
  const plain = before?.slice(mark.length);
  const changed = plainChange(plain, change);
  if (!changed.ok || changed.text === undefined) return changed;
  const text = plain !== undefined && isWindows(plain) ? changed.text.replace(/\r?\n/g, '\r\n') : changed.text;
  return { ok: true, text: `${mark}${text.startsWith(MARK) && mark !== '' ? text.slice(mark.length) : text}` };
}

const MARK = '\uFEFF';

function plainChange(before: string | undefined, change: ProposedChange): ChangedText {
  switch (change.kind) {
    case 'write':
      return { ok: true, text: change.content };
    case 'create':
      return before === undefined ? { ok: true, text: change.content } : fails('it is there already, and the patch makes it anew');
    case 'delete':
      return before === undefined ? fails('it is not there') : { ok: true, text: undefined };
    case 'replace':
      return replaced(before, change.replacements);
    case 'hunks': {
      if (before === undefined) return fails('it is not there');
      if (change.hunks.length === 0) return { ok: true, text: before };
      const patched = patchedText(before, change.hunks);
      return patched.kind === 'text' ? { ok: true, text: patched.text } : fails(patched.why);
    }
    case 'diff': {
      if (before === undefined) return fails('it is not there');
      if (change.patch.hunks.length === 0) return { ok: true, text: before };
      const after = patchApplied(before, change.patch);
      return after === undefined ? fails('the lines of the patch are not in it as they stand there') : { ok: true, text: after };
    }
    default:
      return assertNever(change);
  }
}

function patchApplied(before: string, patch: StructuredPatch): string | undefined {
  try {
    const after = applyPatch(before, patch, { fuzzFactor: 0, autoConvertLineEndings: true });
    return after === false ? undefined : after;
  } catch {
    // Hunks that contradict themselves.
    return undefined;
  }
}

function replaced(before: string | undefined, replacements: readonly ProposedReplacement[]): ChangedText {
  const windows = before !== undefined && isWindows(before);
  const unix = (text: string): string => (windows ? text.replaceAll('\r\n', '\n') : text);
  let text = before === undefined ? undefined : unix(before);
  for (const { old_string, new_string, replace_all } of replacements) {
    const [from, to] = [unix(old_string), unix(new_string)];
    if (from === '') {
      if (text !== undefined && text !== '') return fails('old_string is empty, which only makes a new file, and it is there already');
      text = to;
      continue;
    }
    if (text === undefined) return fails('it is not there');
    const parts = text.split(from);
    if (parts.length === 1) return fails('old_string is not in it');
    if (parts.length > 2 && replace_all !== true) {
      return fails(`old_string is in it ${parts.length - 1} times: give more of the text around it, or replace_all`);
    }
    text = parts.join(to);
  }
  return { ok: true, text: text ?? '' };
}

/** Every line ends with \r\n. */
function isWindows(text: string): boolean {
  return text.includes('\r\n') && !/(^|[^\r])\n/.test(text);
}

function fails(problem: string): ChangedText {
  return { ok: false, problem };
}
