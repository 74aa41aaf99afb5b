import { parse, type ParseError } from 'jsonc-parser';
import { lineHunks } from '../../line-diff.ts';
import type { Span } from './statement.ts';

export type Replacement = Span & { readonly text: string };

/**
 * What puts the accepted text back where `span` lies: the changes that touch it. All changes of the document, where putting
 * back only those would leave something that is not JSON while the accepted text is.
 */
export function revertOf(accepted: string, current: string, span: Span): readonly Replacement[] {
  const before = linesWithEnds(accepted);
  const after = linesWithEnds(current);
  const starts = startsOf(after);
  const changes = lineHunks(before, after).map((hunk) => ({
    start: starts[hunk.afterStart] ?? current.length,
    end: starts[hunk.afterEnd] ?? current.length,
    text: before.slice(hunk.beforeStart, hunk.beforeEnd).join(''),
  }));
  const touching = changes.filter(({ start, end }) => start <= span.end && end >= span.start);
  if (touching.length === 0) return changes;
  return parses(replaced(current, touching)) || !parses(accepted) ? touching : changes;
}

export function replaced(text: string, replacements: readonly Replacement[]): string {
  return replacements.toReversed().reduce((done, { start, end, text: put }) => done.slice(0, start) + put + done.slice(end), text);
}

function linesWithEnds(text: string): readonly string[] {
  return text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
}

function startsOf(lines: readonly string[]): readonly number[] {
  let at = 0;
  return lines.map((line) => {
    const start = at;
    at += line.length;
    return start;
  });
}

function parses(text: string): boolean {
  const errors: ParseError[] = [];
  try {
    parse(text, errors, { allowTrailingComma: true });
  } catch {
    return false;
  }
  return errors.length === 0;
}
