/** A `{{ … }}` or `{% … %}` of Helm, Go templates, Jinja or Ansible, by its offsets in the part of the text that is read. */
export type Action = {
  readonly start: number;
  readonly end: number;
  readonly expression: string;
  /** It decides what is there (`if`, `range`, a comment) and puts nothing there itself. */
  readonly control: boolean;
};

export type Masked = {
  /** The text with every action replaced by as many other characters. */
  readonly text: string;
  readonly actions: readonly Action[];
  /** Offset after the colon of keys whose value is only an action on a line of its own. */
  readonly filled: ReadonlyMap<number, Action>;
};

export const NOTHING_MASKED = { actions: [], filled: new Map<number, Action>() } as const;

/**
 * Makes YAML of a template. What controls becomes space; what puts a value into a line becomes a word of the same width; what
 * puts whole lines in becomes space, too. Only for texts that are no YAML as they stand: where `{{` is plain text, masking could hide what follows.
 */
export function maskTemplates(text: string): Masked {
  const actions = actionsOf(text);
  const filled = new Map<number, Action>();
  const pieces: string[] = [];
  let at = 0;
  let keyEnd: number | undefined;
  for (const action of actions) {
    const between = text.slice(at, action.start);
    pieces.push(between);
    at = action.end;
    const ownLine = isOwnLine(text, action);
    if (between.trim() !== '') keyEnd = endOfKey(text, action.start);
    if (ownLine && !action.control && keyEnd !== undefined && !filled.has(keyEnd)) filled.set(keyEnd, action);
    const raw = text.slice(action.start, action.end);
    pieces.push(action.control || ownLine ? raw.replace(/[^\r\n]/g, ' ') : FIRST + REST.repeat(raw.length - 1));
  }
  pieces.push(text.slice(at));
  return { text: pieces.join(''), actions, filled };
}

/** `${expression}`, as unresolved values are written everywhere. */
export function expressionOf(action: Action): string {
  return `\${${action.expression}}`;
}

/**
 * A scalar's value with its expressions as `${…}`: those masked before reading, and those that were readable as they stood.
 * GitHub's `${{ … }}` is left as it is written.
 */
export function withExpressions(
  value: string,
  actions: readonly Action[],
  start: number,
  end: number,
): { readonly value: string; readonly unresolved: boolean } {
  const first = firstFrom(actions, start);
  const inside = (actions[first]?.start ?? Infinity) < end;
  if (!inside && !value.includes('{{') && !value.includes('{%')) return { value, unresolved: false };
  let next = first;
  const unmasked = inside
    ? value.replace(MASKED, (match) => {
        while (actions[next]?.control === true) next++;
        const action = actions[next++];
        return action === undefined || action.start >= end ? match : expressionOf(action);
      })
    : value;
  const written = writtenOut(unmasked);
  return { value: written, unresolved: inside || written !== value || closes(value, '${{', '}}') || closes(value, '{%', '%}') };
}

/** Every `{{ expression }}` as `${expression}`. By index, not by pattern: a text full of `{{` must not cost more than its length. */
function writtenOut(text: string): string {
  let out = '';
  let at = 0;
  for (;;) {
    const open = text.indexOf('{{', at);
    const close = open === -1 ? -1 : text.indexOf('}}', open + 2);
    if (close === -1) return out + text.slice(at);
    const inner = text.slice(open + 2, close);
    const githubs = text[open - 1] === '$';
    out += text.slice(at, open) + (githubs ? `{{${inner}}}` : `\${${trimmed(inner)}}`);
    at = close + 2;
  }
}

/** An action's text without the marks that trim the space around it. */
function trimmed(inner: string): string {
  return inner.replace(/^[-~]/, '').replace(/[-~]$/, '').trim();
}

function closes(text: string, open: string, close: string): boolean {
  const at = text.indexOf(open);
  return at !== -1 && text.includes(close, at + open.length);
}

