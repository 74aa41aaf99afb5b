import { member, membersOf, type TextTree, type TreeNode } from '../../read/tree.ts';

/**
 * Of a value that is worked out elsewhere, what the text itself says that it may be: both sides of a condition, the items that a call
 * chooses from, the default of a parameter, the literals of an expression. Undefined where the text has nothing of the kind.
 */
export function alternativesIn({ format, text, documents }: TextTree): Alternatives | undefined {
  if (format === 'hcl') {
    const chooses = text.includes('?') || text.includes('%{') || /\b(coalesce|try|lookup|templatestring)\w*\(/.test(text);
    return chooses ? { of: ofExpression, standElsewhere: true } : undefined;
  }
  if (!mayChoose(text)) return undefined;
  const known = { parameters: new Map<string, TreeNode>(), mappings: new Map<string, TreeNode>() };
  for (const root of documents) {
    for (const { key, value } of membersOf(member(root, 'Parameters'))) {
      const given = member(value, 'Default');
      // What is named in a name is no wildcard: only a default that opens something is looked at.
      if (typeof given?.value === 'string' && /[*:]/.test(given.value)) known.parameters.set(key, given);
    }
    for (const { key, value } of membersOf(member(root, 'Mappings'))) known.mappings.set(key, value);
  }
  return { of: (node) => ofCall(node, known, 0), standElsewhere: known.parameters.size + known.mappings.size > 0 };
}

/** Has it a word of CloudFormation's calls? One that begins rarely after the other: a search for it is many times as fast as for any of them. */
function mayChoose(text: string): boolean {
  return (
    text.includes('Fn::') ||
    (text.includes('Ref"') && text.includes('"Ref"')) ||
    (text.includes('!') && /!(Ref|If|Select|Split|FindInMap|Sub)\b/.test(text))
  );
}

export type Alternatives = {
  readonly of: (node: TreeNode) => readonly TreeNode[];
  /** Some of them stand outside of the statements that name them. */
  readonly standElsewhere: boolean;
};

type Known = { readonly parameters: ReadonlyMap<string, TreeNode>; readonly mappings: ReadonlyMap<string, TreeNode> };

const DEEPEST = 10;

function ofCall(node: TreeNode, known: Known, depth: number): readonly TreeNode[] {
  const [only, ...more] = membersOf(node);
  if (depth > DEEPEST || only === undefined || more.length > 0) return [];
  const { key, value } = only;
  const parts = value.children ?? [];
  const each = (part: TreeNode | undefined): readonly TreeNode[] => {
    if (part === undefined) return [];
    if (part.type === 'array') return (part.children ?? []).flatMap(each);
    return part.type === 'object' ? ofCall(part, known, depth + 1) : part.type === 'string' ? [part] : [];
  };
  switch (key) {
    case 'Ref': {
      const given = known.parameters.get(String(value.value));
      return given === undefined
        ? []
        : String(given.value)
            .split(',')
            .map((part) => ({ ...value, type: 'string', value: part.trim() }));
    }
    case 'Fn::If':
      return parts.slice(1).flatMap(each);
    case 'Fn::Select': {
      const items = parts[1]?.type === 'array' ? (parts[1].children ?? []) : undefined;
      const chosen = items?.[Number(parts[0]?.value)];
      return chosen === undefined ? each(parts[1]) : each(chosen);
    }
    case 'Fn::Split': {
      const [separator, text] = parts;
      if (typeof separator?.value !== 'string' || separator.value === '' || typeof text?.value !== 'string') return each(text);
      return text.value.split(separator.value).map((part) => ({ ...text, value: part }));
    }
    case 'Fn::FindInMap':
      return leaves(
        parts.slice(1).reduce<readonly TreeNode[]>(
          stepInto,
          [known.mappings.get(String(parts[0]?.value)) ?? node].filter((map) => map !== node),
        ),
      );
    case 'Fn::Sub': {
      const [text, values] = parts;
      if (typeof text?.value !== 'string' || values === undefined) return [];
      const given = new Map(membersOf(values).map((one) => [one.key, one.value.value]));
      return [
        {
          ...text,
          value: text.value.replace(/\$\{(\w+)\}/g, (whole, name: string) =>
            typeof given.get(name) === 'string' ? String(given.get(name)) : whole,
          ),
        },
      ];
    }
    default:
      return [];
  }
}

/** One level of a mapping; every entry where its key is not known. */
function stepInto(maps: readonly TreeNode[], key: TreeNode): readonly TreeNode[] {
  return maps.flatMap((map) => {
    const found = typeof key.value === 'string' ? member(map, key.value) : undefined;
    return found !== undefined ? [found] : typeof key.value === 'string' ? [] : membersOf(map).map(({ value }) => value);
  });
}

function leaves(nodes: readonly TreeNode[]): readonly TreeNode[] {
  return nodes.flatMap((node) => (node.type === 'array' ? leaves(node.children ?? []) : node.type === 'string' ? [node] : []));
}

/** The literals of an expression of HCL that could be a value of a policy: wildcards, actions, ARNs. */
function ofExpression(node: TreeNode): readonly TreeNode[] {
  const text = String(node.value);
  if (node.type !== 'string') return [];
  if (/\$\{(if|for) /.test(text))
    return text
      .split(/\$\{(?:if|else|endif|for|endfor)\b[^}]*\}/)
      .filter((part) => part !== '' && !part.includes('${'))
      .map((value) => ({ ...node, value }));
  // Of what is looked for in a text, nothing becomes a value.
  if (!/^\$\{[^]*\}$/.test(text) || /\b(replace|regex\w*|split|trim\w*|contains|startswith|endswith|strcontains)\s*\(/.test(text))
    return [];
  return [...text.matchAll(/"((?:[^"\\$%]|\\.)*)"(?!\s*\])/g)]
    .map(([, value = '']) => value)
    .filter((value) => /[*]/.test(value) || /^[a-z0-9-]+:\w+$|^arn:/i.test(value))
    .map((value) => ({ ...node, value }));
}
