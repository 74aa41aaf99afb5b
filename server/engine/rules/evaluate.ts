import { assertNever } from '../assert-never.ts';
import { type EditMemory, editMemory } from '../edit-memory.ts';
import type { TreeNode } from '../read/tree.ts';
import type { Declaration } from '../systems/declaration.ts';
import type { Severity } from '../types.ts';
import { canonicalText, saySame } from './canonical-text.ts';
import { changeOfBody } from './change.ts';
import { itemsInChange, selectInChange } from './changed-items.ts';
import { globMatcher } from './glob.ts';
import { holdsNoMore } from './holds-no-more.ts';
import { numberOf, valuesOf } from './matcher.ts';
import type { Alarm as AlarmKind, PackRule, Scalar } from './pack.ts';
import { pairItems, type Paired } from './pair.ts';
import type { Hit } from './hit.ts';
import { looksOnlyAtItems, pathsFromBody } from './looks-at.ts';
import { type Answer, answer, itemsAt, type Mark, selectPath, type Subject } from './predicate.ts';
import { pathMeets } from './reads.ts';
import type { Truth } from './truth.ts';

/** A rule that an edit breaks, and all that its finding is made from. */
export type Alarm = {
  readonly rule: PackRule;
  readonly declarations: Paired<Declaration>;
  readonly items: Paired<Hit>;
  readonly severity: Severity;
  /** It hangs on a value that is not in the text. */
  readonly unknown: boolean;
  /** What the rule saw in the text after; for `gone` and `lost`, in the text before. */
  readonly marks: readonly Mark[];
  readonly values: readonly string[];
  /** What `lowered`, `raised` and `changed` compared, as a person would write it. */
  readonly compared: { readonly before: string; readonly after: string } | undefined;
};

/** The alarms of one rule over all pairs of declarations it speaks of. A state that only moved or was renamed raises none. */
export function alarmsOf(
  rule: PackRule,
  pairs: readonly Paired<Declaration>[],
  path: string,
  /** `everywhere` goes through what the edit kept as well: the same answer by a longer way, for comparing. */
  look: Look = 'at changes',
): readonly Alarm[] {
  const cases = casesOf(rule, pairs, path, look);
  const raised = cases.flatMap((at) => judge(at) ?? []);
  // What was settled is asked only where it could cancel an alarm out: that is seldom, and half of the work.
  if (!raised.some(({ movable }) => movable)) return raised.map(({ alarm }) => alarm);
  return withoutMoved(
    raised,
    cases.flatMap((at) => settledIn(at) ?? []),
  ).map(({ alarm }) => alarm);
}

type Look = 'at changes' | 'everywhere';

function casesOf(rule: PackRule, pairs: readonly Paired<Declaration>[], path: string, look: Look): readonly Case[] {
  const cases: Case[] = [];
  for (const declarations of pairs) {
    for (const { before, after, loose } of rule.pairing === 'strict' && declarations.loose ? apart(declarations) : [declarations]) {
      const pair = { before: spokenOf(rule, before), after: spokenOf(rule, after), loose };
      for (const items of itemPairs(rule, pair, path, look)) cases.push({ rule, declarations: pair, items, path, look });
    }
  }
  return cases;
}

/** Does the rule speak of this type of declaration? */
export function speaksOf(rule: PackRule, { system, type }: Pick<Declaration, 'system' | 'type'>): boolean {
  return rule.on.some((target) => {
    if (target.system !== '*' && target.system !== system) return false;
    if (target.type === undefined) return true;
    const types = typeof target.type === 'string' ? [target.type] : target.type;
    return types.some((each) => globMatcher(each, WITHOUT_CASE.has(system) ? 'ignore case' : 'exact case')(type));
  });
}

/** Azure takes "microsoft.sql/Servers" for "Microsoft.Sql/servers". */
const WITHOUT_CASE: ReadonlySet<string> = new Set(['arm', 'bicep']);

type Case = {
  readonly rule: PackRule;
  readonly declarations: Paired<Declaration>;
  readonly items: Paired<Hit>;
  readonly path: string;
  readonly look: Look;
};

/** An alarm; or the same state on the other side of the edit, settled, which an alarm of a moved or renamed thing cancels out against. */
type Found = { readonly alarm: Alarm; readonly movable: boolean };

