import * as v from 'valibot';
import { type Document, isMap, isNode, isScalar, isSeq, LineCounter, parseDocument, visit } from 'yaml';
import type { PolicyPlace } from './policy-place.ts';
import { type PolicySettings, Settings } from './policy-schema.ts';

/** A step to a value in the file: ['verdicts', 'high'], ['noGo', 0]. */
export type KeyPath = readonly (string | number)[];

export type PolicyProblem = PolicyPlace & {
  /** What is wrong and the remedy, without the place. */
  readonly message: string;
};

export type ParsedPolicy =
  | {
      readonly ok: true;
      readonly settings: PolicySettings;
      /** Where a value stands; its nearest parent where it is not there itself. */
      readonly placeOf: (keys: KeyPath) => PolicyPlace;
    }
  | { readonly ok: false; readonly problems: readonly PolicyProblem[] };

/** Characters. A longer policy is a mistake, or meant to take long. */
const LONGEST = 1_000_000;

/** Reads the text of one policy file. Knows nothing of other layers. */
export function parsePolicy(text: string): ParsedPolicy {
  if (text.length > LONGEST) {
    return {
      ok: false,
      problems: [{ line: 1, column: 1, message: 'a policy of more than a million characters is not read. Shorten it.' }],
    };
  }
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true });
  const at = (offset: number): PolicyPlace => {
    const { line, col } = lines.linePos(offset);
    return { line, column: col };
  };

  const unreadable = [...document.errors, ...document.warnings];
  if (unreadable.length > 0) {
    return {
      ok: false,
      problems: unreadable.map((error) => ({
        ...at(error.pos[0]),
        message: `not valid YAML: ${firstLine(error.message)}. Mend this line or remove the file.`,
      })),
    };
  }
  const aliases = firstAlias(document);
  if (aliases !== undefined) {
    return { ok: false, problems: [{ ...at(aliases), message: 'anchors and aliases are not read here. Write the value out.' }] };
  }
  if (document.contents !== null && !isMap(document.contents) && !(isScalar(document.contents) && document.contents.value === null)) {
    const message = 'a policy is a table of “key: value” lines. Begin with a key such as “verdicts:”.';
    return { ok: false, problems: [{ ...at(offsetOf(document, [])), message }] };
  }
  const raw: unknown = document.toJS();
  // An empty file, or one with comments alone, says nothing.
  const parsed = v.safeParse(Settings, raw ?? {});
  const placeOf = (keys: KeyPath) => at(offsetOf(document, keys));
  if (parsed.success) return { ok: true, settings: parsed.output, placeOf };
  return { ok: false, problems: parsed.issues.map((issue) => ({ ...placeOf(keysOf(issue)), message: whatIsWrong(issue) })) };
}

type Issue = v.InferIssue<typeof Settings>;

function whatIsWrong(outer: Issue): string {
  const issue = branchOf(outer) ?? outer;
  if (issue.type !== 'strict_object' || issue.expected !== 'never') return issue.message;
  const key = String(issue.path?.at(-1)?.key);
  return `the key “${key}” is not known here. ${remedyForKey(key, issue.message)}`;
}

/** A union reports itself; where a table was meant, what is wrong inside of it says more. */
function branchOf(issue: Issue) {
  const inside = issue.type === 'union' ? (issue.issues ?? []).filter((one) => one.path !== undefined || one.type === 'check') : [];
  return inside.find((one) => one.expected === 'never') ?? inside[0];
}

function remedyForKey(key: string, message: string): string {
  const known = /these keys: ([^.]*)\./.exec(message)?.[1]?.split(', ') ?? [];
  const plain = (word: string) => word.toLowerCase().replace(/[^a-z]/g, '');
  const begins = known.filter((name) => plain(name).startsWith(plain(key).slice(0, 4)));
  const near = known.find((name) => plain(name) === plain(key)) ?? begins.toSorted((a, b) => inCommon(b) - inCommon(a))[0];
  function inCommon(name: string): number {
    const differs = plain(name)
      .split('')
      .findIndex((letter, index) => letter !== plain(key)[index]);
    return differs === -1 ? name.length : differs;
  }
  return near === undefined ? `Known keys are ${known.join(', ')}. Remove it.` : `Did you mean “${near}”?`;
}

function keysOf(issue: Issue): KeyPath {
  const keys = [...(issue.path ?? []), ...(branchOf(issue)?.path ?? [])];
  return keys.map((item) => String(item.key));
}

/** Where in the text a key path stands; its nearest parent where it is not there itself. */
function offsetOf(document: Document, keys: KeyPath): number {
  let node: unknown = document.contents;
  let offset = isNode(node) ? (node.range?.[0] ?? 0) : 0;
  for (const key of keys) {
    if (isMap(node)) {
      const pair = node.items.find((item) => isScalar(item.key) && String(item.key.value) === String(key));
      if (pair === undefined) return offset;
      // An unknown key is named at the key, a bad value at the value.
      offset = isNode(pair.key) ? (pair.key.range?.[0] ?? offset) : offset;
      node = pair.value;
    } else if (isSeq(node)) {
      node = node.items[Number(key)];
      offset = isNode(node) ? (node.range?.[0] ?? offset) : offset;
    } else return offset;
  }
  return offset;
}

/** A few aliases of aliases can grow without bound; policies need none. */
function firstAlias(document: Document): number | undefined {
  let found: number | undefined;
  visit(document, {
    Alias: (_key, node) => {
      found ??= node.range?.[0] ?? 0;
      return visit.BREAK;
    },
  });
  return found;
}

function firstLine(message: string): string {
  return (message.split('\n')[0] ?? '').replace(/ at line \d+, column \d+:?$/, '').replace(/\.$/, '');
}
