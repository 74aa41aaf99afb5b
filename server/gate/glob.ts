/**
 * Globs of a policy. A pattern comes from a file that anybody may have checked in, a name from an agent: so matching takes
 * time in proportion to both lengths, never more, which no regular expression with several stars can promise.
 *
 * `*` any run without "/", `?` one character but "/", `**` as a whole part any number of parts, `[a-z]` and `[!a-z]` one of a set,
 * `{a,b}` either. Letter case does not count.
 */
export function globMatcher(globs: readonly string[]): (text: string) => boolean {
  const compiled = globs.flatMap((glob) => alternatives(glob.toLowerCase())).map(tokensOf);
  return (text) => {
    const lower = text.toLowerCase();
    return compiled.some((tokens) => matches(tokens, lower));
  };
}

/** Why this pattern is not read here; undefined where it is. */
export function globProblem(glob: string): string | undefined {
  if (glob.length > LONGEST) return `the pattern is longer than ${LONGEST} characters. Write several shorter ones.`;
  if (/[@!+?*]\(/.test(glob)) return 'patterns with +(…), @(…), !(…), ?(…) or *(…) are not read here. Write each one out.';
  if (alternatives(glob).length > MOST) return `the pattern stands for more than ${MOST} others. Write fewer braces.`;
  return undefined;
}

const LONGEST = 500;
const MOST = 256;

type Token =
  | { readonly kind: 'one'; readonly is: (character: string) => boolean }
  /** Any run of characters. `parts`: across "/" too. */
  | { readonly kind: 'run'; readonly parts: boolean }
  /** `**` with its slash: nothing, or any number of whole parts. */
  | { readonly kind: 'parts' };

function tokensOf(glob: string): readonly Token[] {
  const tokens: Token[] = [];
  for (let at = 0; at < glob.length; ) {
    const rest = glob.slice(at);
    const starts = at === 0 || glob[at - 1] === '/';
    const set = /^\[(!|\^)?(\]?[^\]]*)\]/.exec(rest);
    if (starts && rest.startsWith('**/')) {
      tokens.push({ kind: 'parts' });
      at += 3;
    } else if (starts && rest === '**') {
      tokens.push({ kind: 'run', parts: true });
      at += 2;
    } else if (rest.startsWith('*')) {
      tokens.push({ kind: 'run', parts: false });
      at += /^\*+/.exec(rest)?.[0].length ?? 1;
    } else if (rest.startsWith('?')) {
      tokens.push({ kind: 'one', is: (character) => character !== '/' });
      at += 1;
    } else if (set !== null) {
      const [whole, not, members = ''] = set;
      tokens.push({ kind: 'one', is: (character) => character !== '/' && inSet(members, character) !== (not !== undefined) });
      at += whole.length;
    } else {
      const literal = glob[at] ?? '';
      tokens.push({ kind: 'one', is: (character) => character === literal });
      at += 1;
    }
  }
  return tokens;
}

/** Keeps the set of tokens that may come next while it walks the text once. */
function matches(tokens: readonly Token[], text: string): boolean {
  let open = withSkipped(tokens, [0]);
  for (let at = 0; at < text.length && open.size > 0; at++) {
    const character = text[at] ?? '';
    const next: number[] = [];
    for (const place of open) {
      const token = tokens[place];
      if (token === undefined) continue;
      if (token.kind === 'one') {
        if (token.is(character)) next.push(place + 1);
      } else if (token.kind === 'run') {
        if (token.parts || character !== '/') next.push(place);
      } else {
        // Inside of a part that is passed over; only at its end may what follows begin.
        next.push(character === '/' ? place : ~place);
      }
    }
    // A place that is negated waits for the next "/".
    for (const place of open) if (place < 0) next.push(character === '/' ? ~place : place);
    open = withSkipped(tokens, next);
  }
  return open.has(tokens.length);
}

/** What may match nothing may be passed over. */
function withSkipped(tokens: readonly Token[], places: readonly number[]): Set<number> {
  const open = new Set<number>();
  for (const place of places) {
    open.add(place);
    for (let at = place; at >= 0 && at < tokens.length && tokens[at]?.kind !== 'one'; at++) open.add(at + 1);
  }
  return open;
}

function inSet(members: string, character: string): boolean {
  for (let at = 0; at < members.length; at++) {
    const from = members[at] ?? '';
    const to = members[at + 1] === '-' ? members[at + 2] : undefined;
    if (to !== undefined ? from <= character && character <= to : from === character) return true;
    if (to !== undefined) at += 2;
  }
  return false;
}

/** Without braces. Never many more than `MOST`: `globProblem` has refused such a pattern. */
function alternatives(glob: string): readonly string[] {
  let written: readonly string[] = [glob];
  for (;;) {
    const next = written.flatMap((one) => {
      const braces = /^([^{]*)\{([^{}]*,[^{}]*)\}(.*)$/su.exec(one) ?? /^(.*)\{([^{}]*,[^{}]*)\}(.*)$/su.exec(one);
      if (braces === null) return [one];
      const [, before = '', inside = '', after = ''] = braces;
      return inside.split(',').map((choice) => `${before}${choice}${after}`);
    });
    if (next.length === written.length || next.length > MOST) return next;
    written = next;
  }
}
