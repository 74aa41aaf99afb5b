import { applyPatch, parsePatch } from 'diff';

export type ClipboardSuggestion =
  | { readonly kind: 'patch'; readonly files: readonly PatchedFile[] }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'unusable'; readonly problem: string };

/** One file of a patch. `path` is as the patch names it, without `a/` and `b/`; '' when the patch names none. */
export type PatchedFile = {
  readonly path: string;
  readonly removes: boolean;
  /** The text after, or `undefined` when the patch does not fit the text given. */
  readonly applyTo: (before: string) => string | undefined;
};

/** What somebody copied from a chat, a forum or a terminal: a unified diff, or text that replaces something. */
export function readClipboard(clipboard: string): ClipboardSuggestion {
  if (clipboard.trim() === '') return { kind: 'unusable', problem: 'The clipboard is empty. Copy the suggested text or patch first.' };
  const text = unfenced(clipboard);
  if (!/^@@ -\d+(?:,\d+)? \+\d+(?:,\d+)? @@/m.test(text)) return { kind: 'text', text };
  try {
    const files = parsePatch(text).filter(({ hunks }) => hunks.length > 0);
    if (files.length === 0) return { kind: 'unusable', problem: 'The clipboard looks like a patch, but nothing in it changes a file.' };
    return {
      kind: 'patch',
      files: files.map((patch) => {
        const removes = patch.newFileName === '/dev/null';
        const name = removes ? patch.oldFileName : patch.newFileName;
        return {
          path: (name ?? '').replace(/^[abciow]\//, ''),
          removes,
          applyTo: (before) => {
            const after = applyPatch(before, patch);
            return after === false ? undefined : after;
          },
        };
      }),
    };
  } catch (error) {
    const cause = error instanceof Error ? error.message.split('\n')[0] : String(error);
    return {
      kind: 'unusable',
      problem: `The clipboard looks like a patch that cannot be read: ${cause}. Copy the whole patch and try again.`,
    };
  }
}

/** Chats and forums put code between fences; they are not part of the suggestion. */
function unfenced(text: string): string {
  return /^\s*```[^\n]*\n([\s\S]*?)\n?```\s*$/.exec(text)?.[1] ?? text;
}
