import { namesAction } from '../access/aws-iam/actions.ts';
import type { Catalogue } from '../access/aws-iam/catalogue.ts';
import { difference } from '../access/aws-iam/difference.ts';
import type { Expansion } from '../access/aws-iam/expansion.ts';
import type { PolicyDocument } from '../access/aws-iam/statement.ts';
import type { Gain } from './gains.ts';

/**
 * The example request of an expansion is of any of its actions. The finding's sentence is about the worst of them,
 * so its example is worked out again with the two policies cut down to that one action.
 */
export function withTellingWitness(
  expansion: Expansion,
  gain: Gain,
  before: PolicyDocument | undefined,
  after: PolicyDocument | undefined,
  catalogue: Catalogue,
  outOfTime: () => boolean,
): Expansion {
  const wanted = tellingAction(expansion, gain);
  if (wanted === undefined || wanted.toLowerCase() === expansion.witness.action.toLowerCase()) return expansion;
  const found = difference(cutTo(wanted, before), cutTo(wanted, after), catalogue, outOfTime).expansions.filter(
    (each) => each.cause === expansion.cause && each.certainty === expansion.certainty,
  );
  const same = found.find(({ statement }) => statement.pointer === expansion.statement.pointer) ?? found[0];
  return same === undefined ? expansion : { ...expansion, witness: same.witness };
}

/** Actions that more people know stand for their like. */
const WELL_KNOWN = [
  's3:getobject',
  's3:putobject',
  's3:putbucketpolicy',
  'kms:putkeypolicy',
  'secretsmanager:getsecretvalue',
  'sqs:receivemessage',
  'sns:publish',
];

/** As the catalogue spells it. */
function tellingAction({ actions, principals }: Expansion, gain: Gain): string | undefined {
  const lower = new Map(actions.map((action) => [action.toLowerCase(), action]));
  const open = principals.some(({ kind }) => kind === 'anonymous' || kind === 'anyone');
  const known = open || gain.rule === 'aws-admin-access' ? WELL_KNOWN : WELL_KNOWN.filter((action) => gain.actions.includes(action));
  const liked = [...(gain.rule === 'aws-admin-access' ? ['iam:putuserpolicy'] : []), ...known, ...gain.actions];
  return liked.map((action) => lower.get(action)).find((action) => action !== undefined);
}

function cutTo(action: string, document: PolicyDocument | undefined): readonly PolicyDocument[] {
  if (document === undefined) return [];
  const statements = document.statements
    .filter((statement) => namesAction(statement, action))
    .map((statement) => ({
      ...statement,
      notAction: false,
      actions: [{ text: action, place: statement.actions[0]?.place ?? statement.place }],
    }));
  return [{ ...document, statements }];
}
