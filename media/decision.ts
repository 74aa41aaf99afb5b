import type { Review } from '../server/protocol.ts';
import { element, only, type Child } from './elements.ts';
import type { Decision, Draft } from './panel-messages.ts';
import { capital, counted, plain } from './phrases.ts';
import { visibleText } from './visible-text.ts';

/** What is still needed, as a noun phrase, and the field it goes into. */
export type Needed = { readonly what: string; readonly field: HTMLElement };

/** The form that opens after “I need this change…”. It knows what is filled in; it decides nothing. */
export type DecisionForm = {
  readonly section: HTMLElement;
  readonly missing: () => readonly Needed[];
  readonly decision: () => Decision | undefined;
  readonly draft: () => Draft;
  /** The field that the server's name of it means. */
  readonly field: (name: string) => HTMLElement;
  readonly clearTypedName: () => void;
};

export function decisionForm(review: Review, kept: Draft | undefined, changed: () => void): DecisionForm {
  const { form, others, files } = review;
  const draft = kept ?? notedDraft(review);
  // What a command did cannot be taken back by putting a text in place.
  const hasCommand = files.some(({ command }) => command !== undefined);
  const more = others.length === 0 ? '' : ` And ${counted(others.length, 'more finding')}.`;
  const why = element('textarea', { id: 'reason', maxlength: 2000, 'aria-describedby': 'reason-hint' });
  const ticket = element('input', { type: 'text', id: 'ticket', placeholder: 'OPS-1234 or a link', autocomplete: 'off', maxlength: 500 });
  const hours = element(
    'select',
    { id: 'hours' },
    form.hours.map((choice) => element('option', { value: choice.hours, selected: choice.preset }, choice.label)),
  );
  const rollBack = element('input', { type: 'checkbox', id: 'roll-back', checked: draft?.rollBackLater ?? true });
  const typedName = form.confirm && nameField();
  why.value = draft?.reason ?? '';
  ticket.value = draft?.ticket ?? '';
  if (draft !== undefined && form.hours.some((choice) => String(choice.hours) === draft.hours)) hours.value = draft.hours;

  const section = element(
    'section',
    { id: 'decide', 'aria-labelledby': 'decide-title' },
    element('h2', { id: 'decide-title' }, `Put your name to it: ${capital(plain(review.sentence))}${more}`),
    element(
      'fieldset',
      {},
      element('legend', {}, 'Why is this needed?'),
      element(
        'div',
        { class: 'choices' },
        form.categories.map(({ id: value, label }) =>
          element(
            'label',
            { class: 'choice' },
            element('input', { type: 'radio', name: 'category', value, checked: draft?.category === value }),
            visibleText(label),
          ),
        ),
      ),
    ),
    labelled(
      'reason',
      'Reason, in a sentence someone else will understand',
      why,
      `${notedHint(review)}At least ${form.minimumReason} characters. It goes into the log with your name.`,
    ),
    element(
      'div',
      { class: 'two' },
      labelled('ticket', form.ticket === 'required' ? 'Ticket' : 'Ticket (optional)', ticket),
      labelled('hours', 'Good until', hours),
    ),
    hasCommand
      ? undefined
      : element('label', { class: 'choice' }, rollBack, 'Roll back later: when it runs out, remind me and offer the old text back'),
    alsoAsked(review) && element('p', { class: 'also-asked' }, alsoAsked(review)),
    form.confirm &&
      typedName &&
      labelled(
        'name',
        `Type ${visibleText(form.confirm.name)} to confirm this is the ${visibleText(form.confirm.kind)} you are opening`,
        typedName.input,
      ),
  );
  section.addEventListener('input', changed);

  const radios = () => [...section.querySelectorAll<HTMLInputElement>('[name=category]')];
  const category = () => radios().find((radio) => radio.checked)?.value;
  const nameMatches = () =>
    form.confirm === undefined || [form.confirm.name, visibleText(form.confirm.name)].includes(typedName?.input.value.trim() ?? '');
  const firstRadio = () => radios()[0] ?? section;

  return {
    section,
    missing: () => {
      const short = form.minimumReason - why.value.trim().length;
      const needed: Needed[] = [];
      if (category() === undefined) needed.push({ what: 'a reason type', field: firstRadio() });
      if (short > 0)
        needed.push({ what: short === form.minimumReason ? 'a reason' : `${counted(short, 'more character')} of reason`, field: why });
      if (form.ticket === 'required' && ticket.value.trim() === '') needed.push({ what: 'a ticket', field: ticket });
      if (form.confirm && typedName && !nameMatches()) needed.push({ what: `the ${form.confirm.kind} name`, field: typedName.input });
      return needed;
    },
    decision: () => {
      const chosen = category();
      if (chosen === undefined) return undefined;
      return {
        category: chosen,
        reason: why.value.trim(),
        ticket: ticket.value.trim(),
        hours: Number(hours.value),
        rollBackLater: rollBack.checked && !hasCommand,
        // Hidden characters cannot be typed: who typed them as they are written out has typed the name.
        confirmation:
          form.confirm && typedName
            ? { text: nameMatches() ? form.confirm.name : typedName.input.value.trim(), how: typedName.how() }
            : null,
      };
    },
    draft: () => ({
      open: true,
      category: category() ?? '',
      reason: why.value,
      ticket: ticket.value,
      hours: hours.value,
      rollBackLater: rollBack.checked,
    }),
    field: (name) => {
      const fields: Readonly<Record<string, HTMLElement | undefined>> = { reason: why, ticket, hours, confirmation: typedName?.input };
      return fields[name] ?? firstRadio();
    },
    clearTypedName: () => typedName?.clear(),
  };
}

