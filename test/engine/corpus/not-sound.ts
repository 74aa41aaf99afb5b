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
  '5cf298181a2d-n': { wrong: 'both', why: 'marked neutral, but the access list of the bucket goes from private to public' },
  '82de7ba73ee8-n': { wrong: 'both', why: 'marked neutral, but the access list of the bucket goes from private to public' },
  '00a524183086-n': { wrong: 'both', why: 'marked neutral, but the access list of the bucket goes from private to public' },
  '98a96035631a-n': { wrong: 'both', why: 'marked neutral, but the access list of the bucket goes from private to public' },
};
