/** What a reader cannot see or what reorders what they see: controls, format characters, surrogates, fillers, odd spaces. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800]|(?! )\p{Zs}/gu;

/** The text with every hidden or reordering character written out as ⟨U+202E⟩. A tab becomes two spaces. */
export function visibleText(text: string): string {
  return text.replace(UNSEEN, (character) => (character === '\t' ? '  ' : `⟨U+${codePoint(character)}⟩`));
}

function codePoint(character: string): string {
  return (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
}
