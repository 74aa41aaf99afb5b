/** Words as a command line that a shell reads as these words again. */
export function commandLine(words: readonly string[]): string {
  return words.map((word) => (/^[\w./:=@%+,*?~-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`)).join(' ');
}
