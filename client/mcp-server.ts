import * as vscode from 'vscode';

/** Newer than the API that this extension is made for: looked for when it runs. VS Code 1.101 and up have it. */
type McpApi = {
  readonly lm: {
    readonly registerMcpServerDefinitionProvider: (
      id: string,
      provider: { readonly provideMcpServerDefinitions: () => readonly object[] },
    ) => vscode.Disposable;
  };
  readonly McpStdioServerDefinition: new (
    label: string,
    command: string,
    args: readonly string[],
    env: Readonly<Record<string, string>>,
    version: string,
  ) => object;
};

/** Offers the editor's agents the MCP server of the bundled command line. `cli`: its absolute path. */
export function offerMcpServer(cli: string, version: string): vscode.Disposable {
  const api: unknown = vscode;
  if (!hasMcp(api)) return new vscode.Disposable(() => undefined);
  const { lm, McpStdioServerDefinition } = api;
  return lm.registerMcpServerDefinitionProvider('countersign', {
    provideMcpServerDefinitions: () => {
      const folder = vscode.workspace.workspaceFolders?.[0];
      if (folder === undefined || folder.uri.scheme !== 'file') return [];
      // It writes into the folders that the editor names.
      const server = new McpStdioServerDefinition('Countersign', process.execPath, [cli, 'mcp'], { ELECTRON_RUN_AS_NODE: '1' }, version);
      return [Object.assign(server, { cwd: folder.uri })];
    },
  });
}

function hasMcp(api: unknown): api is McpApi {
  return (
    has(api, 'McpStdioServerDefinition') &&
    typeof api.McpStdioServerDefinition === 'function' &&
    has(api, 'lm') &&
    has(api.lm, 'registerMcpServerDefinitionProvider') &&
    typeof api.lm.registerMcpServerDefinitionProvider === 'function'
  );
}

/** The editor's namespace refuses some keys by throwing. */
function has<Key extends string>(value: unknown, key: Key): value is Readonly<Record<Key, unknown>> {
  try {
    return typeof value === 'object' && value !== null && key in value;
  } catch {
    return false;
  }
}
