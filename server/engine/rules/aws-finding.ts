import type { Catalogue } from '../access/aws-iam/catalogue.ts';
import type { Expansion } from '../access/aws-iam/expansion.ts';
import type { PolicyDocument } from '../access/aws-iam/statement.ts';
import { consequenceOf } from '../consequence.ts';
import { previouslyOf } from '../consequence-before.ts';
import { openedBy } from '../consequence-opened.ts';
import { ownerOf } from '../consequence-owner.ts';
import { reachOf } from '../consequence-reach.ts';
import { witnessOf } from '../consequence-witness.ts';
import { fingerprint, withFingerprint } from '../fingerprint.ts';
import { AWS_RULES, type AwsRuleId } from '../packs/aws-rules.ts';
import { compareSeverity, sensitivityOf } from '../rate.ts';
import type { Confidence, EngineSettings, Finding, Place } from '../types.ts';
import { rate } from './aws-severity.ts';
import { blastRadiusOf } from './blast-radius.ts';
import { gainWords } from './gain-words.ts';
import { type Gain, gainOf } from './gains.ts';
import type { Rule } from './rule.ts';
import { withTellingWitness } from './witness-for.ts';

/** What a finding is worked out from, beside the expansion itself. */
export type Surroundings = {
  readonly path: string;
  readonly before: PolicyDocument | undefined;
  readonly after: PolicyDocument | undefined;
  /** Every policy of the file before the edit. */
  readonly beforeAll: readonly PolicyDocument[];
  /** Where in the text after something stood that is gone from the text before. */
  readonly gapOf: (gone: Place) => Place;
  readonly catalogue: Catalogue;
  readonly settings: EngineSettings;
};

/** One expansion, one finding: that of its worst gain. */
export function findingOf(found: Expansion, around: Surroundings): Finding {
  const { path, before, after, catalogue, settings } = around;
  const gain = gainOf(found, before, after, catalogue);
  const owned = ownerOf(after ?? before, path);
  const opened = openedBy(found, gain, owned, catalogue);
  const sensitivity = sensitivityOf(opened.names, settings);
  const rated = rate(found, gain, sensitivity.level, around);
  const told = compareSeverity(rated.severity, 'medium') <= 0 || found.actions.length < 50;
  const expansion = told ? withTellingWitness(found, gain, rated.severity, catalogue) : found;
  const rule: Rule = AWS_RULES[rated.rule];
  const finding: Omit<Finding, 'fingerprint'> = {
    rule: rule.id,
    severity: rated.severity,
    confidence: confidenceOf(expansion, rated.rule, gain),
    rating: {
      sensitivity,
      blastRadius: blastRadiusOf(expansion, gain, opened, owned),
      gain: gainWords(rated.rule, gain),
    },
    consequence: consequenceOf(expansion, gain, rated.rule, opened, owned),
    previously: previouslyOf(expansion, gain, opened, before, (action) => spelled(action, catalogue)),
    opened: opened.label,
    witness: witnessOf(expansion, owned),
    reach: reachOf(expansion, gain, opened, before),
    ranges: placesOf(expansion, around),
    fix: rule.fix,
    failureMode:
      gain.set === undefined
        ? rule.failureMode
        : `${rule.failureMode} Together: ${gain.set.actions.map((action) => spelled(action, catalogue)).join(', ')}.`,
    unchecked: rule.unchecked,
    references: rule.references,
  };
  return withFingerprint(finding, () => fingerprint(path, expansion.canonical));
}

function confidenceOf({ certainty, assumesOtherAllow }: Expansion, rule: AwsRuleId, gain: Gain): Confidence {
  if (certainty === 'undecided') return 'unknown';
  if (certainty === 'possible' || assumesOtherAllow) return 'likely';
  // That the actions are allowed is proved; that they lead further is a known pattern.
  return rule === 'aws-escalation-path' || (rule === 'aws-run-code-with-role' && gain.actions.length > 0) || rule === 'aws-future-actions'
    ? 'likely'
    : 'proved';
}

/** What was removed shows only in the text before: the place where it stood is shown too, and of a condition the statement that now lacks it. */
function placesOf({ places, cause, statement }: Expansion, { gapOf }: Surroundings): readonly Place[] {
  const [first] = places;
  if (first === undefined || places.some(({ side }) => side === 'after')) return places;
  return cause === 'allow-added' ? [...places, statement.effectPlace, gapOf(first)] : [...places, gapOf(first)];
}

function spelled(action: string, catalogue: Catalogue): string {
  return catalogue.action(action)?.name ?? action;
}
