import {
  CodeActionKind,
  DiagnosticSeverity,
  MarkupKind,
  type CodeAction,
  type CodeLens,
  type Diagnostic,
  type Hover,
  type Range,
  type TextEdit,
} from 'vscode-languageserver/node';
import { TextDocument } from 'vscode-languageserver-textdocument';
import type { Action } from './code-actions.ts';
import type { Lens } from './code-lens.ts';
import type { Notice } from './diagnostics.ts';
import type { Replacement } from './documents/revert.ts';
import type { Span } from './documents/statement.ts';
import type { View } from './documents/watched.ts';
import { visibleText } from '../visible-text.ts';

/** From our plain data to the language server protocol's. Offsets become lines and characters of the text they were made for. */

export type Places = (span: Span) => Range;

export function placesIn({ uri, version, text }: Pick<View, 'uri' | 'version' | 'text'>): Places {
  const document = TextDocument.create(uri, 'json', version, text);
  return ({ start, end }) => ({ start: document.positionAt(start), end: document.positionAt(end) });
}

export function diagnosticOf(notice: Notice, places: Places): Diagnostic {
  return {
    range: places(notice),
    severity: LEVELS[notice.level],
    source: 'Countersign',
    message: visibleText(notice.message),
    ...(notice.rule === undefined ? {} : { code: notice.rule }),
    ...(notice.data === undefined ? {} : { data: notice.data }),
  };
}

const LEVELS = {
  error: DiagnosticSeverity.Error,
  warning: DiagnosticSeverity.Warning,
  information: DiagnosticSeverity.Information,
  hint: DiagnosticSeverity.Hint,
} as const;

export function hoverIn(markdown: string, span: Span, places: Places): Hover {
  return { contents: { kind: MarkupKind.Markdown, value: markdown }, range: places(span) };
}

export function lensIn(lens: Lens, places: Places): CodeLens {
  return {
    range: places({ start: lens.at, end: lens.at }),
    command: { title: visibleText(lens.title), command: lens.command, arguments: [...lens.arguments] },
  };
}

export function actionIn(action: Action, view: View, places: Places): CodeAction {
  const shared = { title: action.title, kind: CodeActionKind.QuickFix, diagnostics: [diagnosticOf(action.notice, places)] };
  switch (action.kind) {
    case 'revert':
      return { ...shared, edit: { changes: { [view.uri]: textEdits(action.replacements, places) } } };
    case 'review':
      return { ...shared, command: { title: action.title, command: action.command, arguments: [action.hold] } };
    default:
      return action satisfies never;
  }
}

export function textEdits(replacements: readonly Replacement[], places: Places): TextEdit[] {
  return replacements.map(({ text, ...span }) => ({ range: places(span), newText: text }));
}
