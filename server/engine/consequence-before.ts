import { actionMatches, actionPattern, namesAction, namesOneOf } from './access/aws-iam/actions.ts';
import type { ConditionText, Expansion } from './access/aws-iam/expansion.ts';
import type { PolicyDocument, PrincipalValue, Statement } from './access/aws-iam/statement.ts';
import { deniedWhen, limitsIn } from './consequence-limits.ts';
import { listed, quoted, serviceOf } from './consequence-names.ts';
import type { Opened } from './consequence-opened.ts';
import { personOfValue } from './consequence-who.ts';
import type { Gain } from './rules/gains.ts';
import { limitOf, type Target, targetOf } from './rules/reach-of.ts';

/** "Before: only role `app-reader`." What the text before the edit allowed of the same, be it to fewer, of less, or under more conditions. */
export function previouslyOf(
  expansion: Expansion,
  gain: Gain,
  opened: Opened,
  before: PolicyDocument | undefined,
  spelled: (action: string) => string,
): string {
  if (expansion.cause === 'deny-removed') return `Before: ${deniedBefore(expansion, gain)}.`;
  if (before === undefined) return 'Before: there was nothing here that allowed it.';
  const step = gain.set === undefined ? undefined : missingStep(gain, before, spelled);
  if (step !== undefined) return `Before: ${step}.`;
  const same = allowsSame(expansion, gain, before);
  const related = same.length > 0 ? same : relatedTo(expansion, gain, before);
  if (related.length === 0) {
    const service = gain.actions[0] === '*' ? '' : serviceOf(gain.actions[0] ?? expansion.futureActions[0] ?? '');
    return service === ''
      ? 'Before: nothing in this file allowed it.'
      : `Before: nothing in this file allowed anything in ${quoted(service)}.`;
  }
  const who = whoBefore(expansion, related);
  const what = whatBefore(expansion, gain, opened, related, same.length > 0);
  const limits = limitsBefore(expansion, related);
  const parts = [who === '' ? '' : who, what, limits].filter((part) => part !== '');
  return `Before: ${parts.length === 0 ? 'less of the same' : sentenceOf(who, what, limits)}.`;
}

/** "only role `a`", "only role `a`, and only `s3:GetObject`", "anyone, but only with a second factor". */
function sentenceOf(who: string, what: string, limits: string): string {
  const rest = [what, limits].filter((part) => part !== '').join(' ');
  if (who === '') return what.startsWith('everything but') ? rest : `only ${rest}`;
  if (rest === '') return who;
  return who.startsWith('only') ? `${who}, and only ${rest}` : `${who}, but only ${rest}`;
}

function deniedBefore({ statement, actions, resources }: Expansion, gain: Gain): string {
  const when = deniedWhen(statement.conditions.map(textOf));
  if (statement.notAction) return `all but ${listed(statement.actions.map(({ text }) => quoted(text)))} was denied${when}`;
  if (statement.notResource) return `it was denied everywhere but on ${listed(statement.resources.map(({ text }) => nameOf(text)))}${when}`;
  const told = actions.filter((action) => gain.actions.includes(action.toLowerCase()));
  // Of the Deny, what is no longer denied.
  const gone = statement.actions.filter(({ text }) => actions.some((action) => actionMatches(text, action.toLowerCase())));
  const spelled = gone.length <= 2 ? gone.map(({ text }) => text) : told;
  const names = (spelled.length > 0 ? spelled : actions).map(quoted);
  const whole = statement.actions.some(({ text }) => /^\*+$/.test(text.trim()));
  const on =
    resources.length > 0 && resources.every((text) => targetOf(text).extent === 'one') ? ` on ${listed(resources.map(nameOf))}` : '';
  if (whole || names.length === 0) return `everything was denied${on}${when}`;
  return `${listed(names)} ${names.length === 1 ? 'was' : 'were'} denied${on}${when}`;
}

/** For rights that take several steps: the one that was missing, where others of them were there. */
function missingStep({ actions }: Gain, before: PolicyDocument, spelled: (action: string) => string): string | undefined {
  const allowed = (action: string): boolean =>
    before.statements.some((statement) => statement.effect === 'Allow' && namesAction(statement, action));
  const missing = actions.filter((action) => !allowed(action));
  if (missing.length === 0 || missing.length === actions.length) return undefined;
  return `not without ${listed(missing.map((action) => quoted(spelled(action))))}, which ${missing.length === 1 ? 'is' : 'are'} new`;
}

/** Statements before the edit that allow the same kind of request, be it to fewer or for less. */
export function allowsSame(expansion: Expansion, gain: Gain, before: PolicyDocument): readonly Statement[] {
  if (last?.gain !== gain || last.before !== before) last = { gain, before, found: allowing(expansion, gain, before) };
  return last.found;
}

