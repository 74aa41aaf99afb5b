/** Where a cursor stands in YAML of block style: at a key with these beside it, or at the value of the last key of the path. */
export type YamlPlace = {
  readonly kind: 'key' | 'value';
  /** Keys, and 0 for an item of a list, from the outside in. */
  readonly path: readonly (string | number)[];
  readonly siblings: readonly string[];
  /** It is the first word of a list's item, so it may also be a plain value. */
  readonly inList: boolean;
};

type Part = { readonly kind: 'item'; readonly column: number } | { readonly kind: 'key'; readonly column: number; readonly name: string };

/**
 * Works from the indentation alone, since text that is being written seldom parses. Undefined inside of flow style, comments
 * and texts of several lines. `line` and `character` count from 0.
 */
export function yamlPlaceAt(lines: readonly string[], line: number, character: number): YamlPlace | undefined {
  const typed = (lines[line] ?? '').slice(0, character);
  const value = /^((?:\s|-\s)*)(["']?)([^\s"':#[{][^"':#]*)\2:\s+["']?[\w-]*$/.exec(typed);
  const key = /^((?:\s|-\s)*)["']?[\w.*^~@-]*$/.exec(typed);
  if (isInText(lines, line, indentOf(typed))) return undefined;
  if (value !== null) {
    const [, lead = '', , name = ''] = value;
    return { kind: 'value', path: [...pathTo(lines, line, lead), name], siblings: [], inList: false };
  }
  if (key === null) return undefined;
  const lead = key[1] ?? '';
  return { kind: 'key', path: pathTo(lines, line, lead), siblings: siblingsOf(lines, line, lead.length), inList: lead.includes('-') };
}

/** The path of what stands behind `lead`, the white space and dashes at the beginning of the line. */
function pathTo(lines: readonly string[], line: number, lead: string): readonly (string | number)[] {
  const path: (string | number)[] = [];
  let limit = lead.length;
  const take = (parts: readonly Part[]): void => {
    for (const part of parts.toReversed()) {
      // A list may begin right below its key, without further indentation.
      const outside = part.column < limit || (part.kind === 'key' && part.column === limit && path[0] === 0);
      if (!outside) continue;
      path.unshift(part.kind === 'item' ? 0 : part.name);
      limit = part.column;
    }
  };
  take(partsOf(lead));
  for (let at = line - 1; at >= 0; at -= 1) {
    if (limit === 0 && path[0] !== 0) break;
    take(partsOf(lines[at] ?? ''));
  }
  return path;
}

/** The dashes and the key at the beginning of a line, from left to right. */
function partsOf(text: string): readonly Part[] {
  if (/^\s*(?:#|$)/.test(text)) return [];
  const lead = /^(?:\s|-\s)*/.exec(text)?.[0] ?? '';
  const items = [...lead.matchAll(/-/g)].map(({ index }): Part => ({ kind: 'item', column: index }));
  const name = /^(["']?)([^\s"':#[{][^"':#]*)\1:(?:\s|$)/.exec(text.slice(lead.length))?.[2];
  return name === undefined ? items : [...items, { kind: 'key', column: lead.length, name }];
}

/** Keys of the same table, above and below. */
function siblingsOf(lines: readonly string[], line: number, column: number): readonly string[] {
  const found: string[] = [];
  const look = (at: number): 'on' | 'end' => {
    const parts = partsOf(lines[at] ?? '');
    const first = parts[0];
    if (first === undefined) return 'on';
    for (const part of parts) if (part.kind === 'key' && part.column === column) found.push(part.name);
    return first.column < column ? 'end' : 'on';
  };
  const beginsItem = partsOf(lines[line] ?? '').some(({ kind }) => kind === 'item');
  for (let at = beginsItem ? -1 : line - 1; at >= 0; at -= 1) if (look(at) === 'end') break;
  for (let at = line + 1; at < lines.length; at += 1) {
    const first = partsOf(lines[at] ?? '')[0];
    if (first !== undefined && first.column < column) break;
    look(at);
  }
  return found;
}

/** Inside of a text that began with "|" or ">" above, everything is text. */
function isInText(lines: readonly string[], line: number, indent: number): boolean {
  for (let at = line - 1; at >= 0; at -= 1) {
    const text = lines[at] ?? '';
    if (text.trim() === '' || indentOf(text) >= indent) continue;
    return /[:-]\s+[|>][+\-\d]*\s*(?:#.*)?$/.test(text);
  }
  return false;
}

function indentOf(text: string): number {
  return /^\s*/.exec(text)?.[0].length ?? 0;
}
