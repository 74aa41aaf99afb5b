import type { DirectChange } from '../types.ts';
import type { SimpleCommand } from './simple-command.ts';

/** What one simple command does that matters here. Paths are as written, below `folder`; globs and UNKNOWN may be in them. */
export type Effect =
  /** A file gets this text. `text` is undefined when it cannot be told. */
  | { readonly kind: 'write'; readonly path: string; readonly text: string | undefined; readonly append: boolean }
  /** A file becomes a copy of another. */
  | { readonly kind: 'copy'; readonly from: string; readonly path: string }
  /** A file or folder goes away. */
  | { readonly kind: 'delete'; readonly path: string }
  /** Access, data or a safeguard is changed right away, outside of any file. */
  | { readonly kind: 'change'; readonly change: DirectChange }
  /** A shell or interpreter opens that takes its commands from nowhere we see. */
  | { readonly kind: 'open-ended'; readonly program: string }
  /** Code of another language that runs here. */
  | { readonly kind: 'code'; readonly program: string; readonly code: string }
  /** A program text in a file runs. */
  | { readonly kind: 'script'; readonly program: string; readonly path: string; readonly args: readonly string[] }
  /** A patch in a file is applied. */
  | { readonly kind: 'patch'; readonly path: string }
  /** Another command line runs: `bash -c`, `eval`. `args`: what it sees as `$1` and so on. */
  | { readonly kind: 'shell'; readonly text: string; readonly args?: readonly string[] }
  /** Command lines run that stand in package.json, a Makefile or a justfile below `folder`. No names: the first there is. */
  | {
      readonly kind: 'task';
      readonly runner: 'package' | 'make' | 'just';
      readonly names: readonly string[];
      readonly folder: string;
      readonly file: string | undefined;
    }
  /** It may do anything: what it runs is put together elsewhere. */
  | { readonly kind: 'unclear'; readonly why: string };

/** Words of a program's arguments after wrappers are taken off. */
export type Invocation = {
  readonly program: string;
  readonly args: readonly string[];
  readonly command: SimpleCommand;
};

/** One file per family of programs exports these. */
export type Program = {
  readonly names: readonly string[];
  readonly effects: (invocation: Invocation) => readonly Effect[];
};
