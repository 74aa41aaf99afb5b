/** Stands for a quote that nothing closes: of the private use area, so that it is text to YAML and written by nobody. */
export const MASKED_QUOTE = '\uE002';

/**
 * What a broken text most likely means, every character in its place. A quote that is open at the end of its line while the next
 * line starts anew is half-typed: it is masked, so that it does not take the rest of the document with it. A tab that indents
 * is a space. Undefined when there is nothing to mend.
 */
export function mendYaml(text: string): string | undefined {
  const lines = text.split('\n');
  let changed = false;
  const mended = lines.map((original, i) => {
    const line = original.replace(/^[ \t]*\t[ \t]*/, (indent) => indent.replaceAll('\t', ' '));
    if (line !== original) changed = true;
    const [, before, quote, rest] = OPENING.exec(line) ?? [];
    if (before === undefined || quote === undefined || rest === undefined || closes(rest, quote)) return line;
    if (i + 1 < lines.length && !startsAnew(lines, i + 1)) return line;
    changed = true;
    return `${before}${MASKED_QUOTE}${rest}`;
  });
  return changed ? mended.join('\n') : undefined;
}

const OPENING = /^(\s*(?:-\s+){0,4}(?:[\w./$-]{1,200}\s*:\s+)?(?:![\w:]+\s+)?)(["'])(.*)$/;

function closes(rest: string, quote: string): boolean {
  return quote === '"' ? /^(?:[^"\\]|\\.)*"/.test(rest) : rest.includes("'");
}

/** The next line with content is a key, an item or the end. */
function startsAnew(lines: readonly string[], from: number): boolean {
  for (let i = from; i < lines.length && i < from + 50; i++) {
    const line = lines[i]?.trim() ?? '';
    if (line !== '') return /^(-(\s|$)|["']?[\w./$-]+["']?\s*:(\s|$)|#)/.test(line);
  }
  return true;
}