/** One finding asks twice. */
let last: { readonly gain: Gain; readonly before: PolicyDocument; readonly found: readonly Statement[] } | undefined;

function allowing({ witness, policy }: Expansion, gain: Gain, before: PolicyDocument): readonly Statement[] {
  const actions = gain.actions.length > 0 && gain.actions[0] !== '*' ? gain.actions.slice(0, 20) : [witness.action.toLowerCase()];
  const service = serviceOf(actions[0] ?? '');
  const isNamed = namesOneOf(actions);
  return before.statements.filter((statement) => {
    if (statement.effect !== 'Allow' || !isNamed(statement)) return false;
    if (policy.kind === 'trust' || statement.notResource || statement.resources.length === 0) return true;
    if (policy.kind === 'resource') return statement.resources.some(({ text }) => actionMatches(text, witness.resource.toLowerCase()));
    return statement.resources.some(({ text }) => [service, ''].includes(targetOf(text).service));
  });
}

/** Statements that allow something near it: of the same service; anything where everything is opened, or where others are named. */
function relatedTo(expansion: Expansion, gain: Gain, before: PolicyDocument): readonly Statement[] {
  const allows = before.statements.filter(({ effect }) => effect === 'Allow');
  if (gain.actions[0] === '*' || gain.actions.length === 0 || expansion.policy.kind !== 'identity' || expansion.statement.notAction)
    return allows;
  const service = serviceOf(gain.actions[0] ?? '');
  return allows.filter((statement) => servicesOf(statement).some((each) => each === service || each === ''));
}

/** '' where the policy names nobody, or the same ones as now. */
function whoBefore({ policy, principals, statement }: Expansion, related: readonly Statement[]): string {
  if (policy.kind !== 'resource' && policy.kind !== 'trust') return '';
  if (related.some(({ notPrincipal }) => notPrincipal)) return 'nearly anyone';
  const people = peopleIn(related);
  if (people.some(isEveryone)) return 'anyone';
  const names = [...new Set(people.map(personOfValue))];
  const now = new Set(statement.notPrincipal ? [] : (statement.principals ?? []).map(personOfValue));
  if (names.length === 0) return 'nobody';
  const same = names.length === now.size && names.every((name) => now.has(name));
  // One more name beside the others: they, not the new one, had it.
  if (same && principals.length > 0) return '';
  return `only ${listed(names, names.length > 3 ? 2 : 3)}`;
}

/** What was allowed, as far as it was less than what is now. */
function whatBefore(expansion: Expansion, gain: Gain, opened: Opened, related: readonly Statement[], same: boolean): string {
  const { statement, policy } = expansion;
  const all = gain.actions[0] === '*' || gain.actions.length === 0;
  const covered = same && !all && gain.actions.every((action) => related.some((each) => namesAction(each, action)));
  const sameThings =
    policy.kind === 'trust' ||
    related.every((each) => each.notResource === statement.notResource && sameTexts(each.resources, statement.resources));
  if (covered) {
    if (sameThings) return '';
    return thingsBefore(related, opened);
  }
  if (policy.kind === 'trust') return '';
  const services = (): readonly string[] =>
    [...servicesIn(related)].filter((each) => each !== '' && (all || same || serviceIsTold(each, gain)));
  const partsOf = (names: readonly string[]): string => `${same || all ? '' : 'other '}parts of ${listed(names.map(quoted), 3)}`;
  const thingOf = (each: Statement): string => (sameThings && policy.kind === 'resource' ? '' : thingsOf(each));
  if (related.length > MANY && areMoreThanTwo(related.slice(0, MANY), thingOf)) {
    const names = services();
    if (names.length > 0) return partsOf(names);
  }
  const groups = new Map<string, string[]>();
  for (const each of related) {
    const on = thingOf(each);
    const list = groups.get(on) ?? [];
    list.push(...actionsOf(each, all || statement.notAction ? '' : serviceOf(gain.actions[0] ?? '')));
    groups.set(on, list);
  }
  const told = [...groups].map(([on, actions]) => ({ on, actions: [...new Set(actions)] }));
  // Several things with several actions each are no sentence any more.
  if (told.length > 2 || (told.length === 2 && told.some(({ actions }) => actions.length > 1))) {
    const names = services();
    if (names.length > 0) return partsOf(names);
  }
  return told
    .slice(0, 2)
    .map(({ on, actions }) => `${listed(actions)}${on === '' ? '' : ` on ${on}`}`)
    .join(' and ');
}

function areMoreThanTwo(statements: readonly Statement[], thingOf: (statement: Statement) => string): boolean {
  const things = new Set<string>();
  return statements.some((each) => things.add(thingOf(each)).size > 2);
}