/** What the policy asks beside this signature. */
function alsoAsked({ sign: { people, presence } }: Review): string {
  return [
    ...(people === 2 ? ['Somebody else must then approve it before anything is let through.'] : []),
    ...(presence === 'none' ? [] : ['A page opens on which you sign with your security key.']),
  ].join(' ');
}

/** The field for the opened name. Pasting works, and the log will say so; dropping a text into it does not. */
export function nameField(): { readonly input: HTMLInputElement; readonly how: () => 'typed' | 'pasted'; readonly clear: () => void } {
  const input = element('input', {
    type: 'text',
    id: 'name',
    class: 'mono',
    autocomplete: 'off',
    autocapitalize: 'off',
    spellcheck: 'false',
  });
  let pasted = false;
  input.addEventListener('drop', (event) => event.preventDefault());
  input.addEventListener('input', (event) => {
    const { inputType, data } = event instanceof InputEvent ? event : { inputType: '', data: null };
    if (input.value === '') pasted = false;
    else if (!/^(?:insertText|insertCompositionText|delete)/.test(inputType)) pasted = true;
    // What comes in one go is no typing either, but for an input method.
    else if (inputType === 'insertText' && (data?.length ?? 0) > 2) pasted = true;
  });
  return {
    input,
    how: () => (pasted ? 'pasted' : 'typed'),
    clear: () => {
      input.value = '';
      pasted = false;
    },
  };
}

export function labelled(id: string, label: string, field: HTMLElement, hint?: string): HTMLElement {
  return element(
    'div',
    {},
    element('label', { for: id }, label),
    field,
    hint === undefined ? undefined : element('p', { class: 'hint', id: `${id}-hint` }, hint),
  );
}

/** Puts `children` where the footer's contents are. */
export function fillFooter(...children: readonly Child[]): void {
  only('footer').replaceChildren(...children.filter((child) => child !== undefined));
}

/** What was noted in the agent's program is a beginning, for the person to read and change. */
function notedDraft({ noted }: Review): Draft | undefined {
  if (noted === undefined) return undefined;
  const { category, reason, ticket } = noted;
  return { open: true, category, reason, ticket, hours: '', rollBackLater: true };
}

function notedHint({ noted }: Review): string {
  return noted === undefined ? '' : `Noted in ${visibleText(noted.from)}: read it before you sign, it counts as your words. `;
}
