/** A place in a policy file, from 1. */
export type PolicyPlace = { readonly line: number; readonly column: number };

/** "file, line 3, column 5" */
export function placeWords(file: string, { line, column }: PolicyPlace): string {
  return `${file}, line ${line}, column ${column}`;
}
