import type { DirectChange } from '../types.ts';
import type { Made } from './made.ts';
import type { Patch } from './patch.ts';
import type { Redirect, SimpleCommand } from './simple-command.ts';

/** What one simple command does that matters here. Paths are as written, below `folder`; globs and UNKNOWN may be in them. */
export type Effect =
  /**
   * A file gets this text. `text` is undefined when the line alone does not tell it; then `made` may. `group`: all that is written
   * through this one redirection goes into the file, one after the other.
   */
  | {
      readonly kind: 'write';
      readonly path: string;
      readonly text: string | undefined;
      readonly append: boolean;
      readonly made?: Made | undefined;
      readonly group?: Redirect | undefined;
      /** It sets nothing that access depends on: only a file that is watched by name is worth a question. */
      readonly ordinary?: boolean;
    }
  /** A file becomes a copy of another. `linked`: what is written to either is written to both. `contents`: of a folder, what is in it. */
  | { readonly kind: 'copy'; readonly from: string; readonly path: string; readonly linked?: boolean; readonly contents?: boolean }
  /** A file or folder goes away. */
  | { readonly kind: 'delete'; readonly path: string }
  /** What a file or folder allows is changed: of matter for Countersign's own. */
  | { readonly kind: 'mode'; readonly path: string }
  /** Access, data or a safeguard is changed right away, outside of any file. */
  | { readonly kind: 'change'; readonly change: DirectChange }
  /** A shell or interpreter opens that takes its commands from nowhere we see. */
  | { readonly kind: 'open-ended'; readonly program: string }
  /** Code of another language that runs here. */
  | { readonly kind: 'code'; readonly program: string; readonly code: string }
  /** A program text in a file runs. */
  | { readonly kind: 'script'; readonly program: string; readonly path: string; readonly args: readonly string[] }
  | { readonly kind: 'patch'; readonly patch: Patch }
  /** What the command does is told by the text of this file, which it reads as its input. */
  | { readonly kind: 'reading'; readonly path: string; readonly command: SimpleCommand }
  /**
   * Another command line runs: `bash -c`, `eval`. `args`: what it sees as `$1` and so on; `name`: as `$0`. `perhaps`: it looks like
   * a command, where it stands; a program that would only open is no matter then.
   */
  | {
      readonly kind: 'shell';
      readonly text: string;
      readonly args?: readonly string[];
      readonly name?: string | undefined;
      readonly perhaps?: boolean;
      /** In a container: its files are none of ours, what it asks of a database or a cloud is the same as here. */
      readonly elsewhere?: boolean;
    }
  /** Command lines run that stand in package.json, a Makefile or a justfile below `folder`. No names: the first there is. */
  | {
      readonly kind: 'task';
      readonly runner: 'package' | 'make' | 'just' | 'task';
      readonly names: readonly string[];
      readonly folder: string;
      readonly file: string | undefined;
      /** What stands in that file, where the line tells it. */
      readonly text?: string | undefined;
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
