import { fingerprint } from '../fingerprint.ts';
import { COMMAND_RULES } from '../packs/command-rules.ts';
import { sensitivityOf } from '../rate.ts';
import type { CommandAct, DirectChange, Edit, EngineSettings, Finding, Place } from '../types.ts';

/**
 * The findings of one command. The text of such an "edit" is the command line itself.
 */
export function assessCommand({ path, after: line, command = [] }: Edit, settings: EngineSettings): readonly Finding[] {
  const place: Place = {
    side: 'after',
    start: { line: 1, column: 1, offset: 0 },
    end: { line: 1 + line.split('\n').length - 1, column: (line.split('\n').at(-1) ?? '').length + 1, offset: line.length },
  };
  return command.map((act) => (act.kind === 'change' ? changing(path, act.change, place, settings) : unread(path, act, line, place)));
}

function changing(path: string, change: DirectChange, place: Place, settings: EngineSettings): Finding {
  const rule = COMMAND_RULES[change.rule];
  return {
    rule: rule.id,
    severity: change.severity,
    confidence: 'likely',
    rating: {
      sensitivity: sensitivityOf([change.object], settings),
      blastRadius: { level: change.severity === 'critical' ? 'account' : 'resource', what: change.object },
      gain: rule.gain,
    },
    consequence: `This command ${change.does}.`,
    previously: `It takes effect in ${change.system} at once; no file shows what was there before.`,
    opened: { name: change.object, kind: change.kind },
    ranges: [place],
    fingerprint: fingerprint(path, { rule: change.rule, does: change.does, object: change.object, document: change.document ?? null }),
    fix: rule.fix,
    failureMode: rule.failureMode,
    unchecked: rule.unchecked,
    references: rule.references,
  };
}

function unread(path: string, { paths, why, from }: Extract<CommandAct, { kind: 'unread' }>, line: string, place: Place): Finding {
  const rule = COMMAND_RULES['command-writes-unread-text'];
  const [first = 'a watched file'] = paths;
  const more = paths.length > 1 ? ` and ${paths.length - 1} more` : '';
  return {
    rule: rule.id,
    severity: rule.base,
    confidence: 'unknown',
    rating: {
      sensitivity: { level: 'internal', why: 'the text that is written is not known' },
      blastRadius: { level: 'resource', what: first },
      gain: rule.gain,
    },
    consequence:
      from === 'patch'
        ? `This command applies a patch that cannot be read beforehand. It may change \`${first}\`${more}.`
        : `This command changes \`${first}\`${more} in a way that cannot be read beforehand.`,
    previously: `Why it cannot be read: ${why}.`,
    opened: { name: first, kind: 'file' },
    ranges: [place],
    fingerprint: fingerprint(path, { rule: rule.id, paths: [...paths].sort(), line }),
    fix: from === 'patch' ? 'Save the patch as a file, and apply that file in a command of its own: Countersign reads it.' : rule.fix,
    failureMode: rule.failureMode,
    unchecked: rule.unchecked,
    references: rule.references,
  };
}
