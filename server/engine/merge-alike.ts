import { combinedFingerprint } from './fingerprint.ts';
import { compareSeverity } from './rate.ts';
import type { Finding, Place } from './types.ts';

/** Findings of the same rule that say the same of the same thing are one, with every place; the fingerprint covers them all. */
export function mergeAlike(
  findings: readonly Finding[],
  same: (finding: Finding) => string = ({ opened }) => opened.name,
): readonly Finding[] {
  const groups = new Map<string, [Finding, ...Finding[]]>();
  for (const finding of findings) {
    const key = `${finding.rule}\n${finding.consequence}\n${same(finding)}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [finding]);
    else group.push(finding);
  }
  return [...groups.values()].map((group) => {
    if (group.length === 1) return group[0];
    const worst = group.reduce((a, b) => (compareSeverity(a.severity, b.severity) <= 0 ? a : b));
    return {
      ...worst,
      ranges: distinctPlaces(group.flatMap(({ ranges }) => ranges)),
      fingerprint: combinedFingerprint(group.map((each) => each.fingerprint)),
    };
  });
}

/** Each place once, in their order. */
export function distinctPlaces(places: readonly Place[]): readonly Place[] {
  const seen = new Set<string>();
  return places.filter(({ side, start, end }) => {
    const key = `${side} ${start.offset} ${end.offset}`;
    return seen.has(key) ? false : seen.add(key);
  });
}
