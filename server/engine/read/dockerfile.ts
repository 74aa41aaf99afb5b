import type { Place } from '../types.ts';
import { type DockerLine, dockerLines } from './dockerfile-lines.ts';
import { arrayNode, type Draft, field, isTooLarge, objectNode, sourceOf, textNode, treeOf } from './draft.ts';
import type { ChangedPart } from './changed-part.ts';
import { movedNode } from './moved-node.ts';
import { piecesAfter } from './taken-pieces.ts';
import { member, type TextTree, type TreeNode } from './tree.ts';

/**
 * Reads a Dockerfile: {"argument": […], "stage": [{"from": {…}, "instruction": […]}]}, each stage with its name as label.
 *
 * - from: {image: "node:20@sha256:…" as written, name: "node", tag, digest, stage, platform}; arguments with a default in this text are put in.
 * - instruction: {keyword: "RUN", value: the rest, with continued lines joined by spaces}, and for some:
 *   `flags` ({chown: "…"}), `sources` and `destination` of COPY and ADD, `variable` ([{name, value}]) of ENV, ARG and LABEL,
 *   `user` and `group` of USER, `ports` of EXPOSE, `words` of the JSON form, `instruction` of ONBUILD.
 * - argument: the variables of ARG lines before the first FROM.
 */
export function readDockerfile(text: string, side: Place['side']): TextTree {
  const source = sourceOf('dockerfile', text, side);
  if (isTooLarge(source)) return treeOf(source, undefined);
  const stages: {
    readonly start: number;
    end: number;
    readonly from: Draft;
    readonly name: string | undefined;
    readonly instructions: Draft[];
  }[] = [];
  const globals: Draft[] = [];
  const loose: Draft[] = [];
  const defaults = new Map<string, string>();
  for (const line of dockerLines(text)) {
    const stage = stages.at(-1);
    if (line.keyword === 'FROM') {
      const { node, name } = fromOf(line, defaults);
      stages.push({ start: line.start, end: line.end, from: node, name, instructions: [] });
      continue;
    }
    const instruction = instructionOf(line);
    if (stage !== undefined) {
      stage.instructions.push(instruction);
      stage.end = line.end;
    } else if (line.keyword === 'ARG') {
      const variables = variablesOf(line);
      globals.push(...variables.map(({ node }) => node));
      for (const { name, value } of variables) if (value !== undefined) defaults.set(name, value);
    } else loose.push(instruction);
  }
  // Half a file, such as one without its first line: what is there is read as a stage without an image.
  const first = loose[0];
  const all = stages.map((stage) => ({
    ...objectNode(
      [
        field('from', stage.from),
        field('instruction', arrayNode(stage.instructions, stage.instructions[0]?.offset ?? stage.end, stage.end)),
      ],
      stage.start,
      stage.end,
    ),
    labels: stage.name === undefined ? [] : [stage.name],
  }));
  if (first !== undefined)
    all.unshift({
      ...objectNode([field('instruction', arrayNode(loose, first.offset, endOf(loose)))], first.offset, endOf(loose)),
      labels: [],
    });
  const properties = globals.length > 0 ? [field('argument', arrayNode(globals, globals[0]?.offset ?? 0, endOf(globals)))] : [];
  properties.push(field('stage', arrayNode(all, all[0]?.offset ?? 0, text.length)));
  return treeOf(source, objectNode(properties, 0, text.length));
}

/**
 * The tree of a text, made from that of the other text of the edit, where all that was changed stands between two instructions of one stage:
 * an instruction is read from its own lines alone. Undefined where that is not so.
 */
export function dockerfileTakenOver(
  text: string,
  _side: Place['side'],
  { documents, text: old }: TextTree,
  part: ChangedPart,
): readonly TreeNode[] | undefined {
  const [root] = documents;
  const stages = member(root, 'stage');
  // Other line ends hang on the first lines of the text.
  if (root === undefined || stages?.children === undefined || /escape/i.test(old.slice(0, 500))) return undefined;
  const at = stages.children.findIndex((stage) => isWithin(member(stage, 'instruction'), part));
  const stage = stages.children[at];
  const list = member(stage, 'instruction');
  // Without FROM, its lines may be more than instructions.
  if (stage === undefined || list?.children === undefined || member(stage, 'from') === undefined) return undefined;
  const instructions = piecesAfter(list.children, text, part, readInstructions);
  if (instructions === undefined) return undefined;
  const by = part.after.end - part.before.end;
  const behind = stages.children.slice(at + 1);
  const now = longer(stage, by, withMember(stage, 'instruction', longer(list, by, instructions)));
  const all = [...stages.children.slice(0, at), now, ...(by === 0 ? behind : behind.map((each) => movedNode(each, by)))];
  return [longer(root, by, withMember(root, 'stage', longer(stages, by, all)))];
}

/** Behind the first instruction, and ahead of the end of the last. */
function isWithin(list: TreeNode | undefined, { before }: ChangedPart): boolean {
  const first = list?.children?.[0];
  if (list === undefined || first === undefined) return false;
  return first.offset + first.length <= before.start && before.end <= list.offset + list.length;
}

