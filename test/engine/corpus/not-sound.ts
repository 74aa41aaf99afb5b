/**
 * Rows of the labelled edits whose label does not hold, each with the reason. They count as neither found nor missed, quiet nor alarming.
 * `risky`: the edit opens nothing. `reverse`: the reverse opens something too. `both`.
 */
export const NOT_SOUND: Readonly<Record<string, { readonly wrong: 'risky' | 'reverse' | 'both'; readonly why: string }>> = {
  eec6476a5b90: { wrong: 'both', why: 'a user leaves a group; no access is gained' },
  '1f2e7b4ba24d': {
    wrong: 'reverse',
    why: 'both directions open the queue to anyone for another action: receiving before, creating after',
  },
};
