import { fingerprint } from '../engine/fingerprint.ts';
import type { Edit, Finding } from '../engine/types.ts';
import type { IgnoreComment } from './ignore-comments.ts';
import { isBelow, plainPath } from './no-go.ts';
import type { Loosened, PolicyLayer } from './types.ts';

/** Rules about Countersign's own controls: nothing silences them. */
export const NEVER_IGNORED: ReadonlySet<string> = new Set([
  'governing-file-changed',
  'ignore-added',
  'pack-changed',
  'check-removed',
  'policy-loosened',
  'policy-target-changed',
  'outside-declaration',
  'unreadable-on-disk',
]);

/** What is on disk already cannot be refused for being unreadable: a person is asked. `cause`: a sentence. */
export function unreadableOnDisk(edit: Edit, cause: string): Finding {
  const end = { line: 1, column: 1, offset: 0 };
  return {
    ...common(edit),
    rule: 'unreadable-on-disk',
    confidence: 'unknown',
    rating: {
      sensitivity: { level: 'restricted', why: 'nobody can say what stands in it' },
      blastRadius: { level: 'resource', what: edit.path },
      gain: 'put in place what nobody has read',
    },
    consequence: `${who(edit)} wrote \`${nameOf(edit.path)}\`, and what that opens cannot be told.`,
    previously: edit.before === '' ? 'Before: this file was not there.' : 'Before: the text that was last known to be good.',
    opened: { name: nameOf(edit.path), kind: 'file' },
    ranges: [{ side: 'after', start: end, end }],
    fingerprint: fingerprint(edit.path, { unreadable: edit.after }),
    fix: 'Look at the file, and correct it or put the old text back.',
    failureMode: 'What cannot be read may grant anything.',
    unchecked: [cause],
    references: ['CWE-20', 'OWASP LLM06:2025 Excessive Agency'],
  };
}

/** An agent writes a comment that keeps a rule from being told. Undefined for a person's edit. */
export function ignoreAdded(edit: Edit, comment: IgnoreComment): Finding | undefined {
  if (edit.provenance.certainty === 'human') return undefined;
  const { rule, until, reason, about } = comment;
  return {
    ...common(edit),
    rule: 'ignore-added',
    consequence: `${who(edit)} can keep rule \`${rule}\` from asking in \`${nameOf(edit.path)}\` until ${until}.`,
    previously: 'Before: the rule asked here.',
    opened: { name: rule, kind: 'rule' },
    ranges: [comment.place],
    fingerprint: fingerprint(edit.path, { ignores: rule, until, reason, about: about.named }),
    fix: 'Write the ignore yourself, or take it out and let each finding be acknowledged.',
    failureMode: 'An agent that can silence its own rules has none.',
    unchecked: ['whether the reason is true'],
  };
}

/** An agent changes a pack that this gate asks, outside of the folders that are watched by name. Undefined for anything else. */
export function packChanged(edit: Edit, workspace: string, folders: readonly string[]): Finding | undefined {
  if (edit.provenance.certainty === 'human' || edit.before === edit.after || edit.command !== undefined) return undefined;
  const path = plainPath(edit.path, workspace);
  if (!folders.some((folder) => isBelow(path, folder))) return undefined;
  const end = { line: 1, column: 1, offset: 0 };
  return {
    ...common(edit),
    rule: 'pack-changed',
    consequence: `${who(edit)} can change what Countersign's rules ask about in \`${nameOf(edit.path)}\`.`,
    previously: edit.before === '' ? 'Before: this file was not there.' : 'Before: only what was locked.',
    opened: { name: nameOf(edit.path), kind: 'pack' },
    ranges: [{ side: 'after', start: end, end }],
    fingerprint: fingerprint(edit.path, { governs: 'pack', after: edit.after.trim() }),
    fix: 'Change the pack yourself, run its tests, then: countersign pack lock',
    failureMode: 'An agent that can change its own rules has none.',
    unchecked: ['what the changed rules no longer find'],
  };
}

/** An agent takes out, or puts aside, the lines by which a repository has Countersign check its commits. Undefined for anything else. */
export function checkRemoved(edit: Edit): Finding | undefined {
  if (edit.provenance.certainty === 'human' || edit.command !== undefined || !/countersign/i.test(edit.before)) return undefined;
  if (!RUNS_CHECKS.test(edit.path.replaceAll('\\', '/'))) return undefined;
  const runs = (text: string) =>
    text
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => /countersign/i.test(line) && !/^(#|\/\/|name:|- name:)/.test(line));
  const left = new Set(runs(edit.after));
  const gone = runs(edit.before).find((line) => !left.has(line));
  if (gone === undefined) return undefined;
  const end = { line: 1, column: 1, offset: 0 };
  return {
    ...common(edit),
    rule: 'check-removed',
    consequence: `${who(edit)} can commit what Countersign would have held: \`${nameOf(edit.path)}\` no longer runs its check as before.`,
    previously: `Before: \`${gone.replace(/[\p{Cc}\p{Cf}`]/gu, '·').slice(0, 80)}\`.`,
    opened: { name: nameOf(edit.path), kind: 'check' },
    ranges: [{ side: 'after', start: end, end }],
    fingerprint: fingerprint(edit.path, { takesOut: runs(edit.before).filter((line) => !left.has(line)) }),
    fix: 'Leave the check in, or take it out yourself.',
    failureMode: 'The check of the commit is what is left where no hook ran.',
    unchecked: [],
  };
}

