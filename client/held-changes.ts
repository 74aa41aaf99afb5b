import * as vscode from 'vscode';
import type { HoldItem, Review } from '../server/protocol.ts';
import { plain } from '../media/phrases.ts';
import type { ReviewPanel } from './review-panel.ts';
import { positionOf } from './sentences.ts';
import type { ServerConnection } from './server-connection.ts';

/** The list loses a hold before the answer to one's own decision is here: that is waited for, in milliseconds. */
const OWN_ANSWER_MS = 1500;

export type HeldChangesOptions = {
  readonly connection: ServerConnection;
  readonly panel: ReviewPanel;
  /** A decision of this window is under way. */
  readonly deciding: () => boolean;
};

/** Keeps the open review in step with the holds, and opens one by itself where that is wanted. */
export function followHolds({ connection, panel, deciding }: HeldChangesOptions): (holds: readonly HoldItem[]) => void {
  const openedOnce = new Set<string>();

  return (holds) => {
    const reading = panel.review;
    if (reading === undefined) openByItself(holds);
    // A request is no hold, and is in no list of them.
    else if (reading.request !== undefined) return;
    else if (holds.some(({ id }) => id === reading.hold)) panel.post({ kind: 'position', position: positionOf(reading.hold, holds) });
    else decidedElsewhere(reading);
  };

  function decidedElsewhere(reading: Review): void {
    setTimeout(() => {
      if (panel.review !== reading || deciding() || connection.holds.some(({ id }) => id === reading.hold)) return;
      panel.post({
        kind: 'done',
        title: 'This was decided elsewhere.',
        detail: 'Another window or the command line decided it. Recent Decisions says how.',
        finding: plain(reading.sentence),
        next: connection.holds[0]?.id,
      });
    }, OWN_ANSWER_MS);
  }

  function openByItself(holds: readonly HoldItem[]): void {
    if (vscode.workspace.getConfiguration('countersign').get('review.openAutomatically') !== 'critical' || panel.hold !== undefined) return;
    const critical = holds.find(({ id, severity }) => severity === 'critical' && !openedOnce.has(id));
    if (critical === undefined) return;
    openedOnce.add(critical.id);
    void panel.show(critical.id);
  }
}
