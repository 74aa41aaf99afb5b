/** Stands in a hold for a text that is on disk and cannot be shown. A file that really says this is judged the same. */
export function opaqueText(cause: string): string {
  return `[Countersign: not shown, it ${cause.replace(/[\]\n]/g, ' ')}]`;
}

/** Why the text cannot be shown, completing "it "; undefined for any other text. */
export function opaqueCause(text: string): string | undefined {
  return /^\[Countersign: not shown, it ([^\]\n]*)\]$/.exec(text)?.[1];
}
