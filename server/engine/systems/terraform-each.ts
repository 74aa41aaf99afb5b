import { member, membersOf, type TreeNode } from '../read/tree.ts';
import { itemsOf, madeText, mapTexts } from './nodes.ts';

/**
 * The bodies that a block with `for_each` over written items makes, with what `each.key` and `each.value` stand for put in; the block itself
 * where it has none, where its items are not known, or where they are many.
 */
export function eachOf(body: TreeNode): readonly TreeNode[] {
  const list = itemsOf(member(body, 'for_each'));
  const [first] = list;
  if (first === undefined || member(body, 'for_each')?.unresolved === true) return [body];
  const items = member(body, 'for_each')?.type === 'array' ? list.map((item) => ({ key: item, value: item })) : entriesOf(first);
  if (items.length === 0 || items.length > MOST_ITEMS || items.some(({ key }) => typeof key.value !== 'string')) return [body];
  const made = items.map(({ key, value }) => mapTexts(body, (text) => filledIn(text, key, value)));
  return made.every((each) => each === body) ? [body] : made;
}

/** More items than this differ in no more than their values. */
const MOST_ITEMS = 20;

function entriesOf(map: TreeNode): readonly { readonly key: TreeNode; readonly value: TreeNode }[] {
  return membersOf(map).map(({ keyNode, value }) => ({ key: keyNode, value }));
}

const WHOLE = /^\$\{each\.(key|value)((?:\.[\w-]+|\["[^"]+"\])*)\}$/;
const PART = /\$\{each\.(key|value)((?:\.[\w-]+|\["[^"]+"\])*)\}/g;

function filledIn(text: TreeNode, key: TreeNode, value: TreeNode): TreeNode {
  const written = String(text.value);
  if (text.unresolved !== true || !written.includes('${each.')) return text;
  const found = (of: string, steps: string): TreeNode | undefined =>
    of === 'key' ? key : [...steps.matchAll(/[\w-]+/g)].reduce<TreeNode | undefined>((node, [step]) => member(node, step), value);
  const whole = WHOLE.exec(written);
  if (whole !== null) return found(whole[1] ?? '', whole[2] ?? '') ?? text;
  const put = written.replace(PART, (part, of: string, steps: string) => {
    const node = found(of, steps);
    return node === undefined || node.children !== undefined || node.unresolved === true ? part : String(node.value);
  });
  return put === written ? text : { ...madeText(put, text), unresolved: put.includes('${') };
}
