import { editMemory } from '../edit-memory.ts';
import { formatOf, hasReader, readText } from '../read/format.ts';
import { member, membersOf, type TextTree, type TreeNode } from '../read/tree.ts';
import { valueOffset } from '../read/value-offset.ts';
import type { Declaration } from './declaration.ts';
import { itemsOf, madeMember, madeObject } from './nodes.ts';
import { textAt } from './text-of.ts';

/** A file that stands in another: as a text, or (values of a chart) as part of its tree. */
export type FileWithin = {
  /** Its name, as far as the text around it says. */
  readonly path: string;
  /** Whose it is, to tell it from others: the key of the declaration around it. */
  readonly of: string;
  readonly tree: Pick<TextTree, 'format' | 'documents'>;
};

/**
 * Files that a text writes out: entries of a ConfigMap, patches of Kustomize, values for a chart (Argo CD, Flux), here-documents that a
 * Dockerfile copies, files that cloud-init or Ansible writes. Their nodes stand where the outer text has them.
 */
export function filesWithin(tree: TextTree, declarations: readonly Declaration[]): readonly FileWithin[] {
  if (tree.format === 'dockerfile') return tree.text.includes('<<') ? tree.documents.flatMap(copiedFiles) : [];
  if (tree.format !== 'yaml' && tree.format !== 'json') return [];
  const found = declarations.flatMap(filesOf);
  return WRITTEN.test(tree.text) ? [...found, ...tree.documents.flatMap(writtenFiles)] : found;
}

/** A file that is written with its content beside its path. */
const WRITTEN = /write_files|\bcontent\b["']?\s*:/;

function filesOf(declaration: Declaration): readonly FileWithin[] {
  if (declaration.system !== 'kubernetes') return [];
  const { type, node, key } = declaration;
  switch (type) {
    case 'ConfigMap':
    case 'Secret':
      return ['data', 'stringData'].flatMap((section) =>
        membersOf(member(node, section)).flatMap(({ key: name, value }) =>
          type === 'Secret' && section === 'data' ? [] : textFile(name, value, key),
        ),
      );
    case 'Kustomization':
      return patchesOf(node).flatMap((patch) => textFile('patch.yaml', patch, key));
    case 'Application':
    case 'ApplicationSet':
    case 'HelmRelease':
    case 'HelmChart':
      return valuesOf(type, node).flatMap((value) => valuesFile(value, key));
    default:
      return [];
  }
}

function patchesOf(node: TreeNode): readonly TreeNode[] {
  const spec = member(node, 'spec');
  return [
    ...[member(node, 'patches'), member(node, 'patchesJson6902'), member(spec, 'patches')]
      .flatMap(itemsOf)
      .flatMap((each) => member(each, 'patch') ?? []),
    ...itemsOf(member(node, 'patchesStrategicMerge')),
  ];
}

function valuesOf(type: string, node: TreeNode): readonly TreeNode[] {
  const spec = member(node, 'spec');
  if (type === 'HelmRelease') return [member(spec, 'values')].flatMap((each) => each ?? []);
  if (type === 'HelmChart') return [member(spec, 'valuesContent')].flatMap((each) => each ?? []);
  const app = type === 'ApplicationSet' ? member(member(spec, 'template'), 'spec') : spec;
  const sources = [...itemsOf(member(app, 'source')), ...itemsOf(member(app, 'sources'))];
  return sources.flatMap((source) => {
    const helm = member(source, 'helm');
    const given = [member(helm, 'values'), member(helm, 'valuesObject')].flatMap((each) => each ?? []);
    return [...given, ...itemsOf(member(helm, 'parameters')).flatMap(parameterOf)];
  });
}

/** `{name: "service.type", value: "NodePort"}` is `service: {type: NodePort}`. */
function parameterOf(parameter: TreeNode): readonly TreeNode[] {
  const name = textAt(parameter, 'name');
  const value = member(parameter, 'value');
  if (name === undefined || value === undefined) return [];
  const text = String(value.value);
  const plain: TreeNode =
    text === 'true' || text === 'false' ? { type: 'boolean', offset: value.offset, length: value.length, value: text === 'true' } : value;
  return [
    name
      .split('.')
      .slice(0, MOST_STEPS)
      .reduceRight((inner, step) => madeObject([madeMember(step, inner)], parameter), plain),
  ];
}

const MOST_STEPS = 20;

function valuesFile(node: TreeNode, of: string): readonly FileWithin[] {
  if (node.type === 'string') return textFile('values.yaml', node, of);
  return node.type === 'object' ? [{ path: 'values.yaml', of, tree: { format: 'yaml', documents: [node] } }] : [];
}

/** `COPY <<EOF /etc/x`: the lines behind the first are the file. */
function copiedFiles(root: TreeNode): readonly FileWithin[] {
  return itemsOf(member(root, 'stage'))
    .flatMap((stage) => itemsOf(member(stage, 'instruction')))
    .flatMap((instruction) => {
      const keyword = textAt(instruction, 'keyword');
      const value = member(instruction, 'value');
      const text = String(value?.value ?? '');
      const at = text.indexOf('\n');
      if ((keyword !== 'COPY' && keyword !== 'ADD') || value === undefined || at === -1 || !text.includes('<<')) return [];
      const path = text.slice(0, at).trim().split(/\s+/).at(-1) ?? '';
      return textFile(path, value, 'COPY', at + 1);
    });
}

/** Objects with a path and a text: `write_files` of cloud-init, `copy` of Ansible. */
function writtenFiles(root: TreeNode): readonly FileWithin[] {
  const found: FileWithin[] = [];
  const visit = (node: TreeNode, depth: number): void => {
    if (depth > MOST_STEPS) return;
    if (node.type === 'array') for (const item of node.children ?? []) visit(item, depth + 1);
    if (node.type !== 'object') return;
    const path = textAt(node, 'path') ?? textAt(node, 'dest');
    const content = member(node, 'content');
    if (path !== undefined && content !== undefined && path.startsWith('/')) found.push(...textFile(path, content, path));
    for (const { value } of membersOf(node)) visit(value, depth + 1);
  };
  visit(root, 0);
  return found;
}

function textFile(path: string, node: TreeNode, of: string, from = 0): readonly FileWithin[] {
  if (node.type !== 'string' || typeof node.value !== 'string') return [];
  const text = from === 0 ? node.value : node.value.slice(from);
  // One line is a file only where its name tells.
  if ((from === 0 && !text.includes('\n') && formatOf(path, '') === undefined) || text.length > LONGEST) return [];
  const known = read.get(node);
  if (known !== undefined) return [known];
  const format = formatOf(path, text);
  if (format === undefined || !hasReader(format)) return [];
  const { documents } = readText(format, text, 'after');
  const file = {
    path,
    of,
    tree: { format, documents: documents.map((each) => placed(each, (offset) => valueOffset(node, offset + from))) },
  };
  read.set(node, file);
  return [file];
}

/** Characters. Longer ones are data. */
const LONGEST = 100_000;

const read = editMemory<TreeNode, FileWithin>();

/** The same node, where the outer text has it. */
function placed(node: TreeNode, at: (offset: number) => number): TreeNode {
  const offset = at(node.offset);
  const { children, runs, ...rest } = node;
  return {
    ...rest,
    offset,
    length: Math.max(0, at(node.offset + node.length) - offset),
    ...(runs === undefined ? {} : { runs: runs.map(([index, start]) => [index, at(start)] as const) }),
    ...(children === undefined ? {} : { children: children.map((each) => placed(each, at)) }),
  };
}
