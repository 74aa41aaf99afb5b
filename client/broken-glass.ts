import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as vscode from 'vscode';
import type { Review } from '../server/protocol.ts';
import { plain } from '../media/phrases.ts';
import { visibleText } from '../media/visible-text.ts';
import type { Decisions } from './decisions.ts';

const LOOK_MS = 2_000;
const PHRASE = 'break glass';

type Broken = { readonly id: string; readonly sentence: string };

/**
 * Shows in every open editor that glass was broken, until somebody else has looked at it. The state folder says so, and no
 * server is needed to see it.
 */
export class BrokenGlass implements vscode.Disposable {
  readonly #folder: string;
  readonly #item: vscode.StatusBarItem;
  readonly #timer: NodeJS.Timeout;
  readonly #told = new Set<string>();

  constructor(stateFolder: string) {
    this.#folder = join(stateFolder, 'glass');
    this.#item = vscode.window.createStatusBarItem('countersign.glass', vscode.StatusBarAlignment.Left);
    this.#item.name = 'Countersign: broken glass';
    this.#item.backgroundColor = new vscode.ThemeColor('statusBarItem.errorBackground');
    this.#item.command = 'countersign.request.review';
    this.#timer = setInterval(() => this.#look(), LOOK_MS);
    this.#look();
  }

  dispose(): void {
    clearInterval(this.#timer);
    this.#item.dispose();
  }

  #look(): void {
    const broken = brokenIn(this.#folder);
    if (broken.length === 0) return this.#item.hide();
    this.#item.text = `$(flame) Glass broken${broken.length === 1 ? '' : ` ${broken.length} times`}`;
    this.#item.tooltip = broken.map(({ sentence }) => sentence).join('\n');
    this.#item.accessibilityInformation = { label: broken.map(({ sentence }) => sentence).join(' '), role: 'button' };
    this.#item.show();
    for (const { id, sentence } of broken.filter((one) => !this.#told.has(one.id))) {
      this.#told.add(id);
      void vscode.window.showErrorMessage(sentence);
    }
  }
}

/** The separate way past a policy that asks for more than this person can give now: a typed phrase, a reason, and a modal yes. */
export async function breakGlass(review: Review | undefined, decisions: Decisions): Promise<void> {
  if (review === undefined || review.forbidden !== undefined || review.request !== undefined) {
    return void vscode.window.showInformationMessage('Open the review of what must go through first. A no-go zone stays closed.');
  }
  const phrase = await vscode.window.showInputBox({
    title: 'Break Glass: this passes over the policy',
    prompt: `Type "${PHRASE}". It is recorded as critical, shipped, and shown in every editor until somebody else has looked at it.`,
    ignoreFocusOut: true,
    validateInput: (text) => (text.trim().toLowerCase() === PHRASE ? undefined : `Type "${PHRASE}" to go on.`),
  });
  if (phrase === undefined) return;
  const reason = await vscode.window.showInputBox({
    title: 'Break Glass: why can this not wait for somebody else?',
    prompt: `At least ${review.form.minimumReason} characters. It goes into the log with your name.`,
    ignoreFocusOut: true,
    validateInput: (text) =>
      text.trim().length < review.form.minimumReason ? `At least ${review.form.minimumReason} characters.` : undefined,
  });
  if (reason === undefined) return;
  const answer = await vscode.window.showWarningMessage(
    'Let it through alone, against the policy?',
    { modal: true, detail: `${visibleText(plain(review.sentence))}\n\n${visibleText(reason)}` },
    // The first is what Enter presses.
    'Keep It Held',
    'Break Glass',
  );
  if (answer === 'Break Glass') await decisions.breakGlass(review, phrase, reason);
}

/** What the records in the folder say. They are shown, not believed: the log is what counts. */
function brokenIn(folder: string): readonly Broken[] {
  try {
    return readdirSync(folder)
      .filter((name) => /^[0-9a-f]{64}\.json$/.test(name))
      .map((name) => ({ id: name, sentence: sentenceOf(join(folder, name)) }));
  } catch {
    return [];
  }
}

/** As much of a record as is told. */
type Statement = {
  readonly predicate: {
    readonly time: string;
    readonly actor: { readonly user: string };
    readonly event: {
      readonly reason?: { readonly text?: string };
      readonly files?: readonly { readonly findings: readonly { readonly consequence: string }[] }[];
    };
  };
};

function sentenceOf(file: string): string {
  try {
    const envelope: { payload: string } = JSON.parse(readFileSync(file, 'utf8'));
    const { predicate }: Statement = JSON.parse(Buffer.from(envelope.payload, 'base64').toString('utf8'));
    const [worst] = (predicate.event.files ?? []).flatMap(({ findings }) => findings);
    return visibleText(
      `Glass was broken by ${predicate.actor.user} at ${predicate.time.slice(0, 16).replace('T', ' ')}: ${worst?.consequence.replaceAll('`', '') ?? ''} Reason: ${predicate.event.reason?.text ?? ''}`,
    );
  } catch {
    return 'Glass was broken; the file that tells of it cannot be read. Verify the log.';
  }
}
