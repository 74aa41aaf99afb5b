/** `maybe`: it hangs on a value that is not in this text. */
export type Truth = 'yes' | 'no' | 'maybe';

export function not(truth: Truth): Truth {
  return truth === 'yes' ? 'no' : truth === 'no' ? 'yes' : 'maybe';
}

export function truthOf(holds: boolean): Truth {
  return holds ? 'yes' : 'no';
}

/** No where one is no, yes where all are yes, else maybe. */
export function every(truths: Iterable<Truth>): Truth {
  let sum: Truth = 'yes';
  for (const truth of truths) {
    if (truth === 'no') return 'no';
    if (truth === 'maybe') sum = 'maybe';
  }
  return sum;
}

/** Yes where one is yes, no where all are no, else maybe. */
export function some(truths: Iterable<Truth>): Truth {
  let sum: Truth = 'no';
  for (const truth of truths) {
    if (truth === 'yes') return 'yes';
    if (truth === 'maybe') sum = 'maybe';
  }
  return sum;
}
