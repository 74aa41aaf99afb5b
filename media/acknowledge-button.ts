import { element } from './elements.ts';

/** A second click that was meant for what stood here before must not count. */
const SETTLE_MS = 600;

/**
 * The button that acknowledges. It answers a click or the space bar of a person alone: not Enter in any combination, not a
 * key that was already down when the focus came, not the second half of a double click, not an event a script made up.
 */
export function acknowledgeButton(label: string, press: () => void, say: (sentence: string) => void): HTMLButtonElement {
  const made = element(
    'button',
    { type: 'button', class: 'button secondary', id: 'acknowledge', 'aria-describedby': 'needed', 'aria-disabled': 'true' },
    label,
  );
  const shownAt = performance.now();
  let spaceDownHere = false;
  let keyUpNow = false;
  made.addEventListener('keydown', (event) => {
    if (event.key === 'Enter' || event.key === 'y' || event.key === 'Y') {
      event.preventDefault();
      if (event.key === 'Enter' && !event.repeat) say('Enter does not apply. Press Space.');
    } else if (event.key === ' ') {
      if (event.repeat || !event.isTrusted || hasModifier(event)) event.preventDefault();
      else spaceDownHere = true;
    }
  });
  // The click that the space bar makes comes while its key goes up.
  made.addEventListener('keyup', (event) => {
    if (event.key !== ' ') return;
    keyUpNow = true;
    if (!spaceDownHere || !event.isTrusted) event.preventDefault();
    setTimeout(() => {
      keyUpNow = false;
      spaceDownHere = false;
    });
  });
  made.addEventListener('blur', () => {
    spaceDownHere = false;
  });
  made.addEventListener('click', (event) => {
    if (!event.isTrusted || event.detail > 1 || performance.now() - shownAt < SETTLE_MS) return;
    if (keyUpNow && !spaceDownHere) return;
    press();
  });
  return made;
}

function hasModifier(event: KeyboardEvent): boolean {
  return event.ctrlKey || event.altKey || event.metaKey;
}
