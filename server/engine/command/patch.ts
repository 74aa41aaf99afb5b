import { assertNever } from '../assert-never.ts';
import type { Made } from './made.ts';
import { madeBy } from './made.ts';
import { outputOf } from './output.ts';
import { type Input, type SimpleCommand, UNKNOWN } from './simple-command.ts';

/** A patch that a command applies. */
export type Patch = {
  readonly by: 'git' | 'mail' | 'patch';
  /** One after the other. */
  readonly from: readonly PatchText[];
  /** Leading folders that are taken off the names; undefined where the program finds out by itself. */
  readonly strip: number | undefined;
  /** Where the program is told to start. */
  readonly folder: string;
  /** What is put before each name. */
  readonly under: string;
  readonly isReversed: boolean;
  readonly isRecounted: boolean;
  /** The file it is for, whatever the patch says; and where the text goes instead. */
  readonly onto: string | undefined;
  readonly into: string | undefined;
};

/** Where the text of a patch comes from. */
export type PatchText =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'made'; readonly made: Made }
  /** What git prints of this repository: its arguments. `byItself`: where it then applies it, and not where the shell stands. */
  | { readonly kind: 'git'; readonly args: readonly string[]; readonly byItself?: true }
  /** It cannot be read. `source`: a command or a word as written. */
  | { readonly kind: 'unread'; readonly source: string };

/** The patches that these words of a command name; of its input when there are none. */
export function patchTexts(names: readonly string[], command: SimpleCommand): readonly PatchText[] {
  if (names.length === 0) return inputText(command.input);
  let at = 0;
  return names.flatMap((name): readonly PatchText[] => {
    if (STANDARD_INPUT.test(name)) return inputText(command.input);
    const found = command.words.findIndex((word, i) => i >= at && word.text === name);
    if (found !== -1) at = found + 1;
    if (!name.includes(UNKNOWN)) return [{ kind: 'made', made: { from: [name], edits: [] } }];
    const printed = command.words[found]?.printedBy;
    return [printed === undefined ? unread(command) : printedText(printed)];
  });
}

const STANDARD_INPUT = /^(-|\/dev\/stdin|\/dev\/fd\/0|\/proc\/self\/fd\/0)$/;

function inputText(input: Input): readonly PatchText[] {
  switch (input.kind) {
    case 'terminal':
      return [];
    case 'text':
      return [input.text.includes(UNKNOWN) ? { kind: 'unread', source: 'a text that is put together elsewhere' } : input];
    case 'file':
      return [
        input.path.text.includes(UNKNOWN)
          ? { kind: 'unread', source: 'a file whose name is put together elsewhere' }
          : { kind: 'made', made: { from: [input.path.text], edits: [] } },
      ];
    case 'pipe':
      return [input.from === undefined ? { kind: 'unread', source: 'another command' } : printedText(input.from)];
    default:
      return assertNever(input);
  }
}

function printedText(from: SimpleCommand): PatchText {
  const text = outputOf(from);
  if (text !== undefined && !text.includes(UNKNOWN)) return { kind: 'text', text };
  const made = madeBy(from);
  if (made !== undefined) return { kind: 'made', made };
  const [program, ...args] = from.words.map((word) => word.text);
  if (program === 'git' && Object.keys(from.assignments).length === 0 && !args.some((arg) => arg.includes(UNKNOWN)))
    return { kind: 'git', args };
  return unread(from);
}

function unread({ source }: SimpleCommand): PatchText {
  const flat = source.replace(/\s+/g, ' ').trim();
  return { kind: 'unread', source: `\`${flat.length > 60 ? `${flat.slice(0, 59)}…` : flat}\`` };
}