function judge(at: Case): Found | undefined {
  const { rule } = at;
  const kind: AlarmKind = rule.alarm ?? 'becomes';
  switch (kind) {
    case 'becomes':
      return becomes(at);
    case 'gone':
      return gone(at);
    case 'lost':
      return lost(at);
    case 'lowered':
    case 'raised':
    case 'changed':
      return compared(at);
    default:
      return assertNever(kind);
  }
}

function becomes(at: Case): Found | undefined {
  const { rule, items } = at;
  if (isNoWorse(at)) return undefined;
  const after = items.after === undefined ? undefined : answer(rule.when, subjectAfter(at, items.after));
  // Then it can only have been settled, which settledIn says.
  if (after?.truth === 'no') return undefined;
  const before = items.before === undefined ? undefined : answer(rule.when, subjectBefore(at, items.before));
  if (after === undefined) {
    return before !== undefined && before.truth !== 'yes' && vanished(at) ? { alarm: alarm(at, before, false), movable: false } : undefined;
  }
  if (before === undefined) {
    if (rule.new === 'quiet' || rule.was !== undefined || after.truth === 'maybe') return undefined;
    if (rule.new === 'first' && !isFirst(at)) return undefined;
    if (rule.new === 'written' && items.after !== undefined && !isWritten(rule, subjectAfter(at, items.after))) return undefined;
    return { alarm: alarm(at, after, false), movable: true };
  }
  if (after.truth === 'maybe' && before.truth !== 'no') return undefined;
  if (before.truth === 'yes' && covers(before.values, after.values)) return undefined;
  const was = items.before === undefined ? 'no' : answer(rule.was, subjectBefore(at, items.before)).truth;
  if (was === 'no') return undefined;
  return { alarm: alarm(at, after, after.truth === 'maybe' || was === 'maybe'), movable: items.loose };
}

/** Told from what was changed: the item after is in no risky state that the one before was not in. */
function isNoWorse({ rule: { when }, items: { before, after }, look }: Case): boolean {
  if (look === 'everywhere' || before === undefined || after === undefined) return false;
  const change = changeOfBody(before.node, after.node);
  return change !== undefined && holdsNoMore(when, [before.node, after.node], change);
}

/** The state as it stood on the other side alone, for the kinds of alarm that can move. */
function settledIn(at: Case): Found | undefined {
  const { rule, items } = at;
  const kind: AlarmKind = rule.alarm ?? 'becomes';
  if (kind === 'gone') {
    if (items.before !== undefined || items.after === undefined) return undefined;
    const after = answer(rule.when, subjectAfter(at, items.after));
    return after.truth === 'yes' ? { alarm: alarm(at, after, false), movable: true } : undefined;
  }
  if (kind !== 'becomes' || items.before === undefined) return undefined;
  const gone = items.after === undefined || answer(rule.when, subjectAfter(at, items.after)).truth === 'no';
  const before = gone ? answer(rule.when, subjectBefore(at, items.before)) : undefined;
  return before?.truth === 'yes' ? { alarm: alarm(at, before, false), movable: items.after === undefined || items.loose } : undefined;
}

/** What `missing: risky` is for: the item is gone, the declaration is not, and what now counts is the default. */
function vanished(at: Case): boolean {
  const { rule, declarations, items } = at;
  if (rule.missing !== 'risky' || declarations.after === undefined || items.before === undefined) return false;
  return answer(rule.was, subjectBefore(at, items.before)).truth === 'yes';
}

/** Were there others of its kind before, none of them in the state? */
function isFirst({ rule, declarations, path }: Case): boolean {
  const { before } = declarations;
  if (before === undefined || rule.each === undefined) return false;
  const { items } = itemsAt(rule.each, subjectOf(before, bodyOf(before), path, undefined));
  return items.length > 0 && items.every((item) => answer(rule.when, subjectOf(before, item, path, undefined)).truth === 'no');
}

/** Does a value stand at `at`? A default of the provider is no news in something new. */
function isWritten({ at }: PackRule, subject: Subject): boolean {
  return at === undefined || selectPath(at, subject).hits.length > 0;
}

