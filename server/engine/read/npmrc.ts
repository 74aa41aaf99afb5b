import type { Place } from '../types.ts';
import { arrayNode, type Draft, isTooLarge, objectNode, propertyNode, sourceOf, textNode, treeOf } from './draft.ts';
import type { TextTree } from './tree.ts';
import { linesOf } from './words.ts';

/**
 * Reads .npmrc: an object of its keys, as in {"strict-ssl": "false", "//registry.example.com/:_authToken": "${NPM_TOKEN}"}.
 * A key alone is true, `key[]` gives an array, and values from the environment are unresolved.
 */
export function readNpmrc(text: string, side: Place['side']): TextTree {
  const source = sourceOf('npmrc', text, side);
  if (isTooLarge(source)) return treeOf(source, undefined);
  const properties: Draft[] = [];
  const lists = new Map<string, Draft>();
  for (const { start, end } of linesOf(text)) {
    const line = text.slice(start, end);
    const sign = line.indexOf('=');
    const written = (sign === -1 ? line : line.slice(0, sign)).trim();
    if (written === '' || /^[;#[]/.test(written)) continue;
    const at = start + line.length - line.trimStart().length;
    const isList = written.endsWith('[]');
    const name = isList ? written.slice(0, -2) : written;
    const key = textNode(/^(["'])(.*)\1$/.exec(name)?.[2] ?? name, at, at + written.length);
    const value = sign === -1 ? alone(key) : valueNode(line.slice(sign + 1).trim(), start + line.trimEnd().length);
    if (!isList) properties.push(propertyNode(key, value));
    else {
      const list = lists.get(String(key.value));
      if (list === undefined) {
        const made = arrayNode([value], value.offset, value.offset + value.length);
        lists.set(String(key.value), made);
        properties.push(propertyNode(key, made));
      } else list.children?.push(value);
    }
  }
  return treeOf(source, objectNode(properties, 0, text.length));
}

function alone(key: Draft): Draft {
  return { type: 'boolean', offset: key.offset, length: key.length, value: true };
}

function valueNode(written: string, end: number): Draft {
  const comment = /(?:^|\s)[;#]/.exec(written);
  const bare = (comment === null ? written : written.slice(0, comment.index)).trimEnd();
  const start = end - written.length;
  const quoted = /^(["'])(.*)\1$/.exec(bare)?.[2];
  const node = textNode(quoted ?? bare, start, start + bare.length);
  return bare.includes('${') ? { ...node, unresolved: true } : node;
}
