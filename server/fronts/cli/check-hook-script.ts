/** The lines that a pre-commit hook gets: begin and end are how they are found again. */

const BEGIN = '# countersign: begin ("countersign init --git-hook --undo" takes this out)';
const END = '# countersign: end';
const BLOCK = /^# countersign: begin[^\n]*\n[\s\S]*?^# countersign: end\n/m;

/** `machine`: a hook of this machine alone starts this very program. Without it (a hook that is shared): the one that is installed. */
export type HookProgram = { readonly node: string; readonly cli: string } | undefined;

/** The hook with our lines, first of all: what follows may end it. Undefined where it is no shell script. */
export function withCheck(text: string, program: HookProgram): string | undefined {
  const bare = withoutCheck(text);
  if (bare === '') return `#!/bin/sh\n${block(program)}`;
  const first = /^#![^\n]*\n/.exec(bare)?.[0];
  if (first === undefined) return bare.startsWith('#!') || bare.includes('\0') ? undefined : block(program) + bare;
  return /[/ ](ba|da|k|z|a)?sh\b/.test(first) ? first + block(program) + bare.slice(first.length) : undefined;
}

/** The hook without our lines; '' where nothing else is in it. */
export function withoutCheck(text: string): string {
  const bare = text.replace(BLOCK, '');
  return bare === text || !/^(#![^\n]*\n)?\s*$/.test(bare) ? bare : '';
}

/** A hook of another language goes on under another name, after ours. */
export function startingOther(name: string, program: HookProgram): string {
  return `#!/bin/sh\n${block(program)}${STARTS_OTHER}${quote(name)}" "$@"\n`;
}

/** The name of the hook that this one starts, if `startingOther` made it. */
export function otherStartedBy(text: string): string | undefined {
  const bare = text.replace(BLOCK, '');
  return bare === text || !bare.startsWith(`#!/bin/sh\n${STARTS_OTHER}`) ? undefined : /\/([\w.-]+)" "\$@"\n$/.exec(bare)?.[1];
}

const STARTS_OTHER = 'exec "$(dirname "$0")/';

function block(program: HookProgram): string {
  const installed = `  if command -v countersign >/dev/null 2>&1; then countersign check --staged; return; fi`;
  const lines =
    program === undefined
      ? [installed]
      : [
          `  if [ -x '${quote(program.node)}' ] && [ -r '${quote(program.cli)}' ]; then '${quote(program.node)}' '${quote(program.cli)}' check --staged; return; fi`,
          installed,
        ];
  return [
    BEGIN,
    'countersign_check() {',
    ...lines,
    '  echo "Countersign is not here, so this commit is not checked. Install it, or take it out: countersign init --git-hook --undo" >&2',
    '  return 2',
    '}',
    'countersign_check || exit 1',
    END,
    '',
  ].join('\n');
}

function quote(text: string): string {
  return text.replaceAll("'", `'\\''`);
}
