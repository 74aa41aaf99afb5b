/** The script that an agent starts as its hook: a file name of its own, by which init knows its hooks again. */
export const LAUNCHER = { posix: 'countersign-hook', windows: 'countersign-hook.cmd' } as const;

export type LaunchFacts = {
  /** Absolute path of the bundled hook. */
  readonly hook: string;
  /** The program that runs init: Node.js, or an editor that can be one. */
  readonly node: string;
  readonly electron: boolean;
  /** The state folder, absolute: where the editor looks. The agent's environment, which its settings can set, has no say in it. */
  readonly state: string;
};

/**
 * Starts the program that init ran on, without asking anything: a few milliseconds. Only when that is gone does it look
 * for another Node.js. When none is found it blocks the edit (exit 2) and says what to do.
 */
export function launcherText(facts: LaunchFacts): string {
  return process.platform === 'win32' ? forWindows(facts) : forPosix(facts);
}

function forPosix({ hook, node, electron, state }: LaunchFacts): string {
  return `#!/bin/sh
# Written by "countersign init". Starts the hook on a Node.js that is there: yours, or the one inside the editor.
hook=${quote(hook)}
known=${quote(node)}
COUNTERSIGN_STATE=${quote(state)}; export COUNTERSIGN_STATE
# Nothing is loaded into the hook from outside.
unset NODE_OPTIONS NODE_PATH
if [ ! -r "$hook" ]; then
  echo "Countersign closed the gate: $hook is gone. Install Countersign again and run countersign init, or take the hook out of the agent's settings." >&2
  exit 2
fi
if [ -x "$known" ]; then
  ${electron ? 'ELECTRON_RUN_AS_NODE=1; export ELECTRON_RUN_AS_NODE\n  ' : ''}exec "$known" "$hook" "$@"
fi
case "$(node --version 2>/dev/null)" in
  v2[0-9].* | v[3-9][0-9].* ) exec node "$hook" "$@" ;;
esac
for editor in code codium code-insiders cursor windsurf; do
  found=$(command -v "$editor" 2>/dev/null) || continue
  # The command is a link into the editor's folder, whose program is two levels up.
  real=$(readlink -f "$found" 2>/dev/null) || continue
  for program in "\${real%/bin/*}/$editor" "\${real%/Resources/*}/MacOS/Electron"; do
    if [ -x "$program" ] && [ ! -d "$program" ]; then
      ELECTRON_RUN_AS_NODE=1; export ELECTRON_RUN_AS_NODE
      exec "$program" "$hook" "$@"
    fi
  done
done
echo "Countersign closed the gate: it found no Node.js 20 or later and no editor to run on. Install Node.js, or run countersign init again." >&2
exit 2
`;
}

function forWindows({ hook, node, electron, state }: LaunchFacts): string {
  const lines = [
    '@echo off',
    'setlocal',
    `set "COUNTERSIGN_STATE=${batch(state)}"`,
    'set NODE_OPTIONS=',
    'set NODE_PATH=',
    `set "HOOK=${batch(hook)}"`,
    `set "KNOWN=${batch(node)}"`,
    'if not exist "%HOOK%" goto gone',
    'if not exist "%KNOWN%" goto other',
    ...(electron ? ['set ELECTRON_RUN_AS_NODE=1'] : []),
    '"%KNOWN%" "%HOOK%" %*',
    'exit /b %ERRORLEVEL%',
    ':other',
    'where node >nul 2>nul',
    'if errorlevel 1 goto none',
    'node "%HOOK%" %*',
    'exit /b %ERRORLEVEL%',
    ':gone',
    'echo Countersign closed the gate: "%HOOK%" is gone. Install Countersign again and run countersign init. 1>&2',
    'exit /b 2',
    ':none',
    'echo Countersign closed the gate: it found no Node.js to run on. Install Node.js, or run countersign init again. 1>&2',
    'exit /b 2',
    '',
  ];
  return lines.join('\r\n');
}

function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

function batch(text: string): string {
  return text.replaceAll('%', '%%');
}