function gone(at: Case): Found | undefined {
  const { rule, items } = at;
  const before = items.before === undefined ? undefined : answer(rule.when, subjectBefore(at, items.before));
  if (before?.truth !== 'yes') return undefined;
  const after = items.after === undefined ? undefined : answer(rule.when, subjectAfter(at, items.after));
  if (after !== undefined && after.truth !== 'no' && !(items.loose && isScalar(items.after))) return undefined;
  return { alarm: alarm(at, before, false), movable: true };
}

function lost(at: Case): Found | undefined {
  const { rule, items } = at;
  if (items.before === undefined || items.after === undefined) return undefined;
  const before = answer(rule.when, subjectBefore(at, items.before));
  if (before.truth !== 'yes') return undefined;
  const after = answer(rule.when, subjectAfter(at, items.after)).truth;
  return after === 'yes' ? undefined : { alarm: alarm(at, before, after === 'maybe'), movable: false };
}

function compared(at: Case): Found | undefined {
  const { rule, items } = at;
  if (items.before === undefined || items.after === undefined || rule.at === undefined) return undefined;
  const state = answer(rule.when, subjectAfter(at, items.after));
  if (state.truth === 'no') return undefined;
  const was = answer(rule.was, subjectBefore(at, items.before)).truth;
  if (was === 'no') return undefined;
  const before = selectPath(rule.at, subjectBefore(at, items.before));
  const after = selectPath(rule.at, subjectAfter(at, items.after));
  const truth = before.unknown || after.unknown ? 'maybe' : difference(rule, before.hits, after.hits);
  if (truth === 'no') return undefined;
  const places = after.hits.length > 0 ? after.hits.map((hit) => ({ path: rule.at ?? '', hit })) : [{ path: rule.at, hit: undefined }];
  const found = { truth: 'yes', marks: places, values: [...writtenOf(before.hits), '→', ...writtenOf(after.hits)] } as const;
  const made = alarm(at, found, truth === 'maybe' || was === 'maybe' || state.truth === 'maybe');
  const shown = { before: writtenOf(before.hits).join(', '), after: writtenOf(after.hits).join(', ') };
  return { alarm: { ...made, compared: shown }, movable: false };
}

function difference(rule: PackRule, before: readonly Hit[], after: readonly Hit[]): Truth {
  const [old, now] = [valuesOf(before), valuesOf(after)];
  const unresolved = (hits: readonly Hit[]): boolean => hits.some(({ node }) => node.unresolved === true);
  if (rule.alarm === 'changed') {
    if (same(old, now, rule.default)) return 'no';
    return unresolved(old) ? 'no' : unresolved(now) ? 'maybe' : 'yes';
  }
  const [from, to] = [rankOf(rule, old), rankOf(rule, now)];
  if (unresolved(now) && from !== undefined && !unresolved(old)) return 'maybe';
  if (from === undefined || to === undefined) return 'no';
  return (rule.alarm === 'lowered' ? to < from : to > from) ? 'yes' : 'no';
}

/** The lowest (for `lowered`) or highest of the values, on the rule's own scale or as numbers. */
function rankOf(rule: PackRule, hits: readonly Hit[]): number | undefined {
  const values: readonly Scalar[] =
    hits.length > 0 ? hits.map(({ node }) => node.value ?? null) : rule.default === undefined ? [] : [rule.default];
  const ranks = values.flatMap((value) => {
    const rank =
      rule.order === undefined
        ? quantityOf(value)
        : rule.order.findIndex((each) => String(each).toLowerCase() === String(value).toLowerCase());
    return rank === undefined || rank === -1 ? [] : [rank];
  });
  if (ranks.length === 0) return undefined;
  return rule.alarm === 'lowered' ? Math.min(...ranks.slice(0, 1000)) : Math.max(...ranks.slice(0, 1000));
}

/** "7", "30d", "12 hours": the number, in seconds where a unit of time stands behind it. */
function quantityOf(value: Scalar): number | undefined {
  const plain = numberOf(value);
  if (plain !== undefined) return plain;
  if (typeof value === 'boolean') return value ? 1 : 0;
  const match = /^\s*(\d+(?:\.\d+)?)\s*(ms|s|m|h|d|w|y|sec\w*|min\w*|hours?|days?|weeks?|months?|years?)\s*$/i.exec(String(value));
  if (match === null) return undefined;
  const unit = (match[2] ?? '').toLowerCase();
  const seconds = UNITS.find(([start]) => unit.startsWith(start))?.[1] ?? 60;
  return Number(match[1]) * seconds;
}