/** Of so many statements a few already tell that they are too many for a sentence. */
const MANY = 8;

function serviceIsTold(service: string, gain: Gain): boolean {
  return gain.actions.some((action) => serviceOf(action) === service);
}

/** The things of all these statements, apart from the verb: "`app`", "objects under `in/` in `app`", "everything but `x`". */
function thingsBefore(related: readonly Statement[], opened: Opened): string {
  const leftOut = related.find(({ notResource }) => notResource);
  if (leftOut !== undefined) return `everything but ${listed(leftOut.resources.map(({ text }) => nameOf(text)))}`;
  const targets = related.flatMap(({ resources }) => resources.map(({ text }) => targetOf(text)));
  const names = [...new Set(targets.map((target) => nameFor(target, opened)))].filter((name) => name !== '');
  return listed(names);
}

/** '' where it says no less than what is opened. */
function nameFor(target: Target, opened: Opened): string {
  if (target.extent === 'all' && withinOf(target) === '') return '';
  return target.name === opened.name && withinOf(target) === '' && opened.extent === target.extent ? '' : named(target);
}

/** "`app`", "objects under `in/` in `app`", "what starts with `team-`", "every bucket"; '' for everything. */
function named(target: Target): string {
  const { name, kind, extent } = target;
  if (/^aws\.user(name|id)$/.test(name)) return `its own ${kind}`;
  const thing =
    extent === 'one'
      ? quoted(name)
      : extent === 'all'
        ? kind === 'thing'
          ? ''
          : `every ${kind}`
        : name === ''
          ? 'some of them'
          : `those starting with ${quoted(name)}`;
  return `${withinOf(target)}${thing}`;
}

/** Of what is in a bucket, the part. */
function withinOf({ inside }: Target): string {
  if (inside === undefined || /^\**$/.test(inside)) return '';
  const wild = inside.search(/[*?]/);
  if (wild === 0) return 'some objects in ';
  return wild === -1 ? `${quoted(inside)} in ` : `objects under ${quoted(inside.slice(0, wild))} in `;
}

function thingsOf(statement: Statement): string {
  const names = [...new Set(statement.resources.map(({ text }) => nameOf(text)))];
  if (statement.notResource) return `all but ${listed(names)}`;
  return names.includes('') ? '' : listed(names);
}

function nameOf(text: string): string {
  return named(targetOf(text));
}

function actionsOf({ actions, notAction }: Statement, service: string): readonly string[] {
  if (notAction) return [`all but ${listed(actions.map(({ text }) => quoted(text)))}`];
  const texts = actions.map(({ text }) => text.trim());
  const own = service === '' ? texts : texts.filter((text) => [service, ''].includes(serviceIn(text)));
  return (own.length === 0 ? texts : own).map((text) => (/^\*+(:\*+)?$/.test(text) ? 'everything' : quoted(text)));
}

function servicesIn(statements: readonly Statement[]): ReadonlySet<string> {
  const patterns = new Set<string>();
  for (const { actions, notAction } of statements) {
    if (notAction) patterns.add('*');
    else for (const { text } of actions) patterns.add(text);
  }
  return new Set([...patterns].map(serviceIn));
}

function servicesOf({ actions, notAction }: Statement): readonly string[] {
  return notAction ? [''] : actions.map(({ text }) => serviceIn(text));
}

/** '' where a wildcard stands for the service. */
function serviceIn(pattern: string): string {
  const { service, wild } = actionPattern(pattern);
  return service !== '' || pattern.includes(':') || wild ? service : pattern;
}

/** Conditions that limited it then and do not now. */
function limitsBefore({ weakened, statement }: Expansion, related: readonly Statement[]): string {
  if (weakened.length > 0) return limitsIn(weakened);
  const [first] = related;
  if (first === undefined || related.length > 1) return '';
  const now = new Set(statement.conditions.map(({ key }) => key.toLowerCase()));
  return limitsIn(
    first.conditions.map(textOf).filter((condition) => !now.has(condition.key.toLowerCase()) && limitOf([condition]) !== 'none'),
  );
}

export function peopleIn(statements: readonly Statement[]): readonly PrincipalValue[] {
  return statements.flatMap(({ principals }) => principals ?? []);
}

export function isEveryone({ type, text }: PrincipalValue): boolean {
  return type === '*' || text === '*';
}

function sameTexts(one: Statement['resources'], other: Statement['resources']): boolean {
  const texts = new Set(other.map(({ text }) => text));
  return one.length === texts.size && one.every(({ text }) => texts.has(text));
}

function textOf({ key, operator, values }: Statement['conditions'][number]): ConditionText {
  return { key, operator, values: values.map(({ text }) => text) };
}
