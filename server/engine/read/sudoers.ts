import type { Place } from '../types.ts';
import { arrayNode, type Draft, field, isTooLarge, objectNode, report, sourceOf, textNode, treeOf } from './draft.ts';
import { type Piece, piecesOf, splitPieces, trimmed } from './sudoers-pieces.ts';
import type { TextTree } from './tree.ts';
import { joinedLines } from './words.ts';

/**
 * Reads sudoers:
 * - rule: [{who: [..], hosts: [..], runas: "root", tags: ["NOPASSWD"], commands: ["ALL"]}], one for each run of commands with the same
 *   run-as and tags. Names of aliases are replaced by what this file says they stand for, at the place where it says so.
 * - defaults: [{name: "requiretty", on: false, value: "…", scope: ":alice"}], alias: [{kind, name, members}], include: [path].
 */
export function readSudoers(text: string, side: Place['side']): TextTree {
  const source = sourceOf('sudoers', text, side);
  if (isTooLarge(source)) return treeOf(source, undefined);
  const rules: Draft[] = [];
  const defaults: Draft[] = [];
  const aliases: Draft[] = [];
  const includes: Draft[] = [];
  const members: Aliases = new Map();
  const specifications: (readonly Piece[])[] = [];

  for (const line of joinedLines(text)) {
    const written = text.slice(line.start, line.end);
    const include = /^\s*[#@]include(?:dir)?\s+(?=\S)/.exec(written);
    if (include !== null) {
      const start = line.start + include[0].length;
      const path = text.slice(start, line.end).trimEnd();
      includes.push(textNode(path, start, start + path.length));
      continue;
    }
    const pieces = piecesOf(text, line);
    const [first] = pieces;
    if (first === undefined) continue;
    if (/^(User|Runas|Host|Cmnd|Cmd)_Alias$/.test(first.text)) aliases.push(...aliasesOf(pieces, members));
    else if (first.text.startsWith('Defaults')) defaults.push(...defaultsOf(pieces));
    else specifications.push(pieces);
  }
  for (const pieces of specifications) {
    const made = rulesOf(pieces, members);
    if (made.length === 0) {
      const at = pieces[0]?.start ?? 0;
      report(
        source,
        'partly-read',
        at,
        pieces.at(-1)?.end ?? at,
        'is no rule of sudoers (who host = commands). Correct it; the line was not read.',
      );
    }
    rules.push(...made);
  }
  const list = (name: string, items: Draft[]): Draft[] =>
    items.length === 0 ? [] : [field(name, arrayNode(items, items[0]?.offset ?? 0, text.length))];
  const all = [
    field('rule', arrayNode(rules, 0, text.length)),
    ...list('defaults', defaults),
    ...list('alias', aliases),
    ...list('include', includes),
  ];
  return treeOf(source, objectNode(all, 0, text.length));
}

type Aliases = Map<string, readonly Piece[]>;

function aliasesOf(pieces: readonly Piece[], into: Aliases): Draft[] {
  const [kind, ...rest] = pieces;
  if (kind === undefined) return [];
  return splitPieces(rest, ':').flatMap((definition) => {
    const sign = definition.findIndex(({ text }) => text === '=');
    const name = definition[0];
    if (sign !== 1 || name === undefined) return [];
    const items = splitPieces(definition.slice(2), ',').flatMap(phrase);
    into.set(name.text, items);
    return [
      objectNode(
        [field('kind', nodeOf(kind)), field('name', nodeOf(name)), field('members', listOf(items, name))],
        name.start,
        definition.at(-1)?.end ?? name.end,
      ),
    ];
  });
}

function defaultsOf(pieces: readonly Piece[]): Draft[] {
  const [word, ...rest] = pieces;
  if (word === undefined) return [];
  const scope = /^Defaults([:@>!].*)?$/.exec(word.text)?.[1];
  return splitPieces(rest, ',').flatMap((setting) => {
    const whole = setting.filter(({ text }) => text !== '!');
    const [name, sign, ...values] = whole;
    if (name === undefined) return [];
    const on = setting.length === whole.length && !name.text.startsWith('!');
    const at = setting[0] ?? name;
    const bare = name.text.replace(/^!+/, '').replace(/[+-]$/, '');
    const properties = [
      field('name', textNode(bare, name.start, name.end)),
      field('on', { type: 'boolean', offset: at.start, length: name.end - at.start, value: on }),
    ];
    // `name += value` may come as three words.
    const given = sign !== undefined && /^[+-]$/.test(sign.text) && values[0]?.text === '=' ? values.slice(1) : values;
    const value = sign !== undefined && /^[+-]?=$|^[+-]$/.test(sign.text) ? phrase(given)[0] : undefined;
    if (value !== undefined) properties.push(field('value', nodeOf(value)));
    if (scope !== undefined) properties.push(field('scope', textNode(scope, word.start, word.end)));
    return [objectNode(properties, at.start, setting.at(-1)?.end ?? name.end)];
  });
}

function rulesOf(pieces: readonly Piece[], aliases: Aliases): Draft[] {
  const [head = [], ...more] = splitPieces(pieces, ':', 'outside-parentheses');
  const sign = head.findIndex(({ text }) => text === '=');
  if (sign < 2) return [];
  // The last word before "=" is the host list; commas join words to one list.
  const before = head.slice(0, sign);
  const boundary = before.findIndex((piece, i) => i > 0 && piece.text !== ',' && before[i - 1]?.text !== ',' && !isNegation(before[i - 1]));
  if (boundary === -1) return [];
  const who = expanded(splitPieces(before.slice(0, boundary), ',').flatMap(phrase), aliases);
  const first = grantsOf(who, before.slice(boundary), head.slice(sign + 1), aliases, pieces[0]?.start ?? 0);
  const others = more.flatMap((part) => {
    const equals = part.findIndex(({ text }) => text === '=');
    return equals < 1 ? [] : grantsOf(who, part.slice(0, equals), part.slice(equals + 1), aliases, part[0]?.start ?? 0);
  });
  return [...first, ...others];
}

function isNegation(piece: Piece | undefined): boolean {
  return piece?.text === '!';
}

function grantsOf(who: readonly Piece[], hosts: readonly Piece[], commands: readonly Piece[], aliases: Aliases, start: number): Draft[] {
  const hostList = expanded(splitPieces(hosts, ',').flatMap(phrase), aliases);
  let runas: Piece | undefined;
  let tags: readonly Piece[] = [];
  const groups: { readonly runas: Piece | undefined; readonly tags: readonly Piece[]; readonly commands: Piece[] }[] = [];
  for (const part of splitPieces(commands, ',', 'outside-parentheses')) {
    let rest = part;
    if (rest[0]?.text === '(') {
      const close = rest.findIndex(({ text }) => text === ')');
      const inside = rest.slice(1, close === -1 ? undefined : close);
      const [only] = phrase(inside);
      runas = only === undefined ? undefined : runasOf(only, aliases);
      rest = close === -1 ? [] : rest.slice(close + 1);
    }
    while (rest[0] !== undefined && /^[A-Z_]+$/.test(rest[0].text) && rest[1]?.text === ':') {
      const [tag] = rest;
      const opposite = tag.text.startsWith('NO') ? tag.text.slice(2) : `NO${tag.text}`;
      tags = [...tags.filter(({ text }) => text !== opposite && text !== tag.text && !(tag.text === 'PASSWD' && text === 'NOPASSWD')), tag];
      rest = rest.slice(2);
    }
    const [command] = phrase(rest);
    if (command === undefined) continue;
    const last = groups.at(-1);
    if (last !== undefined && last.runas === runas && last.tags === tags) last.commands.push(command);
    else groups.push({ runas, tags, commands: [command] });
  }
  return groups.map((group) => {
    const list = expanded(group.commands, aliases);
    const at = group.commands[0] ?? hosts[0] ?? { text: '', start, end: start };
    const properties = [field('who', listOf(who, at)), field('hosts', listOf(hostList, at))];
    if (group.runas !== undefined) properties.push(field('runas', nodeOf(group.runas)));
    properties.push(field('tags', listOf(group.tags, at)), field('commands', listOf(list, at)));
    return objectNode(properties, start, Math.max(start, group.commands.at(-1)?.end ?? start));
  });
}

/** "OP : adm" with what the alias stands for: "www,deploy:adm", at the place that says so where it is nothing but an alias. */
function runasOf(written: Piece, aliases: Aliases): Piece {
  const tight = written.text.replace(/ ?([:,]) ?/g, '$1');
  const [users = '', ...groups] = tight.split(':');
  const members = expanded(
    users.split(',').map((text) => ({ ...written, text })),
    aliases,
  );
  const [first] = members;
  const text = [members.map((each) => each.text).join(','), ...groups].join(':');
  return first === undefined || text === tight
    ? { ...written, text: tight }
    : { text, start: first.start, end: members.at(-1)?.end ?? first.end };
}

/** Aliases replaced by their members, also aliases among those; an alias that names itself, or too many, stay as they are. */
function expanded(items: readonly Piece[], aliases: Aliases): readonly Piece[] {
  const result: Piece[] = [];
  const put = (item: Piece, depth: number): void => {
    const negated = item.text.startsWith('!');
    const members = depth > 10 || result.length > 5000 ? undefined : aliases.get(item.text.replace(/^!+/, ''));
    if (members === undefined) result.push(item);
    else for (const each of members) put(negated ? { ...each, text: `!${each.text}` } : each, depth + 1);
  };
  for (const item of items) put(item, 0);
  return result;
}

/** Several pieces as one text, with single spaces. */
function phrase(pieces: readonly Piece[]): Piece[] {
  const [first] = pieces;
  const last = pieces.at(-1);
  return first === undefined || last === undefined ? [] : [trimmed(pieces, first.start, last.end)];
}

function nodeOf(piece: Piece): Draft {
  return textNode(piece.text, piece.start, piece.end);
}

function listOf(items: readonly Piece[], at: Piece): Draft {
  const [first] = items;
  return arrayNode(items.map(nodeOf), first?.start ?? at.start, Math.max(first?.start ?? at.start, items.at(-1)?.end ?? at.start));
}
