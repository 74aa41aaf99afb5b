import { ownText } from '../../read/own-text.ts';
import { type Glob, globMaker, matches, MANY, ONE } from './glob.ts';
import type { Statement } from './statement.ts';

/** An action pattern of a policy, in lower case: actions compare without case. */
export type ActionPattern = {
  readonly lower: string;
  /** The service whose actions alone it can match; '' when its wildcards leave that open. */
  readonly service: string;
  readonly wild: boolean;
  /** What stands before the first wildcard. */
  readonly start: string;
};

/** Does the statement name this action? */
export function namesAction(statement: Statement, action: string): boolean {
  const lower = action.toLowerCase();
  for (const { text } of statement.actions) if (actionMatches(text, lower)) return !statement.notAction;
  return statement.notAction;
}

/** Says of a statement whether it names one of some actions (in lower case), looking at each pattern once. */
export function namesOneOf(actions: readonly string[]): (statement: Statement) => boolean {
  const exact = new Set(actions);
  return (statement) => {
    if (statement.notAction) return actions.some((action) => namesAction(statement, action));
    return statement.actions.some(({ text }) => {
      const pattern = actionPattern(text);
      return pattern.wild ? actions.some((action) => matchesAction(pattern, action)) : exact.has(pattern.lower);
    });
  };
}

/** Does a pattern match an action (in lower case)? */
export function actionMatches(pattern: string, lower: string): boolean {
  return matchesAction(actionPattern(pattern), lower);
}

/** `lower`: the action in lower case. */
export function matchesAction(pattern: ActionPattern, lower: string): boolean {
  if (!pattern.wild) return pattern.lower === lower;
  if (!lower.startsWith(pattern.start)) return false;
  // A star at the end is the only wildcard of most.
  return (pattern.start.length === pattern.lower.length - 1 && pattern.lower.endsWith('*')) || matches(actionGlob(pattern.lower), lower);
}

/** Patterns live as long as the process: there are few, and edits repeat them. */
export function actionPattern(text: string): ActionPattern {
  let pattern = patterns.get(text);
  if (pattern === undefined) {
    if (patterns.size > MOST_KEPT) patterns.clear();
    const own = ownText(text);
    const lower = own.trim().toLowerCase();
    const first = lower.search(/[*?]/);
    const start = first === -1 ? lower : lower.slice(0, first);
    const colon = start.indexOf(':');
    pattern = { lower, service: colon === -1 ? '' : start.slice(0, colon), wild: first !== -1, start };
    patterns.set(own, pattern);
  }
  return pattern;
}

/** The machine of a pattern in lower case. */
export function actionGlob(lower: string): Glob {
  let glob = globs.get(lower);
  if (glob === undefined) {
    if (globs.size > MOST_KEPT) globs.clear();
    const tokens = lower.split('').map((c) => (c === '*' ? MANY : c === '?' ? ONE : c.charCodeAt(0)));
    glob = globMaker()(lower, tokens, false);
    globs.set(lower, glob);
  }
  return glob;
}

const patterns = new Map<string, ActionPattern>();
const globs = new Map<string, Glob>();
const MOST_KEPT = 5_000;
