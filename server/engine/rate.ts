import { SENSITIVE_WORDS } from './packs/sensitivity.ts';
import { SEVERITIES, type EngineSettings, type Finding, type Rating, type Sensitivity, type Severity } from './types.ts';

/** Moves a severity by whole steps; positive is worse. Stays within critical … info. */
export function shift(severity: Severity, steps: number): Severity {
  const index = Math.min(SEVERITIES.length - 1, Math.max(0, SEVERITIES.indexOf(severity) - steps));
  return SEVERITIES[index] ?? severity;
}

/** Negative when `a` is worse than `b`: sorts worst first. */
export function compareSeverity(a: Severity, b: Severity): number {
  return SEVERITIES.indexOf(a) - SEVERITIES.indexOf(b);
}

/** Of equal severity, what stands first in the text. */
export function worstFirst(a: Finding, b: Finding): number {
  return compareSeverity(a.severity, b.severity) || (a.ranges[0]?.start.offset ?? 0) - (b.ranges[0]?.start.offset ?? 0);
}

export function worseOf(a: Severity, b: Severity): Severity {
  return compareSeverity(a, b) <= 0 ? a : b;
}

export function milderOf(a: Severity, b: Severity): Severity {
  return compareSeverity(a, b) <= 0 ? b : a;
}

/** What the names of what is opened say about the data behind them. The settings' own map comes first. */
export function sensitivityOf(names: readonly string[], settings: Pick<EngineSettings, 'sensitivity'>): Rating['sensitivity'] {
  for (const { pattern, level, label } of settings.sensitivity) {
    const glob = globRegExp(pattern);
    const name = names.find((each) => glob.test(each));
    if (name !== undefined) return { level, why: `your policy marks it as ${label}` };
  }
  let first: Ranked | undefined;
  for (const name of names)
    for (const word of wordsOf(name)) {
      const ranked = RANKED.get(word);
      if (ranked !== undefined && (first === undefined || ranked.rank < first.rank)) first = ranked;
    }
  return first?.tells ?? { level: 'internal', why: 'nothing in its name says more' };
}

type Ranked = { readonly rank: number; readonly tells: Rating['sensitivity'] };

/** Each word with its rank: of several the first of the list counts. */
const RANKED: ReadonlyMap<string, Ranked> = new Map(
  SENSITIVE_WORDS.flatMap(({ words, level, label }) =>
    words.map((word) => ({ word, tells: { level, why: `"${word}" in its name suggests ${label}` } })),
  )
    .map(({ word, tells }, rank) => [word, { rank, tells }] as const)
    .toReversed(),
);

export function isSensitive(level: Sensitivity): boolean {
  return level === 'restricted' || level === 'confidential';
}

/** Whole words of a name: "arn:aws:s3:::prodExports_eu2" has prod, exports, eu, 2. */
function wordsOf(name: string): readonly string[] {
  return name
    .replace(/^arn:[^:]*:[^:]*:[^:]*:[^:]*:/, '')
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z]+/);
}

/** `*` any characters, `?` one; without case; the whole name. Built from escaped text, so it cannot be made to run long. */
function globRegExp(pattern: string): RegExp {
  const escaped = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replace(/\*+/g, '.*')
    .replace(/\?/g, '.');
  return new RegExp(`^${escaped}$`, 'is');
}
