import { membersOf, type TreeNode } from '../read/tree.ts';
import type { Declaration } from '../systems/declaration.ts';
import { type Hit, markOf, trailOf } from './hit.ts';

/** A thing before and after. `loose`: not by its name, but because one vanished where the other appeared. */
export type Paired<T> = { readonly before: T | undefined; readonly after: T | undefined; readonly loose: boolean };

/** Declarations of the two sides: by system, type and key; then by name where the type changed; then in order, as renamed; then by their settings. */
export function pairDeclarations(before: readonly Declaration[], after: readonly Declaration[]): readonly Paired<Declaration>[] {
  return pairUp(before, after, [
    { keyOf: ({ system, type, key }) => `${system}\n${type}\n${key}`, loose: false },
    { keyOf: ({ system, name }) => `${system}\n${name}`, loose: true },
    { keyOf: ({ system, type }) => `${system}\n${type}`, loose: true },
    // Another type with the same settings: aws_alb and aws_lb are one thing by two names.
    { keyOf: ({ system, node }) => `${system}\n${keysOf(node)}`, loose: true },
  ]);
}

/** Items of a declaration: by their way and name; then by the key they stand at and their own name or content; then in order. */
export function pairItems(before: readonly Hit[], after: readonly Hit[]): readonly Paired<Hit>[] {
  return pairUp(before, after, [
    { keyOf: trailOf, loose: false },
    { keyOf: (hit) => `${hit.key ?? ''}${markOf(hit)}`, loose: false },
    { keyOf: (hit) => wayOf(trailOf(hit)), loose: true },
    { keyOf: ({ key, node }) => `${key ?? ''}\n${node.type}`, loose: true },
  ]);
}

type Round<T> = { readonly keyOf: (each: T) => string; readonly loose: boolean };

/** Round by round, those with the same key pair up in order; what is left goes into the next round. */
function pairUp<T>(before: readonly T[], after: readonly T[], rounds: readonly Round<T>[]): readonly Paired<T>[] {
  const partner = new Map<T, Paired<T>>();
  let leftBefore = before;
  let leftAfter = after;
  for (const { keyOf, loose } of rounds) {
    if (leftBefore.length === 0 || leftAfter.length === 0) break;
    const waiting = new Map<string, T[]>();
    for (const each of leftBefore) {
      const key = keyOf(each);
      const queue = waiting.get(key);
      if (queue === undefined) waiting.set(key, [each]);
      else queue.push(each);
    }
    for (const queue of waiting.values()) queue.reverse();
    const taken = new Set<T>();
    leftAfter = leftAfter.filter((each) => {
      const found = waiting.get(keyOf(each))?.pop();
      if (found === undefined) return true;
      taken.add(found);
      partner.set(each, { before: found, after: each, loose });
      return false;
    });
    leftBefore = leftBefore.filter((each) => !taken.has(each));
  }
  return [
    ...after.map((each) => partner.get(each) ?? { before: undefined, after: each, loose: false }),
    ...leftBefore.map((each) => ({ before: each, after: undefined, loose: false })),
  ];
}

function keysOf(node: TreeNode): string {
  return membersOf(node)
    .map(({ key }) => key)
    .sort()
    .join();
}

/** The keys alone. */
function wayOf(trail: string): string {
  return trail.replace(/\[[^\]]*\]/g, '[]');
}
