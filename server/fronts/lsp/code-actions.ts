import { REVIEW_COMMAND } from './code-lens.ts';
import type { Notice } from './diagnostics.ts';
import { revertOf, type Replacement } from './documents/revert.ts';
import type { Span } from './documents/statement.ts';

export type Action =
  | { readonly kind: 'revert'; readonly title: string; readonly notice: Notice; readonly replacements: readonly Replacement[] }
  | { readonly kind: 'review'; readonly title: string; readonly notice: Notice; readonly command: string; readonly hold: string };

/** What a person can do about the notices at a place. Nothing here applies or acknowledges. */
export function actionsOf(
  notices: readonly Notice[],
  texts: { readonly baseline: string; readonly text: string; readonly statementAt: (offset: number) => Span },
): readonly Action[] {
  return notices.flatMap((notice): readonly Action[] => {
    const review: readonly Action[] =
      (notice.kind === 'risk' || notice.kind === 'held') && notice.hold !== undefined
        ? [{ kind: 'review', title: 'Review this held suggestion', notice, command: REVIEW_COMMAND, hold: notice.hold.id }]
        : [];
    if (notice.kind !== 'risk') return review;
    const replacements = revertOf(texts.baseline, texts.text, texts.statementAt(notice.start));
    return replacements.length === 0 ? review : [{ kind: 'revert', title: 'Revert to the accepted text', notice, replacements }, ...review];
  });
}
