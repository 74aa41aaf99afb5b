import type { Review } from '../server/protocol.ts';
import type { DecisionForm, Needed } from './decision.ts';
import { labelled, nameField } from './decision.ts';
import { element, type Child } from './elements.ts';
import type { Draft } from './panel-messages.ts';
import { capital, counted, plain } from './phrases.ts';
import { visibleText } from './visible-text.ts';

type Request = NonNullable<Review['request']>;

/** Who asks, why, and what a yes would mean: read right after what it opens. */
export function requestNote(request: Request): HTMLElement {
  const { kind, by, key, reason, ticket, until, expires, notes, refused } = request;
  const terms: readonly (readonly [string, string])[] = [
    ['Reason', `“${reason}”${ticket === '' ? '' : ` (${ticket})`}`],
    ['Signed by', `${by}, key ${key}`],
    ...(until === undefined ? [] : ([['Answer by', until]] as const)),
    ...(expires === '' ? [] : ([['Accepted until', expires]] as const)),
  ];
  const title = kind === 'glass' ? 'Glass was broken: one person let this through alone' : 'A second person is asked';
  return element(
    'section',
    { class: 'note' },
    element('h2', {}, title),
    refused === undefined ? undefined : element('p', {}, element('strong', {}, refused)),
    element(
      'dl',
      { class: 'asked' },
      terms.flatMap(([term, value]) => [element('dt', {}, term), element('dd', {}, visibleText(value))]),
    ),
    notes.map((note) => element('p', {}, note)),
  );
}

/** The second person's own reason. As at the first signature, a critical one asks for the name of what is opened. */
export function approvalForm(review: Review, draft: Draft | undefined, changed: () => void): DecisionForm {
  const { form, others } = review;
  const glass = review.request?.kind === 'glass';
  const why = element('textarea', { id: 'reason', maxlength: 2000, 'aria-describedby': 'reason-hint' });
  why.value = draft?.reason ?? '';
  const typedName = glass || form.confirm === undefined ? undefined : nameField();
  const more = others.length === 0 ? '' : ` And ${counted(others.length, 'more finding')}.`;
  const parts: readonly Child[] = [
    element('h2', { id: 'decide-title' }, `Put your name to it: ${capital(plain(review.sentence))}${more}`),
    labelled(
      'reason',
      glass ? 'What you found, in your own words' : 'Why you approve it, in your own words',
      why,
      `At least ${form.minimumReason} characters, not theirs again. It goes into your log and theirs, with your name.`,
    ),
    typedName &&
      form.confirm &&
      labelled(
        'name',
        `Type ${visibleText(form.confirm.name)} to confirm this is the ${visibleText(form.confirm.kind)} that is opened`,
        typedName.input,
      ),
  ];
  const section = element('section', { id: 'decide', 'aria-labelledby': 'decide-title' }, parts);
  section.addEventListener('input', changed);
  const nameMatches = () =>
    form.confirm === undefined || [form.confirm.name, visibleText(form.confirm.name)].includes(typedName?.input.value.trim() ?? '');
  return {
    section,
    missing: () => {
      const short = form.minimumReason - why.value.trim().length;
      const needed: Needed[] = [];
      if (short > 0)
        needed.push({ what: short === form.minimumReason ? 'a reason' : `${counted(short, 'more character')} of reason`, field: why });
      if (typedName && form.confirm && !nameMatches()) needed.push({ what: `the ${form.confirm.kind} name`, field: typedName.input });
      return needed;
    },
    decision: () => ({
      category: 'approval',
      reason: why.value.trim(),
      ticket: '',
      hours: 0,
      rollBackLater: false,
      confirmation: null,
    }),
    draft: () => ({ open: true, category: '', reason: why.value, ticket: '', hours: '', rollBackLater: false }),
    field: () => why,
    clearTypedName: () => typedName?.clear(),
  };
}
