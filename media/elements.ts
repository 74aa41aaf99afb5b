import type { Phrase } from '../server/protocol.ts';
import { visibleText } from './visible-text.ts';

export type Child = Node | string | undefined;

/** Makes an element. Text goes in as text nodes with hidden characters written out; `undefined` attributes and children are left out. */
export function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Readonly<Record<string, string | number | boolean | undefined>> = {},
  ...children: readonly (Child | readonly Child[])[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== false) made.setAttribute(name, value === true ? '' : String(value));
  }
  made.append(...children.flat().flatMap((child) => (child === undefined ? [] : [typeof child === 'string' ? visibleText(child) : child])));
  return made;
}

/** A control that looks like a link. */
export function linkButton(
  label: string,
  press: () => void,
  attributes: Readonly<Record<string, string | undefined>> = {},
): HTMLButtonElement {
  const made = element('button', { type: 'button', ...attributes, class: `link ${attributes['class'] ?? ''}`.trim() }, label);
  made.addEventListener('click', press);
  return made;
}

export function button(
  label: string,
  look: 'primary' | 'secondary',
  press: () => void,
  attributes: Readonly<Record<string, string>> = {},
): HTMLButtonElement {
  const made = element('button', { type: 'button', class: `button ${look}`, ...attributes }, label);
  made.addEventListener('click', press);
  return made;
}

/** Names stand out from the sentence around them. */
export function phrase(parts: Phrase): readonly Node[] {
  return parts.map((part) => {
    if (typeof part === 'string') return document.createTextNode(visibleText(part));
    return element('code', { class: part.name.length < 30 ? 'short' : undefined }, part.name);
  });
}

export type Shape = 'octagon' | 'triangle' | 'circle' | 'barred' | 'full' | 'half' | 'hollow';

const SHAPES: Readonly<Record<Shape, string>> = {
  octagon: 'M5 1h6l4 4v6l-4 4H5l-4-4V5zM7.2 4v5h1.6V4zM7.2 10.4V12h1.6v-1.6z',
  triangle: 'M8 1l7.5 14H.5zM7.2 6v4.5h1.6V6zM7.2 11.6v1.6h1.6v-1.6z',
  circle: 'M8 1a7 7 0 110 14A7 7 0 018 1zM7.2 7v5h1.6V7zM7.2 4v1.6h1.6V4z',
  barred: 'M8 .8a7.2 7.2 0 110 14.4A7.2 7.2 0 018 .8zM4 7v2h8V7z',
  full: 'M8 2a6 6 0 110 12A6 6 0 018 2z',
  half: 'M8 2a6 6 0 110 12A6 6 0 018 2zM8 3.5v9a4.5 4.5 0 000-9z',
  hollow: 'M8 2a6 6 0 110 12A6 6 0 018 2zM8 3.5a4.5 4.5 0 100 9 4.5 4.5 0 000-9z',
};

/** A shape in the text's colour; words beside it say the same. `size` in CSS pixels. */
export function shape(name: Shape, size: number): SVGSVGElement {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  const attributes = { viewBox: '0 0 16 16', width: String(size), height: String(size), fill: 'currentColor', 'aria-hidden': 'true' };
  for (const [key, value] of Object.entries(attributes)) svg.setAttribute(key, value);
  const path = document.createElementNS('http://www.w3.org/2000/svg', 'path');
  path.setAttribute('d', SHAPES[name]);
  path.setAttribute('fill-rule', 'evenodd');
  svg.append(path);
  return svg;
}

/** The one element of this kind; the page is made by us, so that it is missing is a bug. */
export function only(selector: string): HTMLElement {
  const found = document.querySelector<HTMLElement>(selector);
  if (found === null) throw new Error(`nothing on the page is ${selector}`);
  return found;
}
