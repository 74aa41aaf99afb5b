/** The review page: shows one hold, takes one decision. All it knows comes from the extension, all it does is to send messages back. */
import type { Review } from '../server/protocol.ts';
import { acknowledgeButton } from './acknowledge-button.ts';
import { approvalForm } from './approval.ts';
import { decisionForm, fillFooter, type DecisionForm } from './decision.ts';
import { button, element, linkButton, only } from './elements.ts';
import type { Done, Draft, FromPage, PageState, ToPage } from './panel-messages.ts';
import { capital } from './phrases.ts';
import { hasCommand, neighbours, readingView } from './reading.ts';

/** More drafts than this are not remembered. */
const DRAFTS_KEPT = 20;

declare function acquireVsCodeApi(): {
  readonly postMessage: (message: FromPage) => void;
  readonly getState: () => PageState | undefined;
  readonly setState: (state: PageState) => void;
};

const editor = acquireVsCodeApi();
// A page of an editor posts to the editor alone: there is no other origin to name.
// oxlint-disable-next-line unicorn/require-post-message-target-origin
const send = (message: FromPage) => editor.postMessage(message);

let shown: Review | undefined;
let form: DecisionForm | undefined;
let busy = false;

window.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
  if (isToPage(data)) receive(data);
});
send({ kind: 'ready' });

function receive(message: ToPage): void {
  switch (message.kind) {
    case 'review':
      return showReview(message);
    case 'position':
      return showPosition(message.position);
    case 'missing':
      return showMissing(message.missing);
    case 'refused':
      return showRefused(message.problem);
    case 'done':
      return showDone(message);
    default:
      return assertNever(message);
  }
}

function showReview({ review, trusted, notice, carryDraft }: Extract<ToPage, { kind: 'review' }>): void {
  // What comes with a notice, or was closed meanwhile, has to be read again from its beginning.
  const again = shown?.hold === review.hold && notice === undefined && (review.closed === undefined || shown.closed !== undefined);
  shown = review;
  form = undefined;
  busy = false;
  document.body.dataset['severity'] = review.forbidden ? 'forbidden' : review.severity;
  document.title = `${review.request ? 'Asked' : 'Held'}: ${review.opened.name}`;
  const state = editor.getState();
  const draft = state?.drafts[review.hold] ?? (carryDraft === undefined ? undefined : state?.drafts[carryDraft]);
  only('main').replaceChildren(...readingView(review, notice, send, goToDecision).filter((child) => child !== undefined));
  if (!trusted) footerForRestricted();
  else if (review.request !== undefined) footerForRequest(review, review.request);
  else footerForReading(review);
  remember(review.hold, draft);
  if (trusted && draft?.open && mayDecide(review)) openForm(draft);
  if (!again) window.scrollTo(0, 0);
  only('h1').focus({ preventScroll: again });
  if (notice !== undefined) say(notice);
}

/** A form is offered only where what is filled in can be taken. */
function mayDecide({ forbidden, closed, request }: Review): boolean {
  return forbidden === undefined && closed === undefined && request?.refused === undefined;
}

/** To leave it is the way out that is offered first; it changes nothing. */
function footerForRequest(review: Review, { kind, refused, until }: NonNullable<Review['request']>): void {
  const leave = button(refused === undefined ? 'Leave it' : 'Close', 'primary', () => send({ kind: 'close' }), { id: 'discard' });
  const approve = button(kind === 'glass' ? 'I have looked at this…' : 'I approve this…', 'secondary', () => openForm(undefined), {
    id: 'need',
    'aria-expanded': 'false',
  });
  const waits = until === undefined ? 'it stays in sight until somebody signs.' : `it waits for somebody until ${until}.`;
  const what = review.closed === undefined ? (refused ?? `Leaving it changes nothing: ${waits}`) : CLOSED;
  const way = review.closed === undefined ? (refused === undefined ? approve : undefined) : mendButton();
  fillFooter(element('div', { class: 'row' }, leave, way, element('span', { class: 'mute', id: 'needed' }, what)));
}

