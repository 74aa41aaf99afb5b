import { listHolds } from '../../gate/holds.ts';
import type { Hold } from '../../gate/types.ts';
import type { HoldItem } from '../../protocol.ts';
import { byUrgency, headlineOf, openedBy, plainText, severityOf, suggesterOf } from '../hold-words.ts';
import { concerns, uriOfPath } from './documents/places.ts';

/** The holds that belong in a window with these folders, worst first, then oldest. */
export function holdsFor(stateFolder: string, folders: readonly string[]): readonly Hold[] {
  return listHolds(stateFolder)
    .filter(({ workspace, edits }) =>
      concerns(
        folders,
        workspace,
        edits.map(({ path }) => path),
      ),
    )
    .toSorted(byUrgency);
}

/** What a hold is called and says, wherever it is listed: while it is held, and when it is decided. */
export function titleOf(hold: Hold): Pick<HoldItem, 'name' | 'sentence' | 'path' | 'uri'> {
  const path = hold.edits[0]?.path ?? '';
  return { name: openedBy(hold).name, sentence: plainText(headlineOf(hold)), path, uri: uriOfPath(hold.workspace, path) };
}

export function itemOf(hold: Hold): HoldItem {
  return {
    ...titleOf(hold),
    id: hold.id,
    severity: severityOf(hold),
    forbidden: hold.verdict === 'forbid',
    agent: suggesterOf(hold.provenance),
    session: hold.provenance.agent?.session ?? '',
    since: hold.created,
    times: hold.times,
    files: hold.edits.length,
    ...(hold.disk === undefined ? {} : { disk: hold.disk }),
  };
}
