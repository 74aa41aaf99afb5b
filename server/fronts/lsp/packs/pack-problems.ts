import { DiagnosticSeverity, type Diagnostic } from 'vscode-languageserver/node';
import { linesOf } from '../../line-diff.ts';

type PackDiagnostic = Diagnostic & { readonly message: string };

/** What is wrong with a pack that is being written, each at its line: what it cannot be loaded with, or else what it should not be shared with. */
export function packDiagnostics(text: string): readonly PackDiagnostic[] {
  // Loaded by need: few windows ever show a pack.
  const { parsePack }: typeof import('../../../engine/rules/parse-pack.ts') = require('../../../engine/rules/parse-pack.ts');
  const { lintPack }: typeof import('../../../engine/rules/lint-pack.ts') = require('../../../engine/rules/lint-pack.ts');
  const parsed = parsePack('', text);
  const lines = linesOf(text);
  if (!parsed.ok) return parsed.problems.map(({ line, message }) => atLine(lines, line, message, DiagnosticSeverity.Error));
  return lintPack(parsed.pack).map(({ at, message }) => atLine(lines, parsed.lineOf(at), message, DiagnosticSeverity.Warning));
}

/** `line` from 1. */
function atLine(lines: readonly string[], line: number, message: string, severity: DiagnosticSeverity): PackDiagnostic {
  const text = lines[line - 1] ?? '';
  const start = /^[\s-]*/.exec(text)?.[0].length ?? 0;
  return {
    range: {
      start: { line: line - 1, character: Math.min(start, text.length) },
      end: { line: line - 1, character: Math.max(text.trimEnd().length, start) },
    },
    severity,
    source: 'Countersign',
    code: 'rule-pack',
    message,
  };
}
