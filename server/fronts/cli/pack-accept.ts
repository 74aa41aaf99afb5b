import { acceptRules, type NewerRule, newerRules, recordRules } from '../../gate/accepted-rules.ts';
import { loadPolicy } from '../../gate/policy.ts';
import { realFolder } from '../../gate/state-folder.ts';
import type { Policy } from '../../gate/types.ts';
import { type CliIo, fail, say } from './io.ts';
import { ownPlaces } from './own-places.ts';
import type { PackArguments } from './pack.ts';

/** Shows the rules that an upgrade brought, and accepts them: from then on each gets the verdict of its severity. */
export function acceptCommand({ paths, json, list }: PackArguments, io: CliIo): number {
  if (paths.length > 0) return fail(io, 'pack accept takes no name: it accepts the rules of all packs that are asked here.');
  const loaded = loadPolicy(io.cwd, ownPlaces(io).userPolicy);
  if (!loaded.ok) return fail(io, loaded.problem);
  const { policy } = loaded;
  if (policy.packs.problems.length > 0) return fail(io, `Nothing was accepted. ${policy.packs.problems.join(' ')}`);
  const state = stateOf(io);
  const news = [...newerRules(policy, state).values()];
  if (!list) acceptRules(policy, state);
  if (json) return say(io, `${JSON.stringify({ accepted: !list, rules: news }, null, 2)}\n`);
  if (news.length === 0) return say(io, 'No rule is new or stricter than what was accepted.\n');
  const rows = news.map((rule) => `  ${rule.rule}  ${whatIsNew(rule)}  (${rule.pack} ${rule.version})\n`).join('');
  return say(
    io,
    list
      ? `Only shown until they are accepted (countersign pack accept):\n${rows}`
      : `Accepted. From now on each gets the verdict of its severity:\n${rows}`,
  );
}

/** Writes down what is in force here before a pack is put in, so that an upgrade can be told from it. A problem is not worth a failure. */
export function keepRules(io: CliIo): Policy | undefined {
  try {
    const loaded = loadPolicy(io.cwd, ownPlaces(io).userPolicy);
    if (!loaded.ok) return undefined;
    recordRules(loaded.policy, stateOf(io));
    return loaded.policy;
  } catch {
    return undefined;
  }
}

/** A sentence about rules of an upgrade that are not accepted yet; '' without any. */
export function newsOf(policy: Policy | undefined, io: CliIo): string {
  const count = policy === undefined ? 0 : newerRules(policy, stateOf(io)).size;
  if (count === 0) return '';
  return `${count} ${count === 1 ? 'rule is' : 'rules are'} new or stricter, and only shown until a person accepts: countersign pack accept\n`;
}

function whatIsNew(rule: NewerRule): string {
  return rule.kind === 'new' ? `new, ${rule.severity}` : `stricter by ${rule.by}, now ${rule.severity}`;
}

function stateOf(io: CliIo): string {
  return realFolder(ownPlaces(io).state);
}
