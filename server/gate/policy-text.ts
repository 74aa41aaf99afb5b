/**
 * Could this text be a policy, whatever its file is called? JSON that speaks of an effect, or hides letters behind escapes.
 * Loaded on the cold path of every hook call, so this file imports nothing.
 */
export function mayBePolicyText(text: string): boolean {
  return /^\s*[[{]/.test(text) && /effect|\\u00/i.test(text);
}
