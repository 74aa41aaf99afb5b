import { fingerprint, withFingerprint } from '../fingerprint.ts';
import { milderOf, sensitivityOf, shift } from '../rate.ts';
import { governedBy } from '../read/governed-path.ts';
import type { Edit, EngineSettings, Finding, Severity } from '../types.ts';
import { placesOf, type Sides } from './alarm-places.ts';
import { canonicalText } from './canonical-text.ts';
import type { Alarm } from './evaluate.ts';
import { valuesOf } from './matcher.ts';
import { type Hit, nameOf } from './hit.ts';
import { type Mark, selectPath } from './predicate.ts';
import { fill } from './template.ts';

/** What a person is told about an alarm of a pack's rule. */
export function configFinding(alarm: Alarm, edit: Edit, sides: Sides, settings: Pick<EngineSettings, 'sensitivity'>): Finding {
  const { rule, declarations, items, values } = alarm;
  // A pair has one side at least.
  const declaration = declarations.after ?? declarations.before;
  const name = declaration?.name ?? '';
  const word = (text: string): string | undefined => wordValue(text, alarm, edit.path);
  const opened = {
    name: fill(rule.opened?.name ?? '{name|this file}', word),
    kind: fill(rule.opened?.kind ?? '{type}', word),
  };
  const itemName = word('item');
  const sensitivity = sensitivityOf(
    [opened.name, name, ...(itemName === undefined ? [] : [itemName])].filter((each) => each !== ''),
    settings,
  );
  const finding: Omit<Finding, 'fingerprint'> = {
    rule: rule.id,
    severity: severityOf(alarm, edit),
    confidence: alarm.unknown ? 'unknown' : (rule.confidence ?? 'proved'),
    rating: {
      sensitivity,
      blastRadius: { level: rule.blastRadius, what: fill('{type} {name|of this file}', word) },
      gain: rule.gain,
    },
    consequence: fill(rule.consequence, word),
    previously: rule.previously === undefined ? previouslyOf(alarm, edit) : fill(rule.previously, word),
    opened,
    ranges: placesOf(alarm, sides),
    fix: rule.fix,
    failureMode: rule.failureMode,
    unchecked: rule.unchecked ?? [],
    references: rule.references,
  };
  return withFingerprint(finding, () =>
    fingerprint(edit.path, {
      rule: rule.id,
      declaration: [declaration?.system, declaration?.type, declaration?.key],
      item: identityOf(items.after ?? items.before),
      values: [...new Set(values)].sort(),
      state: alarm.marks.map(stateOf).sort(),
    }),
  );
}

function severityOf({ rule, severity, unknown }: Alarm, edit: Edit): Severity {
  const told = unknown ? milderOf(shift(severity, -1), 'medium') : severity;
  return rule.governsAgent === true && governsItsAgent(edit) ? shift(told, 1) : told;
}

/** Does the file decide what the agent that edits it may do? */
function governsItsAgent({ path, provenance }: Edit): boolean {
  if (provenance.certainty === 'human') return false;
  const governed = governedBy(path);
  if (governed === undefined) return false;
  return (
    governed.of === 'countersign' ||
    /^(your agents|the editor|git|the shell)$/.test(governed.owner) ||
    governed.owner === provenance.agent?.name
  );
}

/** What stands for a word of a template: a fact of the alarm, else a path within the item. */
function wordValue(word: string, alarm: Alarm, path: string): string | undefined {
  const { items, declarations, compared } = alarm;
  const declaration = declarations.after ?? declarations.before;
  const item = items.after ?? items.before;
  switch (word) {
    case 'name':
      return declaration?.name;
    case 'type':
      return declaration?.type;
    case 'path':
      return path;
    case 'item':
      return item === undefined ? undefined : (labelOf(item) ?? declaration?.name);
    case 'value':
      return compared?.after ?? valueOf(alarm);
    case 'before':
      return compared?.before ?? valueBefore(alarm, path);
    default: {
      if (declaration === undefined || item === undefined) return undefined;
      const words = { path, name: declaration.name, type: declaration.type };
      const { hits } = selectPath(word, { item, body: declaration.node, words, before: undefined });
      return textOf(hits);
    }
  }
}

/** What people call an item: its name, its key, or its own text. */
function labelOf(item: Hit): string | undefined {
  const name = nameOf(item.node);
  if (name !== undefined) return name.replace(/^[^=]*=/, '');
  if (item.inList === undefined && item.key !== undefined) return item.key;
  return item.node.type === 'object' || item.node.type === 'array' ? undefined : String(item.node.value ?? '');
}

function valueOf({ rule, marks }: Alarm): string | undefined {
  const at = marks.filter((mark) => mark.hit !== undefined && (rule.at === undefined || mark.path === rule.at));
  const hits = (at.length > 0 ? at : marks).flatMap(({ hit }) => (hit === undefined ? [] : [hit]));
  return textOf(hits);
}

/** What stood before at the first path that the rule looked at. */
function valueBefore({ rule, marks, items, declarations }: Alarm, path: string): string | undefined {
  const first = rule.at ?? marks[0]?.path;
  const declaration = declarations.before;
  if (first === undefined || declaration === undefined || items.before === undefined) return undefined;
  const words = { path, name: declaration.name, type: declaration.type };
  return textOf(selectPath(first, { item: items.before, body: declaration.node, words, before: undefined }).hits);
}

function textOf(hits: readonly Hit[]): string | undefined {
  const texts = valuesOf(hits).map(({ node, key }) =>
    node.type === 'object' || node.type === 'array' ? (nameOf(node)?.replace(/^[^=]*=/, '') ?? key ?? '') : String(node.value ?? ''),
  );
  const distinct = [...new Set(texts)].filter((text) => text !== '');
  if (distinct.length === 0) return undefined;
  return distinct.length > 3 ? `${distinct.slice(0, 3).join(', ')} and ${distinct.length - 3} more` : distinct.join(', ');
}

function previouslyOf(alarm: Alarm, edit: Edit): string {
  const { rule, items, declarations } = alarm;
  if (rule.alarm === 'gone' || rule.alarm === 'lost') return 'Before: it was in force.';
  if (edit.before.trim() === '') return 'Before: this file was not there.';
  if (declarations.before === undefined || items.before === undefined) return 'Before: it was not there.';
  const before = wordValue('before', alarm, edit.path);
  return before === undefined ? 'Before: not set.' : fill('Before: `{before}`.', () => before);
}

function identityOf(item: Hit | undefined): string {
  if (item === undefined) return '';
  const name = nameOf(item.node);
  if (name !== undefined) return name;
  if (item.from === undefined) return '';
  return item.node.type === 'object' || item.node.type === 'array' ? (item.key ?? '') : canonicalText(item.node);
}

function stateOf({ path, hit }: Mark): string {
  return hit === undefined ? `${path}!` : `${path}=${canonicalText(hit.node)}`;
}
