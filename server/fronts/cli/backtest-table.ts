import { type Finding, type Problem, SEVERITIES, type Severity } from '../../engine/types.ts';
import type { Policy } from '../../gate/types.ts';
import type { FileChange } from './history.ts';
import { count } from '../report/report-words.ts';

/** One file of one commit, and what the rules say to it. */
export type Replayed = { readonly change: FileChange; readonly findings: readonly Finding[]; readonly problems: readonly Problem[] };

export type Backtest = {
  readonly range: string;
  readonly commits: number;
  /** Files that were judged. */
  readonly files: number;
  readonly seconds: number;
  readonly replayed: readonly Replayed[];
  readonly verdicts: Policy['verdicts'];
};

type RuleCount = {
  readonly rule: string;
  readonly counts: Readonly<Record<Severity, number>>;
  readonly examples: readonly {
    readonly commit: string;
    readonly path: string;
    readonly severity: Severity;
    readonly consequence: string;
  }[];
};

/** By rule and severity, worst first, then a sum in one line. */
export function backtestTable(test: Backtest, examples: number): string {
  const rules = byRule(test, examples);
  const width = Math.max(4, ...rules.map(({ rule }) => rule.length));
  const head = `${'rule'.padEnd(width)}${SEVERITIES.map((severity) => severity.padStart(10)).join('')}\n`;
  const rows = rules.map(({ rule, counts, examples: named }) => {
    const cells = SEVERITIES.map((severity) => String(counts[severity] === 0 ? '·' : counts[severity]).padStart(10)).join('');
    const lines = named.map(
      ({ commit, path, severity, consequence }) => `    ${commit.slice(0, 10)} ${path} (${severity}) ${consequence}\n`,
    );
    return `${rule.padEnd(width)}${cells}\n${lines.join('')}`;
  });
  const { held, commitsHeld, unread } = sums(test);
  const total = `${count(test.commits, 'commit')}, ${count(test.files, 'file')} judged in ${test.seconds.toFixed(1)} s (${count(perSecond(test), 'file')} a second).\n`;
  const asks = `Held: ${count(held, 'file')} (${share(held, test.files)}) in ${count(commitsHeld, 'commit')} (${share(commitsHeld, test.commits)}).${unread === 0 ? '' : ` Not read whole: ${unread}.`}\n`;
  return `${rules.length === 0 ? 'No rule had anything to say.\n' : head + rows.join('')}\n${total}${asks}`;
}

export function backtestJson(test: Backtest, examples: number): string {
  const { held, commitsHeld, unread } = sums(test);
  return `${JSON.stringify(
    {
      range: test.range,
      commits: test.commits,
      files: test.files,
      seconds: Number(test.seconds.toFixed(3)),
      filesPerSecond: perSecond(test),
      held: { files: held, commits: commitsHeld },
      unread,
      rules: byRule(test, examples),
    },
    null,
    2,
  )}\n`;
}

function byRule({ replayed }: Backtest, most: number): readonly RuleCount[] {
  const rules = new Map<string, { counts: Record<Severity, number>; examples: RuleCount['examples'][number][] }>();
  for (const { change, findings } of replayed) {
    for (const { rule, severity, consequence } of findings) {
      const known = rules.get(rule) ?? { counts: { critical: 0, high: 0, medium: 0, low: 0, info: 0 }, examples: [] };
      rules.set(rule, known);
      known.counts[severity] += 1;
      if (known.examples.length < most) known.examples.push({ commit: change.commit, path: change.path, severity, consequence });
    }
  }
  return [...rules]
    .map(([rule, { counts, examples }]) => ({ rule, counts, examples }))
    .sort((a, b) => compareCounts(a.counts, b.counts) || (a.rule < b.rule ? -1 : 1));
}

function compareCounts(a: RuleCount['counts'], b: RuleCount['counts']): number {
  for (const severity of SEVERITIES) if (a[severity] !== b[severity]) return b[severity] - a[severity];
  return 0;
}

function sums({ replayed, verdicts }: Backtest): { readonly held: number; readonly commitsHeld: number; readonly unread: number } {
  const held = replayed.filter(({ findings }) =>
    findings.some(({ severity }) => ['acknowledge', 'approve', 'forbid'].includes(verdicts[severity])),
  );
  return {
    held: held.length,
    commitsHeld: new Set(held.map(({ change }) => change.commit)).size,
    unread: replayed.filter(({ problems }) => problems.some(({ blinds }) => blinds)).length,
  };
}

function perSecond({ files, seconds }: Backtest): number {
  return Math.round(files / Math.max(seconds, 0.001));
}

function share(part: number, whole: number): string {
  return whole === 0 ? '0 %' : `${((100 * part) / whole).toFixed(1)} %`;
}