const CLOSED = 'Nothing can be signed until that is mended; this page follows by itself.';

function mendButton(): HTMLButtonElement {
  return button('Show what to mend', 'secondary', () => send({ kind: 'mend' }));
}

function footerForReading(review: Review): void {
  const { forbidden, closed, hold } = review;
  const discard = review.revertible
    ? button('Revert', 'primary', () => send({ kind: 'revert', hold }), { id: 'discard' })
    : button('Discard', 'primary', () => send({ kind: 'discard', hold }), { id: 'discard' });
  const other = forbidden
    ? button(forbidden.owner === '' ? 'Copy a request' : `Copy a request for ${forbidden.owner}`, 'secondary', () =>
        send({ kind: 'copy-request' }),
      )
    : closed === undefined
      ? button('I need this change…', 'secondary', () => openForm(undefined), { id: 'need', 'aria-expanded': 'false' })
      : mendButton();
  const what =
    closed !== undefined && !forbidden
      ? CLOSED
      : review.effect === 'let-retry'
        ? `Discard tells ${review.agent} why, so it can try something narrower.`
        : review.revertible
          ? 'Revert puts the text of before back on disk.'
          : 'Discard leaves the text as it is.';
  fillFooter(element('div', { class: 'row' }, discard, other, element('span', { class: 'mute', id: 'needed' }, what)));
}

/** Nothing to press that would only be refused. */
function footerForRestricted(): void {
  const trust = button('Manage Trust', 'primary', () => send({ kind: 'manage-trust' }), { id: 'discard' });
  const why = 'This folder is in Restricted Mode. Trust it to decide; until then this stays held.';
  fillFooter(element('div', { class: 'row' }, trust, element('span', { class: 'mute', id: 'needed' }, why)));
}

function openForm(draft: Draft | undefined): void {
  const review = shown;
  if (review === undefined || form !== undefined) return;
  form = review.request === undefined ? decisionForm(review, draft, formChanged) : approvalForm(review, draft, formChanged);
  only('main').append(form.section);
  only('#need').replaceWith(acknowledgeButton(signingLabel(review), acknowledge, say));
  formChanged();
  // A form that was open before opens again without pulling the reader to it.
  if (draft !== undefined) return;
  form.section.scrollIntoView({ block: 'start' });
  form.section.querySelector('input')?.focus({ preventScroll: true });
}

function signingLabel({ request, effect, agent, revertible }: Review): string {
  if (request !== undefined) return request.kind === 'glass' ? 'Sign that I looked at it' : 'Approve under my name';
  if (effect === 'let-retry') return `Acknowledge and let ${agent} retry`;
  return revertible ? 'Acknowledge and keep' : 'Acknowledge and apply';
}

function formChanged(): void {
  if (form === undefined || shown === undefined || busy) return;
  const missing = form.missing();
  const ready =
    shown.request !== undefined
      ? 'Ready. It is signed with your key, and written to your log.'
      : shown.effect === 'let-retry'
        ? `Ready. ${shown.agent} may then ${hasCommand(shown.files) ? 'run this command' : 'make this edit'} once, under your name.`
        : shown.revertible
          ? 'Ready. The text stays, under your name; that is written to the log.'
          : 'Ready. Applies as you, and is written to the log.';
  needed(missing.length > 0 ? stillNeeded(missing) : ready);
  only('#acknowledge').setAttribute('aria-disabled', String(missing.length > 0));
  document.querySelector('#problem')?.remove();
  remember(shown.hold, form.draft());
}

/** Called for a person's click or space bar alone: see acknowledge-button.ts. */
function acknowledge(): void {
  if (form === undefined || shown === undefined || busy) return;
  const missing = form.missing();
  const [first] = missing;
  const decision = form.decision();
  if (first !== undefined || decision === undefined) {
    first?.field.focus();
    return say(stillNeeded(missing));
  }
  busy = true;
  only('#acknowledge').setAttribute('aria-disabled', 'true');
  needed('Signing it and writing it to the log…');
  const { hold, nonce } = shown;
  if (shown.request === undefined) send({ kind: 'acknowledge', hold, nonce, decision });
  else send({ kind: 'approve', hold, nonce, reason: decision.reason });
}

