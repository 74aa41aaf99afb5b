import type { Catalogue } from '../access/aws-iam/catalogue.ts';
import type { Expansion } from '../access/aws-iam/expansion.ts';
import type { PolicyDocument } from '../access/aws-iam/statement.ts';
import { consequenceOf } from '../consequence.ts';
import { previouslyOf } from '../consequence-before.ts';
import { openedBy } from '../consequence-opened.ts';
import { ownerOf } from '../consequence-owner.ts';
import { reachOf } from '../consequence-reach.ts';
import { witnessOf } from '../consequence-witness.ts';
import { fingerprint } from '../fingerprint.ts';
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
  return {
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
    ranges: placesOf(expansion),
    fingerprint: fingerprint(path, expansion.canonical),
    fix: rule.fix,
    failureMode:
      gain.set === undefined
        ? rule.failureMode
        : `${rule.failureMode} Together: ${gain.set.actions.map((action) => spelled(action, catalogue)).join(', ')}.`,
    unchecked: rule.unchecked,
    references: rule.references,
  };
}

function confidenceOf({ certainty, assumesOtherAllow }: Expansion, rule: AwsRuleId, gain: Gain): Confidence {
  if (certainty === 'undecided') return 'unknown';
  if (certainty === 'possible' || assumesOtherAllow) return 'likely';
  // That the actions are allowed is proved; that they lead further is a known pattern.
  return rule === 'aws-escalation-path' || (rule === 'aws-run-code-with-role' && gain.actions.length > 0) || rule === 'aws-future-actions'
    ? 'likely'
    : 'proved';
}

/** Where a removed condition shows only in the text before, the statement that now lacks it is shown too. */
function placesOf({ places, cause, statement }: Expansion): readonly Place[] {
  return cause === 'allow-added' && places.every(({ side }) => side === 'before') ? [...places, statement.effectPlace] : places;
}

function spelled(action: string, catalogue: Catalogue): string {
  return catalogue.action(action)?.name ?? action;
}