/** Does something between two places decide which of them counts? Then a key that stands twice is no mistake. */
export function controlled(actions: readonly Action[], start: number, end: number): boolean {
  for (let i = firstFrom(actions, start); (actions[i]?.start ?? end) < end; i++) if (actions[i]?.control === true) return true;
  return false;
}

function firstFrom(actions: readonly Action[], start: number): number {
  let low = 0;
  let high = actions.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((actions[middle]?.start ?? Infinity) < start) low = middle + 1;
    else high = middle;
  }
  return low;
}

// Characters of the private use area: printable to YAML, written by nobody.
const FIRST = '\uE000';
const REST = '\uE001';
const MASKED = /\uE000\uE001*/g;

function actionsOf(text: string): readonly Action[] {
  const actions: Action[] = [];
  const found = /\{[{%#]/g;
  let at = 0;
  for (;;) {
    found.lastIndex = at;
    const start = found.exec(text)?.index;
    if (start === undefined) return actions;
    const opening = text.slice(start, start + 2);
    if (opening === '{{' && text[start - 1] === '$') {
      at = start + 2;
      continue;
    }
    const end = endOfAction(text, start, opening);
    if (end === undefined) {
      // Nothing closes here: no later opening of this line can do better.
      const line = text.indexOf('\n', start);
      if (line === -1) return actions;
      at = line;
      continue;
    }
    const expression = trimmed(text.slice(start + 2, end - 2));
    actions.push({ start, end, expression, control: opening !== '{{' || CONTROL.test(expression) });
    at = end;
  }
}

const CONTROL = /^(if|else|end|range|with|define|block|break|continue)\b|^\/\*|^\$\w*\s*:?=/;

/** An action may go over several lines only where it starts the value or the line: elsewhere two texts could embrace a third. */
function endOfAction(text: string, start: number, opening: string): number | undefined {
  const close = opening === '{{' ? '}}' : opening === '{%' ? '%}' : '#}';
  const comment = /^\{\{[-~]?\s*\/\*/.test(text.slice(start, start + 12));
  const manyLines = /^[ \t]*(-[ \t]+){0,4}([\w./-]+:[ \t]+)?$/.test(lineBefore(text, start));
  let quote = '';
  for (let i = start + 2; i < text.length && i < start + LONGEST; i++) {
    const c = text.charAt(i);
    if (c === '\n' && !manyLines) return undefined;
    if (comment || opening !== '{{') {
      if (text.startsWith(close, i)) return i + 2;
    } else if (quote !== '') {
      if (c === '\\' && quote === '"') i++;
      else if (c === quote || c === '\n') quote = '';
    } else if (c === '"' || c === '`') quote = c;
    else if (text.startsWith(close, i)) return i + 2;
  }
  return undefined;
}

const LONGEST = 5000;

function isOwnLine(text: string, { start, end }: Action): boolean {
  const next = text.slice(end, end + NEAR).split('\n', 1)[0] ?? '';
  return lineBefore(text, start).trim() === '' && /^\s*(#.*|\{[{%#].*[}%#]\}\s*)?$/.test(next);
}

/** What stands before on the line, as far as is near: lines may be very long. */
function lineBefore(text: string, start: number): string {
  const near = text.slice(Math.max(0, start - NEAR), start);
  const line = near.lastIndexOf('\n') + 1;
  return line === 0 && start > NEAR ? 'far' : near.slice(line);
}

const NEAR = 400;

/** When the last line of content before is a key without a value: the offset after its colon. */
function endOfKey(text: string, before: number): number | undefined {
  const from = Math.max(0, before - 10 * NEAR);
  let end = before;
  for (const line of text.slice(from, before).split('\n').toReversed()) {
    const start = end - line.length;
    const content = line.replace(/(^|\s)#.*$/s, '').trimEnd();
    if (content !== '' && (start > from || from === 0)) return content.endsWith(':') ? start + content.length : undefined;
    end = start - 1;
  }
  return undefined;
}
