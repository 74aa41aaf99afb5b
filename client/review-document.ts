import * as vscode from 'vscode';
import type { Review } from '../server/protocol.ts';
import { reviewMarkdown } from './review-markdown.ts';

const TEXT_SCHEME = 'countersign-review';

export type ReviewDocument = vscode.Disposable & { readonly open: (review: Review) => Promise<void> };

/** The review as a read-only text, for who reads better that way or where the panel fails. All it offers is Discard. */
export function registerReviewDocument(): ReviewDocument {
  const texts = new Map<string, string>();
  const changed = new vscode.EventEmitter<vscode.Uri>();
  const subscription = vscode.Disposable.from(
    changed,
    vscode.workspace.registerTextDocumentContentProvider(TEXT_SCHEME, {
      onDidChange: changed.event,
      provideTextDocumentContent: (uri) => texts.get(uri.toString()) ?? '',
    }),
    vscode.languages.registerCodeLensProvider(
      { scheme: TEXT_SCHEME },
      {
        provideCodeLenses: ({ uri }) => [
          new vscode.CodeLens(new vscode.Range(0, 0, 0, 0), {
            title: 'Discard',
            command: 'countersign.review.discard',
            arguments: [holdOf(uri)],
          }),
        ],
      },
    ),
  );
  return {
    open: async (review) => {
      const uri = vscode.Uri.from({ scheme: TEXT_SCHEME, path: `/${review.hold}/Held suggestion.md` });
      texts.set(uri.toString(), reviewMarkdown(review));
      changed.fire(uri);
      await vscode.window.showTextDocument(await vscode.workspace.openTextDocument(uri), { preview: true });
    },
    dispose: () => subscription.dispose(),
  };
}

/** Which hold a review text is about. */
export function holdOf(uri: vscode.Uri): string | undefined {
  return uri.scheme === TEXT_SCHEME ? uri.path.split('/')[1] : undefined;
}