const UNITS: readonly (readonly [string, number])[] = [
  ['ms', 0.001],
  ['s', 1],
  ['mon', 2_592_000],
  ['h', 3600],
  ['d', 86_400],
  ['w', 604_800],
  ['y', 31_536_000],
  ['m', 60],
];

function same(old: readonly Hit[], now: readonly Hit[], missing: Scalar | undefined): boolean {
  const texts = (hits: readonly Hit[]): string =>
    (hits.length > 0 || missing === undefined ? hits.map(({ node }) => canonicalText(node)) : [JSON.stringify(missing)]).sort().join('\n');
  return texts(old) === texts(now);
}

function writtenOf(hits: readonly Hit[]): readonly string[] {
  return valuesOf(hits).map(({ node }) => (isScalar({ node }) ? String(node.value ?? '') : canonicalText(node)));
}

function alarm(at: Case, { marks, values }: Answer, unknown: boolean): Alarm {
  const { rule, declarations, items } = at;
  // What is gone is rated as what it was, also where something else stands in its place.
  const past = items.after === undefined || rule.alarm === 'gone' ? items.before : undefined;
  const subject = past !== undefined ? subjectGone(at, past) : items.after === undefined ? undefined : subjectAfter(at, items.after);
  const level = subject === undefined ? undefined : rule.levels?.find(({ when }) => answer(when, subject).truth === 'yes');
  return { rule, declarations, items, severity: level?.severity ?? rule.severity, unknown, marks, values, compared: undefined };
}

/** An alarm and a settled state of the same values cancel out, one for one, where either could be the other's new name. */
function withoutMoved(raised: readonly Found[], settled: readonly Found[]): readonly Found[] {
  const waiting = settled.filter(({ movable }) => movable).map(({ alarm }) => alarm);
  return raised.filter(({ alarm, movable }) => {
    if (!movable) return true;
    const index = waiting.findIndex((each) => sameState(each, alarm));
    if (index === -1) return true;
    waiting.splice(index, 1);
    return false;
  });
}

function sameState(one: Alarm, other: Alarm): boolean {
  if (one.rule.pairing === 'strict') return false;
  const [a, b] = [nodeOf(one), nodeOf(other)];
  if (isScalar(a) && isScalar(b)) return a?.node.value === b?.node.value;
  return one.values.length === other.values.length && covers(one.values, other.values) && typeOf(one) === typeOf(other);
}

function typeOf({ declarations }: Alarm): string {
  return `${(declarations.after ?? declarations.before)?.system}\n${(declarations.after ?? declarations.before)?.type}`;
}

function nodeOf({ items }: Alarm): Hit | undefined {
  return items.after ?? items.before;
}

function covers(before: readonly string[], after: readonly string[]): boolean {
  const known = new Set(before);
  return after.every((value) => known.has(value));
}

/** Pairs of items that can make a difference: where a rule looks at nothing but the item, one that says the same on both sides cannot. */
function itemPairs(rule: PackRule, pair: Paired<Declaration>, path: string, look: Look): readonly Paired<Hit>[] {
  if (rule.each === undefined) {
    return [
      {
        before: pair.before === undefined ? undefined : bodyOf(pair.before),
        after: pair.after === undefined ? undefined : bodyOf(pair.after),
        loose: pair.loose,
      },
    ];
  }
  const paired =
    looksOnlyAtItems(rule) || saysSameAround(rule, pair, path)
      ? changedItems(rule.each, pair, path, look)
      : pairedItems(rule.each, pair, path);
  return rule.pairing === 'strict' ? paired.flatMap((items) => (items.loose ? apart(items) : [items])) : paired;
}

/** What the rule looks at outside of its items is the same on both sides, and so are the keys of items that are the same. */
function saysSameAround(rule: PackRule, { before, after, loose }: Paired<Declaration>, path: string): boolean {
  if (before === undefined || after === undefined || loose || rule.missing === 'risky') return false;
  const change = changeOfBody(before.node, after.node);
  return pathsFromBody(rule).every((each) => {
    if (change === undefined || !pathMeets(each, change)) return true;
    const [old, now] =
      selectInChange(each, [before.node, after.node], change) ??
      [before, after].map((side) => selectPath(each, subjectOf(side, bodyOf(side), path, undefined)));
    return (
      old !== undefined &&
      now !== undefined &&
      old.unknown === now.unknown &&
      old.hits.length === now.hits.length &&
      old.hits.every(({ key, node }, i) => key === now.hits[i]?.key && saySame(node, now.hits[i]?.node ?? node))
    );
  });
}

