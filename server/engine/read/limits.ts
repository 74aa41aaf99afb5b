/** Larger texts are not read: an answer must come within the agent's patience. */
export const LARGEST_TEXT = 2_000_000;
/** Deeper texts are not read: what walks a tree recurses. */
export const DEEPEST = 500;
/** After so many problems of one text, more tell nothing new. */
export const MOST_PROBLEMS = 20;