/** Undefined where a stage begins among them. */
function readInstructions(slice: string): readonly TreeNode[] | undefined {
  const lines = dockerLines(slice);
  return lines.some(({ keyword }) => keyword === 'FROM') ? undefined : lines.map(instructionOf);
}

function longer(node: TreeNode, by: number, children: readonly TreeNode[]): TreeNode {
  return { ...node, length: node.length + by, children };
}

/** The members of an object with another value for one, whose key stands where the value stands. */
function withMember({ children = [] }: TreeNode, name: string, value: TreeNode): readonly TreeNode[] {
  const { offset, length } = value;
  return children.map((property) => {
    const [key] = property.children ?? [];
    if (key?.value !== name) return property;
    return { type: 'property', offset, length, children: [{ type: 'string', offset, length, value: name }, value] };
  });
}

function endOf(nodes: readonly Draft[]): number {
  return nodes.reduce((most, each) => Math.max(most, each.offset + each.length), 0);
}

function fromOf(line: DockerLine, defaults: ReadonlyMap<string, string>): { readonly node: Draft; readonly name: string | undefined } {
  const { flags, words } = flagsOf(line);
  const [image, as, alias] = words;
  const properties: Draft[] = [];
  if (image !== undefined) {
    let unresolved = false;
    const put = image.text.replace(
      /\$(?:\{(\w+)(?::?[-+?]([^}]*))?\}|(\w+))/g,
      (whole, braced?: string, otherwise?: string, bare?: string) => {
        const value = defaults.get(braced ?? bare ?? '') ?? (whole.includes('-') ? otherwise : undefined);
        if (value === undefined) unresolved = true;
        return value ?? `\${${braced ?? bare ?? ''}}`;
      },
    );
    const [reference = '', digest] = put.split('@', 2);
    const colon = reference.lastIndexOf(':');
    const hasTag = colon > reference.lastIndexOf('/') && !/\$\{[^}]*$/.test(reference.slice(0, colon));
    const part = (name: string, value: string | undefined): void => {
      if (value === undefined) return;
      const node = textNode(value, image.start, image.end);
      properties.push(field(name, unresolved && value.includes('${') ? { ...node, unresolved: true } : node));
    };
    part('image', put);
    part('name', hasTag ? reference.slice(0, colon) : reference);
    part('tag', hasTag ? reference.slice(colon + 1) : undefined);
    part('digest', digest);
  }
  const name = as !== undefined && alias !== undefined && /^as$/i.test(as.text) ? alias.text : undefined;
  if (name !== undefined && alias !== undefined) properties.push(field('stage', textNode(name, alias.start, alias.end)));
  for (const flag of flags) if (flag.name === 'platform') properties.push(field('platform', flag.value));
  return { node: objectNode(properties, line.start, line.end), name };
}

type Spot = { readonly text: string; readonly start: number; readonly end: number };

type Flag = { readonly name: string; readonly value: Draft };

/** Words of a line, and before them its `--name=value` flags. */
function flagsOf(line: DockerLine): { readonly flags: readonly Flag[]; readonly words: readonly Spot[] } {
  const flags: Flag[] = [];
  const words: Spot[] = [];
  for (const match of line.value.matchAll(/"(?:[^"\\]|\\.)*"?|(?:[^\s"\\]|\\.?|(?<=\S)"[^"]*"?)+/g)) {
    const spot = { text: match[0], start: line.at(match.index), end: line.at(match.index + match[0].length - 1) + 1 };
    const flag = words.length === 0 ? /^--([\w-]+)(?:=(.*))?$/.exec(spot.text) : null;
    if (flag?.[1] === undefined) words.push(spot);
    else {
      const value: Draft =
        flag[2] === undefined
          ? { type: 'boolean', offset: spot.start, length: spot.end - spot.start, value: true }
          : textNode(flag[2], spot.end - flag[2].length, spot.end);
      flags.push({ name: flag[1], value });
    }
  }
  return { flags, words };
}

function instructionOf(line: DockerLine): Draft {
  const key = textNode(line.keyword, line.start, line.start + line.keyword.length);
  const value: Draft = { ...textNode(line.value, line.valueStart, line.end), runs: line.runs };
  return objectNode([field('keyword', key), field('value', value), ...partsOf(line)], line.start, line.end);
}

