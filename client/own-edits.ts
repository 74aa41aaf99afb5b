import type { Uri } from 'vscode';

/**
 * The texts that documents are about to have because this extension, or a paste it has judged, makes them so. The insertion
 * guard lets exactly these pass. An expectation is used up by one change and lapses after a few seconds.
 */
export class OwnEdits {
  readonly #expected = new Map<string, { readonly text: string; readonly until: number }[]>();

  expect(uri: Uri, text: string): void {
    const key = uri.toString();
    this.#expected.set(key, [...this.#current(key), { text, until: Date.now() + 5000 }]);
  }

  /** Is this the text that was expected here? */
  take(uri: Uri, text: string): boolean {
    const key = uri.toString();
    const current = this.#current(key);
    const index = current.findIndex((expected) => expected.text === text);
    this.#expected.set(
      key,
      current.filter((_, at) => at !== index),
    );
    return index !== -1;
  }

  #current(key: string): { readonly text: string; readonly until: number }[] {
    return (this.#expected.get(key) ?? []).filter(({ until }) => until > Date.now());
  }
}
