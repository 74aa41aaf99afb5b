/** One simple command as a shell would run it, with what is known of each word. */

/** Stands for what is not in the command line: `$HOME`, `$(…)`. */
export const UNKNOWN = '\uFFFC';

/** One word after quotes and known variables; what is not known is UNKNOWN in it. */
export type Word = {
  readonly text: string;
  /** Unquoted `*`, `?` or `[`: the shell puts the names of files here. */
  readonly glob: boolean;
  /** It is `<(…)`: what this command prints is read from it. */
  readonly printedBy?: SimpleCommand;
};

export type Redirect = {
  readonly kind: 'write' | 'append' | 'read';
  readonly target: Word;
};

/** Where a command's standard input comes from. `text`: it is in the command line. `pipe`: the command before. `terminal`: nobody says. */
export type Input =
  | { readonly kind: 'terminal' }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'file'; readonly path: Word }
  | { readonly kind: 'pipe'; readonly from: SimpleCommand | undefined };

export type SimpleCommand = {
  /** Program and arguments; empty for a bare redirection. */
  readonly words: readonly Word[];
  /** `A=b` before the program. */
  readonly assignments: Readonly<Record<string, string>>;
  readonly redirects: readonly Redirect[];
  readonly input: Input;
  /** Its output goes to the next command of a pipe. */
  readonly piped: boolean;
  /** Folder in which it runs, relative to the start, as far as `cd` says; UNKNOWN when it does not. */
  readonly folder: string;
  /** As written. */
  readonly source: string;
  /** Where the line has put the text of files of secrets; absent where it names none. */
  readonly carried?: Carried;
};

/** What a line has read of files of secrets. */
export type Carried = {
  /** A file made of one → that file. */
  readonly files: ReadonlyMap<string, string>;
  /** A variable filled from one → that file. */
  readonly names: ReadonlyMap<string, string>;
  /** Its programs ask a proxy that is not this machine. */
  readonly proxied: boolean;
  /** The file that stands behind the input of this command. */
  readonly input?: string;
};
