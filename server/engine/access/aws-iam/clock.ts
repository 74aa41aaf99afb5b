/** Says that work was done, in steps of about a microsecond. Throws `OutOfTime` when the time for the answer is used up. */
export type Tick = (work?: number) => void;

/**
 * The one thing the engine throws on purpose: time can run out in any loop, and every loop ends at once.
 * `difference` and `assess` catch it and answer with a problem.
 */
export class OutOfTime extends Error {}

/** Looks at the time after every few hundred steps: looking costs more than most of them. */
export function ticking(outOfTime: () => boolean): Tick {
  let left = STEPS_BETWEEN_LOOKS;
  return (work = 1) => {
    left -= work;
    if (left > 0) return;
    left = STEPS_BETWEEN_LOOKS;
    if (outOfTime()) throw new OutOfTime('the time for an answer is used up');
  };
}

const STEPS_BETWEEN_LOOKS = 500;
