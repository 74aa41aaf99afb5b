/**
 * What the review page and the extension say to each other. Both sides run code of ours, but the page also shows text
 * of others, so what comes out of it is parsed before it is believed.
 */
import * as v from 'valibot';
import type { Review } from '../server/protocol.ts';

/** The person's decision as the page sends it: fields of the form, unchecked. */
const decision = v.strictObject({
  category: v.pipe(v.string(), v.minLength(1), v.maxLength(100)),
  reason: v.pipe(v.string(), v.maxLength(2000)),
  ticket: v.pipe(v.string(), v.maxLength(500)),
  hours: v.pipe(v.number(), v.finite()),
  rollBackLater: v.boolean(),
  confirmation: v.nullable(v.strictObject({ text: v.pipe(v.string(), v.maxLength(2000)), how: v.picklist(['typed', 'pasted']) })),
});

const id = v.pipe(v.string(), v.maxLength(200));

const fromPage = v.variant('kind', [
  v.strictObject({ kind: v.literal('ready') }),
  v.strictObject({ kind: v.literal('show'), hold: id }),
  v.strictObject({ kind: v.literal('open-diff') }),
  v.strictObject({ kind: v.literal('open-policy') }),
  v.strictObject({ kind: v.literal('show-decisions') }),
  v.strictObject({ kind: v.literal('copy-request') }),
  v.strictObject({ kind: v.literal('close') }),
  v.strictObject({ kind: v.literal('manage-trust') }),
  v.strictObject({ kind: v.literal('mend') }),
  v.strictObject({ kind: v.literal('discard'), hold: id }),
  v.strictObject({ kind: v.literal('revert'), hold: id }),
  v.strictObject({ kind: v.literal('undo-discard'), hold: id }),
  v.strictObject({ kind: v.literal('roll-back'), id }),
  v.strictObject({ kind: v.literal('acknowledge'), hold: id, nonce: id, decision }),
  /** A second person's yes to a request; `hold` is its id. */
  v.strictObject({ kind: v.literal('approve'), hold: id, nonce: id, reason: v.pipe(v.string(), v.maxLength(2000)) }),
]);

/** page → extension */
export type FromPage = v.InferOutput<typeof fromPage>;
export type Decision = v.InferOutput<typeof decision>;

/** extension → page */
export type ToPage =
  /**
   * Read this hold. `trusted`: the folder is, so it can be decided. `notice` is a sentence shown above it; `carryDraft` names
   * the hold whose half-filled form moves here.
   */
  | {
      readonly kind: 'review';
      readonly review: Review;
      readonly trusted: boolean;
      readonly notice?: string | undefined;
      readonly carryDraft?: string | undefined;
    }
  /** The number of holds or the neighbours changed while this one is read. */
  | { readonly kind: 'position'; readonly position: Review['position'] }
  | { readonly kind: 'missing'; readonly missing: readonly { readonly field: string; readonly what: string }[] }
  /** It stays held; the draft is kept, the typed name is cleared. */
  | { readonly kind: 'refused'; readonly problem: string }
  | Done;

/** The decision is made, here or elsewhere. */
export type Done = {
  readonly kind: 'done';
  readonly title: string;
  readonly detail: string;
  /** The sentence of the finding, for the one who looks back at the tab later; '' when it is not known. */
  readonly finding: string;
  /** Worst hold still waiting. */
  readonly next?: string | undefined;
  readonly action?: /** `reverted`: it was on disk, and is held again as a suggestion. */
    | { readonly kind: 'undo-discard'; readonly hold: string; readonly reverted?: true }
    | { readonly kind: 'roll-back'; readonly id: string }
    | undefined;
};

/** What the page remembers over tab switches and reloads. The typed name is never in it. */
export type PageState = { readonly hold: string; readonly drafts: Readonly<Record<string, Draft>> };
export type Draft = {
  readonly open: boolean;
  readonly category: string;
  readonly reason: string;
  readonly ticket: string;
  readonly hours: string;
  readonly rollBackLater: boolean;
};

/** `undefined` for anything that is no message of the page's. */
export function readFromPage(message: unknown): FromPage | undefined {
  const result = v.safeParse(fromPage, message);
  return result.success ? result.output : undefined;
}

const pageState = v.object({ hold: v.string() });

/** Which hold a page of an earlier window showed. */
export function heldInState(state: unknown): string | undefined {
  const result = v.safeParse(pageState, state);
  return result.success ? result.output.hold : undefined;
}