type PairsOfItems = readonly Paired<Hit>[];
type Known = EditMemory<object, Map<object, Map<string, PairsOfItems>>>;

const knownAll: Known = editMemory();
const knownChanged: Known = editMemory();
const NOBODY = {};

/** Worked out once for all rules that ask for the same items of two declarations. */
function pairedItems(each: string, pair: Paired<Declaration>, path: string): PairsOfItems {
  return remembered(knownAll, each, pair, () => {
    const items = (declaration: Declaration | undefined): readonly Hit[] =>
      declaration === undefined ? [] : itemsAt(each, subjectOf(declaration, bodyOf(declaration), path, undefined)).items;
    return pairItems(items(pair.before), items(pair.after));
  });
}

/** Those that do not say the same; looked for only where the declaration has changed. */
function changedItems(each: string, pair: Paired<Declaration>, path: string, look: Look): PairsOfItems {
  const differing = (pairs: PairsOfItems): PairsOfItems =>
    pairs.filter(({ before, after, loose }) => before === undefined || after === undefined || loose || !saySame(before.node, after.node));
  if (look === 'everywhere') return differing(pairedItems(each, pair, path));
  return remembered(knownChanged, each, pair, () => differing(pairedInChange(each, pair) ?? pairedItems(each, pair, path)));
}

function pairedInChange(each: string, { before, after, loose }: Paired<Declaration>): PairsOfItems | undefined {
  if (before === undefined || after === undefined || loose) return undefined;
  const change = changeOfBody(before.node, after.node);
  if (change === undefined) return [];
  const items = itemsInChange(each, [before.node, after.node], change);
  return items === undefined ? undefined : pairItems(...items);
}

function remembered(known: Known, each: string, { before, after }: Paired<Declaration>, make: () => PairsOfItems): PairsOfItems {
  const byAfter = known.get(before ?? NOBODY) ?? new Map<object, Map<string, PairsOfItems>>();
  known.set(before ?? NOBODY, byAfter);
  const byPath = byAfter.get(after ?? NOBODY) ?? new Map<string, PairsOfItems>();
  byAfter.set(after ?? NOBODY, byPath);
  const found = byPath.get(each) ?? make();
  byPath.set(each, found);
  return found;
}

function apart<T>({ before, after }: Paired<T>): readonly Paired<T>[] {
  return [
    { before: undefined, after, loose: false },
    { before, after: undefined, loose: false },
  ];
}

function spokenOf(rule: PackRule, declaration: Declaration | undefined): Declaration | undefined {
  return declaration !== undefined && speaksOf(rule, declaration) ? declaration : undefined;
}

function subjectAfter({ declarations, path, items }: Case, item: Hit): Subject {
  return subjectOf(standing(declarations.after), item, path, items.before?.node);
}

function subjectBefore({ declarations, path }: Case, item: Hit): Subject {
  return subjectOf(standing(declarations.before), item, path, undefined);
}

/** An item stands in a declaration of its own side. */
function standing(declaration: Declaration | undefined): Declaration {
  if (declaration === undefined) throw new Error('an item without a declaration');
  return declaration;
}

/** An item that is gone; what `missing: risky` asks around it is what is left of its declaration. */
function subjectGone(at: Case, item: Hit): Subject {
  const { rule, declarations, path } = at;
  return rule.missing === 'risky' && declarations.after !== undefined
    ? subjectOf(declarations.after, item, path, undefined)
    : subjectBefore(at, item);
}

function subjectOf({ node, name, type }: Declaration, item: Hit, path: string, before: TreeNode | undefined): Subject {
  return { item, body: node, words: { path, name, type }, before };
}

function bodyOf({ node }: Declaration): Hit {
  return { node, key: undefined, keyNode: undefined };
}

function isScalar(hit: { readonly node: TreeNode } | undefined): boolean {
  return hit !== undefined && hit.node.type !== 'object' && hit.node.type !== 'array';
}
