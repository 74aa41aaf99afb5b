import { assertNever } from './assert-never.ts';
import type { Expansion } from './access/aws-iam/expansion.ts';
import type { Gain } from './rules/gains.ts';
import { type Target, targetOf } from './rules/reach-of.ts';

/** The thing an expansion opens, for sentences and for the name a person types. */
export type Opened = {
  readonly name: string;
  readonly kind: string;
  readonly extent: Target['extent'];
  /** "`prod-customer-exports`", "every bucket", "every secret starting with `prod/`". */
  readonly text: string;
  readonly account: string;
  readonly inside: string | undefined;
  /** All names and ARNs, for the sensitivity map. */
  readonly names: readonly string[];
};

/** `fileName` names things that the policy itself does not: a role by its trust policy's file. */
export function openedBy(expansion: Expansion, gain: Gain, path: string): Opened {
  const { policy } = expansion;
  const resources = resourcesOf(expansion);
  const holder = ownerName(path, policy.pointer);
  if (policy.kind === 'trust') {
    return { name: holder, kind: 'role', extent: 'one', text: quoted(holder), account: '', inside: undefined, names: [holder] };
  }
  if (gain.rule === 'aws-admin-access' || (gain.rule === 'aws-escalation-path' && gain.wide)) {
    const account = resources.map((each) => targetOf(each).account).find((each) => /^\d{12}$/.test(each)) ?? '';
    const name = account === '' ? 'this account' : account;
    return {
      name,
      kind: 'account',
      extent: 'all',
      text: account === '' ? name : `account ${quoted(name)}`,
      account,
      inside: undefined,
      names: [holder],
    };
  }
  const service = serviceOf(gain.actions[0] ?? expansion.actions[0] ?? expansion.futureActions[0] ?? '');
  const targets = resources.map(targetOf);
  const fitting = targets.filter((target) => target.service === service || target.service === '');
  const pool = fitting.length === 0 ? targets : fitting;
  const widest = pool.find(({ extent }) => extent === 'all') ?? pool.find(({ extent }) => extent === 'some') ?? pool[0];
  const names = [...targets.map(({ name }) => name), ...resources].filter((name) => name !== '' && name !== '*');
  if (widest === undefined || (policy.kind === 'resource' && widest.extent === 'all')) {
    return {
      name: holder,
      kind: policy.kind === 'resource' ? (WORDS[service] ?? 'resource') : 'thing',
      extent: 'one',
      text: quoted(holder),
      account: '',
      inside: undefined,
      names: [holder, ...names],
    };
  }
  const noun = widest.extent === 'all' && gain.rule === 'aws-data-destruction' ? deletedBy(expansion, gain) : undefined;
  const kind = noun !== undefined ? noun : widest.kind === 'thing' ? (WORDS[service] ?? 'resource') : widest.kind;
  return { ...told(widest, kind, service, pool), kind, extent: widest.extent, account: widest.account, inside: widest.inside, names };
}

/** What an action that deletes is named for: "glue:DeleteDatabase" deletes a database. Objects of a bucket are told apart elsewhere. */
function deletedBy({ actions }: Expansion, gain: Gain): string | undefined {
  const action = actions.find((each) => each.toLowerCase() === gain.actions[0]);
  const noun = /^(?!s3:).*:Delete(DB)?([A-Z][a-z]+(?:[A-Z][a-z]+)*)$/.exec(action ?? '');
  return noun === null
    ? undefined
    : `${noun[1] === undefined ? '' : 'database '}${noun[2]?.replace(/([a-z])([A-Z])/g, '$1 $2').toLowerCase() ?? ''}`.trim();
}

/** Where what was left out before is now let in, that is what is opened. */
export function resourcesOf({ resources, statement, counterpart, cause }: Expansion): readonly string[] {
  const leftOut =
    cause === 'allow-added' && counterpart?.notResource === true && !statement.notResource && resources.some((each) => /^\*+$/.test(each));
  return leftOut ? (counterpart?.resources ?? []).map(({ text }) => text) : resources;
}

function told(target: Target, kind: string, service: string, pool: readonly Target[]): { readonly name: string; readonly text: string } {
  switch (target.extent) {
    case 'all': {
      const name = kind === 'resource' && service !== '' ? `everything in ${service}` : `every ${kind}`;
      return { name, text: kind === 'resource' && service !== '' ? `everything in ${quoted(service)}` : name };
    }
    case 'some':
      return target.name === ''
        ? { name: `many ${kind}s`, text: `many ${kind}s` }
        : { name: target.name, text: `every ${kind} starting with ${quoted(target.name)}` };
    case 'one': {
      if (/^aws\.user(name|id)$/.test(target.name)) return { name: `its own ${kind}`, text: `its own ${kind}` };
      const others = new Set(pool.map(({ name }) => name)).size - 1;
      return { name: target.name, text: others === 0 ? quoted(target.name) : `${quoted(target.name)} and ${others} more` };
    }
    default:
      return assertNever(target.extent);
  }
}

/** How things of a service are called when its ARN does not say. */
const WORDS: Readonly<Record<string, string>> = {
  s3: 'bucket',
  secretsmanager: 'secret',
  ssm: 'parameter',
  dynamodb: 'table',
  kms: 'key',
  lambda: 'function',
  sqs: 'queue',
  sns: 'topic',
  sts: 'role',
  iam: 'role',
  ecr: 'repository',
  logs: 'log group',
  rds: 'database',
  ec2: 'resource',
  cloudtrail: 'trail',
  backup: 'backup',
  codecommit: 'repository',
  kinesis: 'stream',
  redshift: 'cluster',
  athena: 'query',
  glue: 'job',
  cloudformation: 'stack',
  codebuild: 'build project',
  ecs: 'task',
};

export function serviceOf(action: string): string {
  return action.slice(0, Math.max(0, action.indexOf(':'))).toLowerCase();
}

/** Whose access a file tells, where only the file says it: the template's resource, else the file, else its folder. */
export function ownerName(path: string, pointer: string): string {
  const logical = /^\/Resources\/([^/]+)/.exec(pointer)?.[1];
  if (logical !== undefined) return logical.replaceAll('~1', '/').replaceAll('~0', '~');
  const segments = path.split(/[/\\]/).filter((each) => each !== '');
  const stem = (segments.at(-1) ?? 'this file').replace(/\.(json[c5]?|template|policy|iam)$/i, '');
  const core = stem
    .replace(/^(policy|trust|iam|assume|role)([-_.](policy|role|trust|document|relationship))*$/i, '')
    .replace(
      /[-_.]?(trust|assume-role|bucket|key|queue|topic|repository|resource|access)?[-_.]?policy(-document)?$|[-_.](trust|assume-role)$/i,
      '',
    );
  const folder = segments.at(-2);
  return core !== ''
    ? core
    : folder !== undefined && !/^(iam|policies|policy|trust|roles?|infra|aws|src|\.)$/i.test(folder)
      ? folder
      : stem;
}

/** A name as it may stand in a sentence: what hides or reorders text is written out, what is very long is cut. */
export function quoted(name: string): string {
  const visible = Array.from(name.replaceAll('`', "'")).map((letter) =>
    HIDDEN.test(letter) ? `⟨U+${(letter.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}⟩` : letter,
  );
  return `\`${visible.length > 90 ? `${visible.slice(0, 89).join('')}…` : visible.join('')}\``;
}

const HIDDEN = /[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Zl}\p{Zp}]/u;
