import type { DocumentKind } from '../types.ts';
import { governedBy, isWatchedByName, mayHoldPolicyByName } from './governed-path.ts';

/** What kind of file this is by its path, and whether its texts are worth reading as policies. Content decides the rest. */
export function pathKind(path: string): { readonly kind: DocumentKind; readonly mayHoldPolicies: boolean } {
  return { kind: governedBy(path) === undefined ? 'none' : 'governing', mayHoldPolicies: mayHoldPolicyByName(path) };
}

/** A text that cannot be read as JSON, yet shows the words of a policy, half-typed or broken; or has the name of one. */
export function looksLikePolicy(path: string, text: string): boolean {
  return text.trim() !== '' && (speaksOfPolicy(text) || isWatchedByName(path));
}

/** Words of a policy, whatever the file is called. */
export function speaksOfPolicy(text: string): boolean {
  const words = [
    /["']?\bEffect["']?\s*:/i,
    /["']?\b(Not)?Action["']?\s*:/i,
    /["']?\bStatement["']?\s*:/i,
    /["']?\b(Not)?(Resource|Principal)["']?\s*:/i,
    /2012-10-17|2008-10-17/,
    /\barn:aws[a-z-]*:/,
  ];
  return words.filter((word) => word.test(text)).length >= 2;
}
