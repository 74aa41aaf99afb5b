import type { KeptChildren } from '../read/changed-part.ts';
import { membersOf, type TreeNode } from '../read/tree.ts';
import { nameOf } from './hit.ts';
import { isStandInValue, secretName } from './secret-names.ts';

/** A secret that is written out where it stands. `text` stays within the rule that asked. */
export type SecretValue = {
  /** What it stands under: "master_password". */
  readonly name: string;
  /** Keys and names on the way, apart from the order of lists. */
  readonly trail: string;
  readonly text: string;
  readonly node: TreeNode;
};

const DEEPEST = 200;
const MOST = 5000;

/** Everything in a document that a secret's name says to be one, and that is written out. What is `kept` is not looked into. */
export function secretValuesIn(
  root: TreeNode,
  kept: (node: TreeNode) => KeptChildren | undefined = () => undefined,
): readonly SecretValue[] {
  const found: SecretValue[] = [];
  const seen = new Set<TreeNode>();

  const take = (name: string, trail: string, node: TreeNode): void => {
    const kind = secretName(name);
    const text = kind === undefined ? undefined : writtenText(kind, node);
    if (text !== undefined && found.length < MOST) found.push({ name, trail, text, node });
  };

  const visit = (node: TreeNode, trail: string, depth: number): void => {
    if (depth > DEEPEST || seen.has(node)) return;
    const { start, end } = kept(node) ?? { start: 0, end: 0 };
    const children = node.children ?? [];
    const changed = start + end === 0 ? children : children.slice(start, children.length - end);
    if (node.type === 'array') {
      for (const item of changed) {
        pairIn(item, trail);
        visit(item, `${trail}[${nameOf(item) ?? ''}]`, depth + 1);
      }
      return;
    }
    if (node.type !== 'object') return;
    seen.add(node);
    // What is kept counts only beside what was changed: names of values, and the data of what has become a Secret.
    const all = start + end === 0 || changed.some(hangsTogether);
    const members = membersOf(all ? node : { ...node, children: changed });
    const isSecret = members.some(({ key, value }) => key === 'kind' && value.value === 'Secret');
    const isChanged = changedAmong(changed, all ? start + end : 0);
    for (const { key, value } of members) {
      if (key !== 'data' && key !== 'stringData' && !isChanged(value)) continue;
      const below = `${trail}.${key}`;
      if (isSecret && (key === 'data' || key === 'stringData')) {
        for (const each of membersOf(value)) take('password', `${below}.${each.key}`, each.value);
        continue;
      }
      for (const each of value.type === 'array' ? (value.children ?? []) : [value]) {
        // A block, a parameter or a variable of that name: what it is by default.
        const names = each.labels === undefined || each.labels.length === 0 ? [key] : each.labels;
        if (each.type === 'object') {
          for (const name of names)
            for (const inner of membersOf(each))
              if (/^(default|default_?value|value)$/i.test(inner.key)) take(name, `${below}(${name}).${inner.key}`, inner.value);
        } else if (each.type === 'string' || each.type === 'number') take(key, below, each);
      }
      visit(value, below, depth + 1);
    }
    named(members, trail);
  };

  /** {name: "DB_PASSWORD", value: "…"}, as environments and parameters are written. */
  const named = (members: ReturnType<typeof membersOf>, trail: string): void => {
    const name = members.find(({ key, value }) => NAME.test(key) && value.type === 'string')?.value;
    if (name === undefined) return;
    const value = members.find(({ key }) => VALUE.test(key));
    if (value !== undefined) take(String(name.value), `${trail}(${String(name.value)})`, value.value);
  };

  /** "DB_PASSWORD=…" in a list. */
  const pairIn = (item: TreeNode, trail: string): void => {
    const text = item.type === 'string' ? String(item.value) : '';
    const match = /^\s*([A-Za-z_][\w.-]{0,100})=(.+)$/s.exec(text);
    if (match?.[1] === undefined || match[2] === undefined) return;
    take(match[1], `${trail}(${match[1]})`, { ...item, value: match[2].replace(/^(["'])(.*)\1$/s, '$2') });
  };

  visit(root, '', 0);
  return found;
}

/** A member that says what another one means. */
function hangsTogether({ children }: TreeNode): boolean {
  const key = String(children?.[0]?.value);
  return key === 'kind' || key === 'data' || key === 'stringData' || NAME.test(key) || VALUE.test(key);
}

const NAME = /^(name|key|parameter_?key|variable)$/i;
const VALUE = /^(value|parameter_?value|default)$/i;

function changedAmong(changed: readonly TreeNode[], kept: number): (value: TreeNode) => boolean {
  if (kept === 0) return () => true;
  const values = new Set(changed.map(({ children }) => children?.[1]));
  return (value) => values.has(value);
}

/** Undefined: a reference, a stand-in, or nothing that could be a secret of its kind. */
function writtenText(kind: 'password' | 'key' | 'secret', node: TreeNode): string | undefined {
  if (node.type === 'number') return kind === 'password' && String(node.value).length > 2 ? String(node.value) : undefined;
  if (node.type !== 'string') return undefined;
  const text = String(node.value);
  if (node.unresolved === true) return branchOf(text);
  if (isStandInValue(text)) return undefined;
  // Names of secrets, kinds of tokens: words, and nothing but words.
  return kind !== 'password' &&
    (/^[A-Za-z]{1,15}([-_./: ][A-Za-z]{1,15})*$/.test(text) && text.length < 40 ? true : /^https?:\/\/[^\s:@]+$/.test(text))
    ? undefined
    : text;
}

/** `ready ? var.password : "root"`: one way of it is written out. */
function branchOf(text: string): string | undefined {
  if (text.length > 2000) return undefined;
  const written = /[?:,(]\s*"([^"$]{3,})"/.exec(text)?.[1];
  return written !== undefined && /\?|coalesce|try\(|lookup\(/.test(text) && (written === 'null' || !isStandInValue(written))
    ? written
    : undefined;
}