/** Where a repository says what is run at a commit, and on the server. */
const RUNS_CHECKS =
  /(^|\/)(\.github\/(workflows|actions)\/.*|\.gitlab-ci\.ya?ml|\.pre-commit-config\.ya?ml|\.?lefthook\.ya?ml|\.husky\/.*|\.git\/hooks\/.*|\.circleci\/config\.yml|azure-pipelines\.ya?ml|bitbucket-pipelines\.yml|jenkinsfile|buildkite\/.*\.yml)$/i;

/** An agent changes the file that a policy is a link to, wherever that lies. Undefined for anything else. */
export function policyTargetChanged(edit: Edit, workspace: string, layers: readonly PolicyLayer[]): Finding | undefined {
  if (edit.provenance.certainty === 'human' || edit.before === edit.after || edit.command !== undefined) return undefined;
  const path = plainPath(edit.path, workspace);
  const layer = layers.find(({ real }) => real !== undefined && isBelow(path, real));
  if (layer === undefined) return undefined;
  const end = { line: 1, column: 1, offset: 0 };
  return {
    ...common(edit),
    rule: 'policy-target-changed',
    consequence: `${who(edit)} can change what the gate says: \`${nameOf(edit.path)}\` is the ${layer.of}'s policy, by a link.`,
    previously: `Before: ${layer.file} said what the ${layer.of} wants.`,
    opened: { name: nameOf(edit.path), kind: 'policy' },
    ranges: [{ side: 'after', start: end, end }],
    fingerprint: fingerprint(edit.path, { governs: 'policy', after: edit.after.trim() }),
    fix: 'Change the policy yourself, then: countersign policy check',
    failureMode: 'An agent that can change its own limits has none.',
    unchecked: [],
  };
}

/** An agent writes a policy that tries to loosen what a stronger layer has set. `attempts`: at least one. Undefined for a person's edit. */
export function policyLoosened(edit: Edit, attempts: readonly Loosened[]): Finding | undefined {
  const [first] = attempts;
  if (edit.provenance.certainty === 'human' || first === undefined) return undefined;
  const lines = edit.after.split('\n');
  const more = attempts.length === 1 ? '' : ` (and ${attempts.length - 1} more)`;
  return {
    ...common(edit),
    rule: 'policy-loosened',
    consequence: `${who(edit)} tries to make the gate milder in \`${nameOf(edit.path)}\`: ${first.keys.join('.')}${more}.`,
    previously: 'Before: a stronger policy held, and it still does: these lines have no effect.',
    opened: { name: nameOf(edit.path), kind: 'policy' },
    ranges: attempts.map(({ line, column }) => {
      const text = lines[line - 1] ?? '';
      const offset = lines.slice(0, line - 1).reduce((sum, one) => sum + one.length + 1, 0);
      return {
        side: 'after',
        start: { line, column, offset: offset + column - 1 },
        end: { line, column: text.length + 1, offset: offset + text.length },
      };
    }),
    fingerprint: fingerprint(edit.path, { loosens: attempts.map(({ keys, sentence }) => [keys.join('.'), sentence.split(': ').at(-1)]) }),
    fix: 'Leave these lines out, or ask whoever keeps the stronger policy to change it.',
    failureMode: 'An agent that can soften its own limits has none.',
    unchecked: [],
  };
}

function common(edit: Edit): Pick<Finding, 'severity' | 'confidence' | 'rating' | 'references'> {
  return {
    severity: 'high',
    confidence: 'proved',
    rating: {
      sensitivity: { level: 'restricted', why: 'it decides what is held back' },
      blastRadius: { level: 'resource', what: edit.path },
      gain: 'change its own limits',
    },
    references: ['CWE-269', 'ATT&CK T1562.001', 'OWASP LLM06:2025 Excessive Agency'],
  };
}

function who(edit: Edit): string {
  return edit.provenance.agent?.name ?? 'Something other than you';
}

function nameOf(path: string): string {
  return (path.split(/[/\\]/).at(-1) ?? path).replace(/[\p{Cc}\p{Cf}`]/gu, '·').slice(0, 80);
}
