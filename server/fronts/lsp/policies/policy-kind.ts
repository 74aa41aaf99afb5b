import { homedir } from 'node:os';
import { join } from 'node:path';
import { DiagnosticSeverity, type Diagnostic } from 'vscode-languageserver/node';
import { checkPolicy, layerOfFile, policyAbove, type PolicyRemark } from '../../../gate/policy-check.ts';
import { readPolicy, WORKSPACE_POLICY } from '../../../gate/policy.ts';
import { organizationPolicyFile, userPolicyFile } from '../../../gate/state-folder.ts';
import type { PolicyLayer } from '../../../gate/types.ts';
import { linesOf } from '../../line-diff.ts';
import { placeOf } from '../documents/places.ts';
import { schemaCompletions } from '../packs/pack-completion.ts';
import type { DocumentKind } from '../packs/pack-documents.ts';

export type PolicyKindOptions = { readonly folders: () => readonly string[]; readonly stateFolder: string; readonly now: () => Date };

/** Policies that are open: what is wrong with them over the stronger layers, and what can be written where. */
export function policyKind({ folders, stateFolder, now }: PolicyKindOptions): DocumentKind {
  const userFile = userPolicyFile(process.env, process.platform, homedir());
  const organizationFile = organizationPolicyFile(process.platform);
  const layerOf = (uri: string) => {
    const place = placeOf(uri, folders());
    if (place?.file === undefined) return undefined;
    const { file, workspace } = place;
    const layers: readonly PolicyLayer[] = [
      { of: 'organization', file: organizationFile },
      { of: 'user', file: userFile },
      { of: 'workspace', file: join(workspace, WORKSPACE_POLICY) },
    ];
    const of = layerOfFile(file, workspace, layers);
    return of === undefined ? undefined : { of, file, workspace };
  };
  return {
    globs: [`**/${WORKSPACE_POLICY}`, userFile, organizationFile].map((path) => path.replaceAll('\\', '/')),
    owns: (uri) => /policy\.ya?ml$/i.test(uri) && layerOf(uri) !== undefined,
    diagnose: (uri, text) => {
      const layer = layerOf(uri);
      if (layer === undefined) return [];
      const { policy } = readPolicy(layer.workspace, userFile, { stateFolder });
      const lines = linesOf(text);
      return checkPolicy({ ...layer, text }, policyAbove(layer.of, policy.layers), now()).map((remark) => diagnosticOf(remark, lines));
    },
    complete: (text, line, character) => {
      // Built by need: few windows ever show a policy.
      const { policyJsonSchema }: typeof import('../../../gate/policy-json-schema.ts') = require('../../../gate/policy-json-schema.ts');
      return schemaCompletions(policyJsonSchema(), {}, text, line, character);
    },
  };
}

const LEVELS: Readonly<Record<PolicyRemark['kind'], DiagnosticSeverity>> = {
  'not-usable': DiagnosticSeverity.Error,
  loosens: DiagnosticSeverity.Warning,
  'no-use': DiagnosticSeverity.Information,
};

function diagnosticOf({ line, column, kind, message }: PolicyRemark, lines: readonly string[]): Diagnostic {
  const text = lines[line - 1] ?? '';
  const start = Math.min(column - 1, text.length);
  return {
    range: { start: { line: line - 1, character: start }, end: { line: line - 1, character: Math.max(text.trimEnd().length, start) } },
    severity: LEVELS[kind],
    source: 'Countersign',
    code: kind === 'loosens' ? 'policy-loosened' : 'policy',
    message: kind === 'not-usable' ? `${capital(message)} Until then the gate is closed on watched files.` : capital(message),
  };
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
