import { namesAction } from './actions.ts';
import type { Catalogue } from './catalogue.ts';
import { difference } from './difference.ts';
import type { PolicyDocument } from './statement.ts';

/**
 * Do these policies, each for itself, let anybody do this action on some resource under some condition, all Denies counted?
 * For questions about sets of actions on the whole policy, asked before and after. True when it cannot be worked out in time.
 */
export function allows(documents: readonly PolicyDocument[], action: string, catalogue: Catalogue, outOfTime: () => boolean): boolean {
  const only = documents.map((document) => ({
    ...document,
    statements: document.statements.flatMap((statement) => {
      const [first] = statement.actions;
      return first === undefined || !namesAction(statement, action)
        ? []
        : [{ ...statement, actions: [{ ...first, text: action }], notAction: false }];
    }),
  }));
  const { expansions, problems } = difference([], only, catalogue, outOfTime);
  return expansions.length + problems.length > 0;
}
