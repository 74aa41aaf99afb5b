import type { Effect, Invocation, Program } from '../effect.ts';
import { inputOf } from '../output.ts';

/** Shells of Windows. Their language is not read word by word: a line that writes, and names a watched file, is asked about. */
const FETCHES = /\b(iwr|irm|curl|wget|invoke-(webrequest|restmethod)|downloadstring|frombase64string)\b/i;
const RUNS = /\b(iex|invoke-expression)\b|\[scriptblock\]::create/i;

export const windows: Program = {
  names: (
    'pwsh powershell cmd copy xcopy robocopy move ren del erase mklink certutil bitsadmin esentutl ' +
    'replace icacls attrib copy-item move-item remove-item rename-item new-item set-content add-content clear-content out-file tee-object set-item ' +
    'export-clixml export-csv invoke-webrequest invoke-restmethod invoke-expression start-process start-bitstransfer expand-archive iwr irm iex sc ac clc ' +
    'cpi mi ri ni rni'
  ).split(' '),
  effects: (invocation) => {
    // A line that the agent's tool gives to one of these shells.
    const found =
      invocation.program === 'cmd'
        ? prompt(invocation)
        : /^(pwsh|powershell)$/.test(invocation.program)
          ? powershell(invocation)
          : [bare(invocation)];
    return found.flatMap((effect) =>
      effect.kind === 'code' && FETCHES.test(effect.code) && RUNS.test(effect.code) ? [effect, unseen(effect.code)] : [effect],
    );
  },
};

function unseen(code: string): Effect {
  const url = /https?:\/\/[^\s"'|)]+/.exec(code)?.[0];
  return {
    kind: 'change',
    change: {
      rule: 'command-runs-unread-code',
      system: 'this machine',
      does: url === undefined ? 'runs a program that is hidden in a text' : `runs whatever \`${url}\` answers, with all your rights`,
      object: url ?? 'this line',
      kind: url === undefined ? 'program' : 'address',
      severity: url === undefined ? 'medium' : 'high',
    },
  };
}

/** The words of the line as they stand, backslashes and all. */
function bare({ command }: Invocation): Effect {
  return { kind: 'code', program: 'powershell', code: command.source };
}

function powershell({ program, args, command }: Invocation): readonly Effect[] {
  if (args.some((arg) => /^-(version|v|help|h|\?)$/i.test(arg))) return [];
  const encoded = args.findIndex((arg) => /^[-/]e(c|nc\w*|ncodedcommand)?$/i.test(arg));
  if (encoded !== -1) {
    const code = Buffer.from(args[encoded + 1] ?? '', 'base64').toString('utf16le');
    return [{ kind: 'code', program: 'powershell', code }, unseen(code)];
  }
  const at = args.findIndex((arg) => /^[-/]c(o\w*)?$/i.test(arg));
  if (at !== -1) return [{ kind: 'code', program: 'powershell', code: args.slice(at + 1).join(' ') }];
  const file = args.findIndex((arg) => /^[-/]f(i\w*)?$/i.test(arg));
  const script = file === -1 ? args.find((arg) => !arg.startsWith('-')) : args[file + 1];
  // Without an option, what has spaces in it is a command.
  if (file === -1 && script !== undefined && /\s/.test(script)) return [{ kind: 'code', program: 'powershell', code: args.join(' ') }];
  if (script !== undefined) return [{ kind: 'script', program: 'powershell', path: script, args: args.slice(args.indexOf(script) + 1) }];
  const text = inputOf(command);
  if (text !== undefined) return [{ kind: 'code', program: 'powershell', code: text }];
  return command.input.kind === 'terminal'
    ? [{ kind: 'open-ended', program }]
    : [{ kind: 'unclear', why: 'what PowerShell is given is put together elsewhere' }];
}

function prompt({ args, program }: Invocation): readonly Effect[] {
  const at = args.findIndex((arg) => /^\/[ckr]$/i.test(arg));
  return at === -1 ? [{ kind: 'open-ended', program }] : [{ kind: 'code', program: 'cmd', code: args.slice(at + 1).join(' ') }];
}
