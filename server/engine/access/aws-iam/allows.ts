import { namesAction } from './actions.ts';
import type { Catalogue } from './catalogue.ts';
import { difference } from './difference.ts';
import type { PolicyDocument, Statement } from './statement.ts';

/**
 * Do these policies, each for itself, let anybody do this action on some resource under some condition, all Denies counted?
 * For questions about sets of actions on the whole policy, asked before and after. True when it cannot be worked out in time.
 */
export function allows(documents: readonly PolicyDocument[], action: string, catalogue: Catalogue, outOfTime: () => boolean): boolean {
  const only = documents.map((document) => ({
    kind: document.kind,
    pointer: document.pointer,
    identity: document.identity,
    owner: document.owner,
    version: document.version,
    place: document.place,
    statements: document.statements.flatMap((statement): readonly Statement[] => {
      const { sid, effect, principals, notPrincipal, actions, resources, notResource, conditions, pointer, place, effectPlace } = statement;
      const [first] = actions;
      if (first === undefined || !namesAction(statement, action)) return [];
      const one = [{ text: action, place: first.place }];
      const parts = { principals, notPrincipal, actions: one, notAction: false, resources, notResource, conditions };
      return [{ sid, effect, ...parts, pointer, place, effectPlace }];
    }),
  }));
  const { expansions, problems } = difference([], only, catalogue, outOfTime);
  return expansions.length + problems.length > 0;
}