function showMissing(missing: readonly { readonly field: string; readonly what: string }[]): void {
  if (form === undefined) return;
  busy = false;
  only('#acknowledge').setAttribute('aria-disabled', 'true');
  needed(stillNeeded(missing));
  say(stillNeeded(missing));
  const [first] = missing;
  if (first !== undefined) form.field(first.field).focus();
}

/** What was filled in stays; the typed name does not, since what it confirmed did not happen. */
function showRefused(problem: string): void {
  busy = false;
  form?.clearTypedName();
  formChanged();
  document.querySelector('#problem')?.remove();
  only('footer').prepend(element('p', { id: 'problem', class: 'note' }, problem));
  say(problem);
}

function showPosition(position: Review['position']): void {
  document.querySelector('main nav')?.replaceWith(neighbours(position, send));
}

function showDone({ title, detail, finding, next, action }: Done): void {
  const hold = shown?.hold ?? '';
  shown = undefined;
  form = undefined;
  busy = false;
  if (action?.kind !== 'undo-discard') forget(hold);
  only('main').replaceChildren(
    element('h1', { id: 'what', tabindex: -1 }, title),
    element('p', { class: 'before' }, detail),
    element(
      'section',
      { class: 'mute' },
      finding === '' ? '' : `The finding was: ${capital(finding)} `,
      linkButton('Show recent decisions', () => send({ kind: 'show-decisions' })),
    ),
  );
  const onward =
    next === undefined
      ? button('Close', 'primary', () => send({ kind: 'close' }))
      : button('Review next held suggestion', 'primary', () => send({ kind: 'show', hold: next }));
  fillFooter(element('div', { class: 'row' }, onward, action && afterthought(action)));
  window.scrollTo(0, 0);
  only('h1').focus();
  say(title);
}

function afterthought(action: NonNullable<Done['action']>): HTMLElement {
  if (action.kind === 'roll-back') return button('Roll back now', 'secondary', () => send(action));
  const { hold, reverted } = action;
  return button(reverted === true ? 'Hold it again' : 'Undo discard', 'secondary', () => send({ kind: 'undo-discard', hold }));
}

function goToDecision(): void {
  only('#discard').focus();
}

function needed(sentence: string): void {
  only('#needed').replaceChildren(element('span', {}, sentence));
}

function stillNeeded(missing: readonly { readonly what: string }[]): string {
  return `Still needed: ${missing.map(({ what }) => what).join(', ')}.`;
}

/** To screen readers, once. */
function say(sentence: string): void {
  only('[role=status]').replaceChildren(element('span', {}, sentence));
}

function remember(hold: string, draft: Draft | undefined): void {
  const others = Object.entries(editor.getState()?.drafts ?? {}).filter(([id]) => id !== hold);
  const drafts = draft === undefined ? others : [...others, [hold, draft] as const];
  editor.setState({ hold, drafts: Object.fromEntries(drafts.slice(-DRAFTS_KEPT)) });
}

function forget(hold: string): void {
  const drafts = Object.entries(editor.getState()?.drafts ?? {}).filter(([id]) => id !== hold);
  editor.setState({ hold, drafts: Object.fromEntries(drafts) });
}

/** Only the extension can post to this page; this keeps a message of another version from breaking it. */
function isToPage(message: unknown): message is ToPage {
  const kinds: readonly unknown[] = ['review', 'position', 'missing', 'refused', 'done'] satisfies readonly ToPage['kind'][];
  return typeof message === 'object' && message !== null && 'kind' in message && kinds.includes(message.kind);
}

function assertNever(value: never): never {
  throw new Error(`unexpected message: ${JSON.stringify(value)}`);
}
