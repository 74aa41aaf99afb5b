import type { DocumentKind } from '../types.ts';
import { governedBy, isWatchedByName, mayHoldPolicyByName } from './governed-path.ts';

/** What kind of file this is by its path, and whether its texts are worth reading as policies. Content decides the rest. */
export function pathKind(path: string): { readonly kind: DocumentKind; readonly mayHoldPolicies: boolean } {
  return { kind: governedBy(path) === undefined ? 'none' : 'governing', mayHoldPolicies: mayHoldPolicyByName(path) };
}

/** A text that cannot be read as JSON, yet shows the words of a policy, half-typed or broken; or has the name of one. */
export function looksLikePolicy(path: string, text: string): boolean {
  if (text.trim() === '') return false;
  const words = [
    /["']?\bEffect["']?\s*:/i,
    /["']?\b(Not)?Action["']?\s*:/i,
    /["']?\bStatement["']?\s*:/i,
    /["']?\b(Not)?(Resource|Principal)["']?\s*:/i,
    /2012-10-17|2008-10-17/,
    /\barn:aws[a-z-]*:/,
  ];
  const seen = words.filter((word) => word.test(text)).length;
  return seen >= 2 || isWatchedByName(path);
}
