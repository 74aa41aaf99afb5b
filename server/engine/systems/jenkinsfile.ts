import { textNode } from '../read/draft.ts';
import { linesOf } from '../read/words.ts';
import type { TextTree, TreeNode } from '../read/tree.ts';
import type { System } from './declaration.ts';
import { checksIn, runsNode } from './pipeline-parts.ts';

/**
 * A Jenkinsfile by its lines, since Groovy is a language of its own: each line, trimmed and without comments, under what it speaks of.
 * {"input": ["input"], "submitter": ["admins"], "condition": ["branch 'main'"], "library", "agent", "credentials", "arguments", "line"},
 * `literal` and `template`: what a shell runs, as it stands in quotes that Groovy leaves alone, or fills in; a text of several lines
 * in one item; `script`: both; and `check` as in pipeline-parts.ts.
 */
export const jenkinsfile: System = {
  id: 'jenkinsfile',
  declarations: (tree, path) => {
    if (tree.format !== 'lines' || !/(^|[/\\])jenkinsfile[^/\\]*$|\.jenkinsfile$/i.test(path)) return [];
    const node = bodyOf(tree);
    return [
      { system: 'jenkinsfile', type: 'pipeline', key: 'pipeline', name: 'pipeline', node },
      { system: 'jenkinsfile', type: 'runs', key: 'runs', name: 'pipeline', node },
    ];
  },
};

type Kind = 'input' | 'submitter' | 'condition' | 'library' | 'agent' | 'credentials' | 'arguments' | 'literal' | 'template' | 'line';

function bodyOf({ text }: TextTree): TreeNode {
  const found = new Map<string, TreeNode[]>();
  const put = (kind: string, node: TreeNode): void => {
    const list = found.get(kind);
    if (list === undefined) found.set(kind, [node]);
    else list.push(node);
  };
  let inComment = false;
  /** A text of several lines that is still open. */
  let open: { readonly kind: Kind; readonly quote: string; readonly start: number } | undefined;
  for (const { start, end } of linesOf(text)) {
    const written = text.slice(start, end);
    if (open !== undefined) {
      if (!written.includes(open.quote)) continue;
      script(open.kind, open.start, end);
      open = undefined;
      continue;
    }
    if (inComment || /^\s*\/\*/.test(written)) {
      inComment = !written.includes('*/');
      continue;
    }
    const line = written.replace(/(^|\s)\/\/(?!.*["']\s*\)?\s*$).*$/, '');
    const value = line.trim();
    if (value === '') continue;
    const at = start + line.indexOf(value);
    const shell = SHELL.exec(value);
    const quote = shell?.[1] ?? '';
    const kind: Kind = quote.startsWith('"') ? 'template' : 'literal';
    if (shell !== null && quote.length === 3 && !value.slice(shell.index + shell[0].length).includes(quote))
      open = { kind, quote, start: at };
    else if (shell !== null) script(kind, at, at + value.length);
    else {
      const spoken = kindOf(value);
      put(spoken, textNode(toldOf(spoken, value), at, at + value.length));
    }
    for (const [asked, told] of askedIn(value)) put(asked, textNode(told, at, at + value.length));
  }
  if (open !== undefined) script(open.kind, open.start, text.length);
  return runsNode(Object.fromEntries(found), { type: 'object', offset: 0, length: text.length });

  function script(kind: Kind, start: number, end: number): void {
    const node = textNode(text.slice(start, end).replace(/[^\S\n]*\n\s*/g, '\n'), start, end);
    put(kind, node);
    put('script', node);
    for (const check of checksIn(node)) put('check', check);
  }
}

const SHELL = /\b(?:sh|bat|powershell|pwsh)\b\s*(?:\(\s*)?(?:[^"'\n]{0,200}\bscript\s*:\s*)?("""|'''|"|')/;

/** What a line asks for before it goes on, though it speaks of something else first: `stage('go') { input 'Deploy?' }`. */
function askedIn(line: string): readonly (readonly [Kind, string])[] {
  const bare = line.replace(/"[^"]*"|'[^']*'/g, "''");
  const found: (readonly [Kind, string])[] = [];
  if (kindOf(line) !== 'input' && /[{;]\s*input\b\s*[({'m]/.test(bare)) found.push(['input', 'input']);
  const submitter = /\bsubmitter\s*[:(]?\s*(["'])([^"']*)\1/.exec(line)?.[2];
  if (submitter !== undefined) found.push(['submitter', submitter]);
  const condition = /\bwhen\s*\{\s*(?:beforeAgent\s+true\s*;\s*)?([^{}]+)\}/.exec(line)?.[1]?.trim();
  if (condition !== undefined && kindOf(line) !== 'condition') found.push(['condition', condition]);
  return found;
}

function kindOf(line: string): Kind {
  return KINDS.find(([, pattern]) => pattern.test(line))?.[0] ?? 'line';
}

/** How a question is worded is no matter, nor whether a condition has lines of its own. */
function toldOf(kind: Kind, line: string): string {
  if (kind === 'input') return 'input';
  return kind === 'condition' ? line.replace(/^when\s*\{\s*/, '').replace(/[\s}]+$/, '') : line;
}

const KINDS: readonly (readonly [Kind, RegExp])[] = [
  ['input', /^(input\b|\w+\s*=\s*input\b)/],
  ['library', /^@Library|^(library|libraries)\b/],
  [
    'condition',
    /^(when\s*\{)?\s*(not\s*\{\s*|allOf\s*\{\s*|anyOf\s*\{\s*)*(branch|tag|buildingTag|changeRequest|triggeredBy|environment\s+name|equals\s+expected|expression)\b/,
  ],
  ['credentials', /credentialsId|\bcredentials\s*\(|\bsshagent\b|\bwithAWS\b/],
  ['arguments', /^args\b|\.inside\s*\(|\.withRun\s*\(|\bdocker\.image\b/],
  ['agent', /^(agent\b|label\b|node\s*(\(|\{))/],
];
