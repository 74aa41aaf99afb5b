/**
 * The same text, apart from the one it was cut out of: a piece of a file that is kept in a table would keep the whole file in memory.
 */
export function ownText(piece: string): string {
  return Buffer.from(piece, 'utf16le').toString('utf16le');
}
