import type { Place } from '../types.ts';
import { readValue, typeFields } from './bicep-expression.ts';
import { skipValue } from './bicep-skip.ts';
import { foldBicep } from './bicep-functions.ts';
import { blocksTakenOver } from './blocks-taken-over.ts';
import type { ChangedPart } from './changed-part.ts';
import { arrayNode, type Draft, type Entry, field, objectNode, textNode } from './draft.ts';
import { gathered } from './gather.ts';
import { type Cursor, readWord, skip, skipLine, wrong } from './hcl-cursor.ts';
import { type BlockLanguage, readBlocks } from './read-blocks.ts';
import type { TextTree, TreeNode } from './tree.ts';

/**
 * Reads Bicep: {"param": […], "var": […], "resource": […], "module": […], "output": […], "targetScope": […]}, each item with its symbolic name,
 * and of a resource or module its type or path, as labels. A resource is its body as an object with `type` and `apiVersion`, in whose `resource` its nested ones stand, with
 * `condition`, `copy` (of a loop) and `existing` where they are written. A parameter has `type`, `defaultValue` and `decorator` ([names]).
 * Parameters with a default and variables are followed; their nodes stand where their text stands. Everything else is unresolved.
 */
export function readBicep(text: string, side: Place['side']): TextTree {
  return readBlocks(text, side, BICEP);
}

const BICEP: BlockLanguage = {
  format: 'bicep',
  language: 'Bicep',
  topLevel: /(?:@\w+\(|(?:param|var|resource|module|output|targetScope|metadata|type|func|import)\b)/y,
  readExpression: readValue,
  readNext,
  gathered,
  defines: ({ key }) => key.value === 'param' || key.value === 'var',
  fold: foldBicep,
};

/** As `readBicep`, where the text before the edit was read already; undefined where all of the text must be read. */
export function bicepTakenOver(text: string, side: Place['side'], other: TextTree, part: ChangedPart): readonly TreeNode[] | undefined {
  return blocksTakenOver(text, side, other, part, BICEP);
}

/** A statement with its decorators. */
function readNext(c: Cursor): Entry | undefined {
  const decorators: Draft[] = [];
  for (;;) {
    skip(c, 'bracket');
    if (c.at >= c.text.length) return undefined;
    const start = c.at;
    if (c.text.charAt(start) === '@') {
      c.at++;
      skipValue(c, 'line');
      const written = c.text.slice(start + 1, c.at).trimEnd();
      decorators.push(textNode(/^[\w.]+/.exec(written)?.[0].replace(/^sys\./, '') ?? written, start, start + 1 + written.length));
      continue;
    }
    const word = readWord(c);
    const statement = word === undefined ? undefined : readStatement(c, word, start, decorators);
    if (statement === undefined) {
      wrong(c, start, start + 1, 'no statement starts here');
      skipLine(c);
    }
    if (c.at === start) c.at++;
    return statement;
  }
}

function readStatement(c: Cursor, word: string, start: number, decorators: Draft[]): Entry | undefined {
  const key = textNode(word, start, c.at);
  skip(c, 'line');
  switch (word) {
    case 'targetScope':
    case 'using':
    case 'import':
    case 'extension':
    case 'provider':
    case 'type':
    case 'func':
    case 'metadata':
    case 'assert': {
      if (c.text.charAt(c.at) === '=') c.at++;
      const value = readValue(c, 'line');
      return { kind: 'attribute', key, value };
    }
    case 'param':
    case 'var':
    case 'output':
      return readNamed(c, key, decorators);
    case 'resource':
    case 'module':
      return readResource(c, key);
    default:
      return undefined;
  }
}

function readNamed(c: Cursor, key: Draft, decorators: Draft[]): Entry | undefined {
  const name = readWord(c);
  if (name === undefined) return undefined;
  skip(c, 'line');
  const properties: Draft[] = [];
  const from = c.at;
  if (c.text.charAt(c.at) !== '=') {
    skipValue(c, 'line', 'until-equals');
    const written = c.text.slice(from, c.at).trimEnd();
    if (written !== '') properties.push(field('type', textNode(written, from, from + written.length)));
  }
  if (c.text.charAt(c.at) === '=') {
    c.at++;
    const value = readValue(c, 'line');
    properties.push(field(key.value === 'param' ? 'defaultValue' : 'value', value));
    if (key.value !== 'output') c.deferred.names.set(name, value);
  }
  const [first] = decorators;
  if (first !== undefined) properties.push(field('decorator', arrayNode(decorators, first.offset, key.offset)));
  return { kind: 'block', key, value: { ...objectNode(properties, key.offset, c.at), labels: [name] } };
}

/** From behind the word `resource` or `module`. */
function readResource(c: Cursor, key: Draft): Entry | undefined {
  const name = readWord(c);
  if (name === undefined) return undefined;
  skip(c, 'line');
  if (c.text.charAt(c.at) !== "'") return undefined;
  const type = readValue(c, 'bracket', 'term');
  const properties = key.value === 'resource' ? typeFields(type) : [field('path', type)];
  skip(c, 'line');
  const at = c.at;
  if (readWord(c) === 'existing') properties.push(field('existing', { type: 'boolean', offset: at, length: c.at - at, value: true }));
  skip(c, 'line');
  if (c.text.charAt(c.at) === '=') c.at++;
  const value = readValue(c, 'line');
  let body = value;
  // A loop is read as the array of its one body.
  if (value.type === 'array' && value.children?.[0] !== undefined) {
    [body] = value.children;
    properties.push(field('copy', { ...textNode('loop', value.offset, value.offset + 1), unresolved: true }));
  }
  if (body.type !== 'object') wrong(c, key.offset, c.at, 'a resource without a body');
  const made = objectNode([...(body.children ?? []), ...properties], key.offset, c.at);
  if (body.unresolved === true) made.unresolved = true;
  return { kind: 'block', key, value: { ...made, labels: [name, String(type.value)] } };
}
