import { visibleText } from '../visible-text.ts';

/** Text that is HTML already. Only `html` makes it. */
export type Markup = { readonly markup: string };

type Part = string | number | Markup | undefined | readonly Part[];

/** HTML with everything that is put into it escaped, and hidden characters written out. Attributes need their quotes in the template. */
export function html(texts: TemplateStringsArray, ...parts: readonly Part[]): Markup {
  return { markup: texts.reduce((all, text, index) => all + render(parts[index - 1]) + text) };
}

/** A sentence; names in backticks stand out. */
export function sentence(text: string): Markup {
  return {
    markup: text
      .split('`')
      .map((part, index) => (index % 2 === 0 ? escaped(part) : `<code>${escaped(part)}</code>`))
      .join(''),
  };
}

function render(part: Part): string {
  if (part === undefined) return '';
  if (typeof part === 'string') return escaped(part);
  if (typeof part === 'number') return String(part);
  return 'markup' in part ? part.markup : part.map(render).join('');
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

function escaped(text: string): string {
  return visibleText(text).replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '');
}