function partsOf(line: DockerLine): Draft[] {
  switch (line.keyword) {
    case 'COPY':
    case 'ADD': {
      const { flags, words } = flagsOf(line);
      const paths = jsonWords(line) ?? words;
      const destination = paths.at(-1);
      const sources = paths.slice(0, -1);
      const parts = flagField(flags);
      if (destination !== undefined && sources.length > 0) {
        parts.push(listField('sources', sources), field('destination', spotNode(destination)));
      }
      return parts;
    }
    case 'RUN':
    case 'HEALTHCHECK':
      return [...flagField(flagsOf(line).flags), ...wordsField(line)];
    case 'CMD':
    case 'ENTRYPOINT':
    case 'SHELL':
    case 'VOLUME':
      return wordsField(line);
    case 'ENV':
    case 'ARG':
    case 'LABEL':
      return [
        listFieldOf(
          'variable',
          variablesOf(line).map(({ node }) => node),
          line,
        ),
      ];
    case 'USER': {
      const [user] = flagsOf(line).words;
      if (user === undefined) return [];
      const colon = user.text.indexOf(':');
      if (colon === -1) return [field('user', spotNode(user))];
      return [
        field('user', textNode(user.text.slice(0, colon), user.start, user.start + colon)),
        field('group', textNode(user.text.slice(colon + 1), user.start + colon + 1, user.end)),
      ];
    }
    case 'EXPOSE': {
      const { words } = flagsOf(line);
      return words.length === 0 ? [] : [listField('ports', words)];
    }
    case 'ONBUILD': {
      const inner = /^\s*([A-Za-z]+)\s+/.exec(line.value);
      if (inner?.[1] === undefined || inner[1].toUpperCase() === 'ONBUILD') return [];
      const from = inner[0].length;
      const nested: DockerLine = {
        keyword: inner[1].toUpperCase(),
        start: line.at(0),
        end: line.end,
        value: line.value.slice(from),
        valueStart: line.at(from),
        at: (index) => line.at(index + from),
        runs: line.runs.map(([index, offset]): readonly [number, number] => [index - from, offset]),
      };
      return [field('instruction', instructionOf(nested))];
    }
    default:
      return [];
  }
}

function flagField(flags: readonly Flag[]): Draft[] {
  const [first] = flags;
  if (first === undefined) return [];
  const properties = flags.map(({ name, value }) => field(name, value));
  return [field('flags', objectNode(properties, first.value.offset, endOf(flags.map(({ value }) => value))))];
}

function wordsField(line: DockerLine): Draft[] {
  const words = jsonWords(line);
  return words === undefined ? [] : [listField('words', words)];
}

/** `["a", "b"]` */
function jsonWords(line: DockerLine): readonly Spot[] | undefined {
  const list = /^\s*(?:--\S+\s+)*\[\s*((?:"(?:[^"\\]|\\.)*"\s*(?:,\s*)?)*)\]\s*$/.exec(line.value);
  if (list?.[1] === undefined) return undefined;
  const from = line.value.indexOf(list[1], line.value.indexOf('[') + 1);
  return [...list[1].matchAll(/"((?:[^"\\]|\\.)*)"/g)].map((match) => {
    const start = from + match.index;
    return { text: (match[1] ?? '').replace(/\\(.)/g, '$1'), start: line.at(start), end: line.at(start + match[0].length - 1) + 1 };
  });
}

/** `A=1 B="two words"`, `ARG NAME`, and the old `ENV NAME the rest`. */
function variablesOf(line: DockerLine): readonly { readonly name: string; readonly value: string | undefined; readonly node: Draft }[] {
  const made = (name: string, from: number, value: string | undefined, end: number) => {
    const start = line.at(from);
    const stop = Math.max(start, end);
    const key = textNode(name, start, start + name.length);
    const properties = [field('name', key)];
    if (value !== undefined) {
      const bare = value.replace(/^(["'])(.*)\1$/s, '$2');
      const node = textNode(bare, Math.max(start, stop - value.length), stop);
      properties.push(field('value', /\$(\w|\{)/.test(bare) ? { ...node, unresolved: true } : node));
      return { name, value: bare, node: objectNode(properties, start, stop) };
    }
    return { name, value: undefined, node: objectNode(properties, start, stop) };
  };
  const old = line.keyword === 'ARG' ? null : /^\s*([^\s=]+)\s+([^]*\S)\s*$/.exec(line.value);
  if (old?.[1] !== undefined && old[2] !== undefined) {
    const from = line.value.indexOf(old[1]);
    return [made(old[1], from, old[2], line.end)];
  }
  return [...line.value.matchAll(/([^\s=]+)(?:=("(?:[^"\\]|\\[^])*"?|'[^']*'?|(?:[^\s\\]|\\[^])*))?/g)].map((match) =>
    made(match[1] ?? '', match.index, match[2], line.at(match.index + match[0].length - 1) + 1),
  );
}

function listField(name: string, spots: readonly Spot[]): Draft {
  const [first] = spots;
  const start = first?.start ?? 0;
  return field(name, arrayNode(spots.map(spotNode), start, Math.max(start, spots.at(-1)?.end ?? 0)));
}

function listFieldOf(name: string, nodes: Draft[], line: DockerLine): Draft {
  return field(name, arrayNode(nodes, nodes[0]?.offset ?? line.start, line.end));
}

function spotNode({ text, start, end }: Spot): Draft {
  const bare = /^(["'])(.*)\1$/s.exec(text)?.[2] ?? text;
  return textNode(bare, start, end);
}
