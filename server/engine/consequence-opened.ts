import { assertNever } from './assert-never.ts';
import type { Catalogue } from './access/aws-iam/catalogue.ts';
import type { Expansion } from './access/aws-iam/expansion.ts';
import { listed, plural, quoted, serviceOf } from './consequence-names.ts';
import type { Owned } from './consequence-owner.ts';
import { nounOf } from './packs/familiar-types.ts';
import type { Gain } from './rules/gains.ts';
import { type Target, targetOf } from './rules/reach-of.ts';

/** The thing an expansion opens, for sentences and for the name a person types. */
export type Opened = {
  /** Bare name; '' where no single thing is named. */
  readonly name: string;
  readonly kind: string;
  readonly extent: Target['extent'];
  /** "`prod-customer-exports`", "every bucket", "every secret starting with `prod/`". */
  readonly text: string;
  readonly account: string;
  readonly inside: string | undefined;
  /** Everything but what the policy names. */
  readonly except: boolean;
  /** How many single things are named; 0 where they cannot be counted. */
  readonly count: number;
  /** What the review calls it, and what is typed at critical: a name that stands in the sentence. */
  readonly label: { readonly name: string; readonly kind: string };
  /** All names and ARNs, for the sensitivity map. */
  readonly names: readonly string[];
};

export function openedBy(expansion: Expansion, gain: Gain, owned: Owned, catalogue: Catalogue): Opened {
  const { policy } = expansion;
  const resources = resourcesOf(expansion);
  if (policy.kind === 'trust') return ownThing('role', owned, []);
  const holder = holderLabel(expansion, owned);
  if (gain.rule === 'aws-admin-access' || (gain.rule === 'aws-escalation-path' && gain.wide)) {
    const account = resources.map((each) => targetOf(each).account).find((each) => /^\d{12}$/.test(each)) ?? '';
    return {
      name: account,
      kind: 'account',
      extent: 'all',
      text: account === '' ? 'this account' : `account ${quoted(account)}`,
      account,
      inside: undefined,
      count: 0,
      except: false,
      label: account === '' ? holder : { name: account, kind: 'account' },
      names: owned.names,
    };
  }
  const action = gain.actions[0] ?? expansion.actions[0]?.toLowerCase() ?? expansion.futureActions[0] ?? '';
  const service = serviceOf(action);
  const targets = resources.map(targetOf);
  const fitting = targets.filter((target) => target.service === service || target.service === '');
  const pool = fitting.length === 0 ? targets : fitting;
  const widest = pool.find(({ extent }) => extent === 'all') ?? pool.find(({ extent }) => extent === 'some') ?? pool[0];
  const names = [...targets.map(({ name }) => name), ...resources].filter((name) => name !== '' && name !== '*');
  if (widest === undefined || (policy.kind === 'resource' && widest.extent === 'all'))
    return ownThing(policy.kind === 'resource' ? (WORDS[service] ?? 'resource') : 'thing', owned, names);
  const kind = widest.kind === 'thing' ? (nounOfGain(gain, catalogue) ?? WORDS[service] ?? 'resource') : widest.kind;
  const excepted = exceptions(expansion, widest);
  const text = `${told(widest, kind, service, pool)}${excepted}`;
  return {
    name: widest.extent === 'all' ? '' : widest.name,
    kind,
    text,
    extent: widest.extent,
    account: widest.account,
    inside: widest.inside,
    except: excepted !== '',
    count: widest.extent === 'one' ? new Set(pool.map(({ name }) => name)).size : 0,
    label: labelFor(text, { name: widest.name, kind }, holder),
    names,
  };
}

/** A thing that only the file or the document around the policy names. */
function ownThing(kind: string, owned: Owned, names: readonly string[]): Opened {
  const text = owned.thing(kind);
  return {
    name: owned.name,
    kind,
    extent: 'one',
    text,
    account: '',
    inside: undefined,
    count: 1,
    except: false,
    label: { name: owned.name, kind: owned.kind === 'policy' ? 'policy' : kind },
    names: [...owned.names, ...names],
  };
}

/** Whoever the sentence names as its subject, where it names one. */
function holderLabel({ principals, policy }: Expansion, owned: Owned): Opened['label'] {
  const [first] = principals;
  const named = policy.kind === 'resource' && first !== undefined && /^(role|user)$/.test(first.kind) && first.value !== '*';
  return named ? { name: first.value.split('/').at(-1) ?? first.value, kind: first.kind } : { name: owned.name, kind: owned.kind };
}

/** A name that the sentence says; else that of whoever gets it. A service's name where all of it is opened. */
function labelFor(text: string, target: Opened['label'], holder: Opened['label']): Opened['label'] {
  if (target.name !== '' && text.includes(quoted(target.name))) return target;
  return holder;
}

/** " but `root`": what an allowance of all the rest leaves out. */
function exceptions({ statement, cause }: Expansion, widest: Target): string {
  if (cause !== 'allow-added' || !statement.notResource || widest.extent !== 'all') return '';
  const names = statement.resources.map(({ text }) => targetOf(text)).filter(({ name }) => name !== '');
  return names.length === 0
    ? ''
    : ` but ${listed(
        names.map(({ name, extent }) => (extent === 'some' ? `those starting with ${quoted(name)}` : quoted(name))),
        1,
      )}`;
}

/** What the telling actions are about: "ec2:TerminateInstances" ends machines. Undefined where they are about several kinds. */
function nounOfGain(gain: Gain, catalogue: Catalogue): string | undefined {
  const nouns = new Set<string | undefined>();
  for (const name of gain.actions.slice(0, 12)) {
    const action = catalogue.action(name);
    nouns.add(action === undefined ? undefined : nounOf(action));
  }
  const [only] = nouns;
  return nouns.size === 1 ? only : undefined;
}

/** Where what was left out before is now let in, that is what is opened. */
export function resourcesOf({ resources, statement, counterpart, cause }: Expansion): readonly string[] {
  const leftOut =
    cause === 'allow-added' && counterpart?.notResource === true && !statement.notResource && resources.some((each) => /^\*+$/.test(each));
  return leftOut ? (counterpart?.resources ?? []).map(({ text }) => text) : resources;
}

function told(target: Target, kind: string, service: string, pool: readonly Target[]): string {
  switch (target.extent) {
    case 'all':
      return kind === 'resource' && service !== '' ? `everything in ${quoted(service)}` : `every ${kind}`;
    case 'some':
      return target.name === '' ? `many ${plural(kind)}` : `every ${kind} starting with ${quoted(target.name)}`;
    case 'one': {
      if (/^aws\.user(name|id)$/.test(target.name)) return `its own ${kind}`;
      const others = new Set(pool.map(({ name }) => name)).size - 1;
      return others === 0 ? quoted(target.name) : `${quoted(target.name)} and ${others} more`;
    }
    default:
      return assertNever(target.extent);
  }
}

/** How things of a service are called when neither its ARN nor its action says. */
const WORDS: Readonly<Record<string, string>> = {
  s3: 'bucket',
  secretsmanager: 'secret',
  dynamodb: 'table',
  kms: 'key',
  lambda: 'function',
  sqs: 'queue',
  sns: 'topic',
  sts: 'role',
  ecr: 'repository',
  logs: 'log group',
  cloudtrail: 'trail',
  codecommit: 'repository',
  kinesis: 'stream',
  redshift: 'cluster',
  athena: 'query',
  cloudformation: 'stack',
  codebuild: 'build project',
};
