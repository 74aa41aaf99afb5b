// The extension in a desktop VS Code, for people who have one: `npm run test:desktop`.
// VSCODE_EXECUTABLE_PATH names the editor to use; without it, one is downloaded.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runTests } from '@vscode/test-electron';
import { ROOT } from './vsix.mjs';

const folder = mkdtempSync(join(tmpdir(), 'countersign-desktop-'));
const executable = process.env.VSCODE_EXECUTABLE_PATH;
try {
  await runTests({
    ...(executable ? { vscodeExecutablePath: executable } : {}),
    extensionDevelopmentPath: ROOT,
    extensionTestsPath: join(ROOT, 'test/editor/host.cjs'),
    extensionTestsEnv: { COUNTERSIGN_STATE: join(folder, 'state') },
    launchArgs: [folder, '--disable-extensions', '--disable-workspace-trust', '--user-data-dir', join(folder, 'user-data')],
  });
} finally {
  rmSync(folder, { recursive: true, force: true });
}
