import { acceptRules, type NewerRule, newerRules, recordRules } from '../../gate/accepted-rules.ts';
import { loadPolicy } from '../../gate/policy.ts';
import { recordable } from '../../gate/recorded.ts';
import { realFolder } from '../../gate/state-folder.ts';
import type { Policy } from '../../gate/types.ts';
import { type CliIo, fail, say } from './io.ts';
import { ownGate, ownPlaces } from './own-places.ts';
import type { PackArguments } from './pack.ts';

/** Shows the rules that an upgrade brought, and accepts them: from then on each gets the verdict of its severity. */
export async function acceptCommand({ paths, json, list }: PackArguments, io: CliIo): Promise<number> {
  if (paths.length > 0) return fail(io, 'pack accept takes no name: it accepts the rules of all packs that are asked here.');
  const loaded = loadPolicy(io.cwd, ownPlaces(io).userPolicy);
  if (!loaded.ok) return fail(io, loaded.problem);
  const { policy } = loaded;
  if (policy.packs.problems.length > 0) return fail(io, `Nothing was accepted. ${policy.packs.problems.join(' ')}`);
  const state = stateOf(io);
  const news = [...newerRules(policy, state).values()];
  if (!list && news.length > 0) {
    // Recorded before it counts: rules that begin to hold edits are a change of what the gate does.
    const problem = await recordAccepted(news, policy, io);
    if (problem !== undefined) return fail(io, `Nothing was accepted. ${problem}`);
  }
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

async function recordAccepted(news: readonly NewerRule[], policy: Policy, io: CliIo): Promise<string | undefined> {
  const opened = await ownGate(io, io.cwd, 'countersign pack accept');
  if (!opened.ok) return opened.problem;
  const rules = news.map((rule) => `${rule.rule} (${rule.pack} ${rule.version}, ${whatIsNew(rule)})`).join(', ');
  const appended = await opened.gate.ledger.append({
    kind: 'rules-accepted',
    workspace: recordable(io.cwd),
    policy: policy.digest,
    cause: recordable(`${news.length === 1 ? '1 rule was' : `${news.length} rules were`} accepted: ${rules}.`),
  });
  return appended.ok ? undefined : appended.problem.message;
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
