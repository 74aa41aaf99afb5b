// A stand-in for a coding agent, for trying things out: it wants to open a bucket, asks its hook first as Claude Code
// does, and makes the edit only if the hook does not deny it.
//   node test/editor/sample-agent.mjs FOLDER      FOLDER as printed by `npm run editor`
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runHook } from './records.mjs';
import { editorEnvironment } from './server.mjs';
import { editPayload } from './workspace.mjs';

const [home] = process.argv.slice(2);
if (home === undefined || !existsSync(join(home, 'exports-service'))) {
  console.error('Name the folder that "npm run editor" printed, while it is running.');
  process.exit(1);
}
const workspace = join(home, 'exports-service');
const payload = editPayload(workspace, 'prod-customer-exports');
const { file_path: file, old_string: before, new_string: after } = payload.tool_input;
const text = readFileSync(file, 'utf8');
if (!text.includes(before)) {
  console.log(`Sample agent: ${file} no longer has the line it wants to change. Put the old text back and try again.`);
  process.exit(1);
}
console.log(`Sample agent: wants to change\n    ${before}\n  to\n    ${after}\n  in ${file}`);
const { env } = editorEnvironment(home);
// Spelled out: without it, each platform has its own place.
env.COUNTERSIGN_STATE = join(env.XDG_STATE_HOME, 'countersign');
const { decision, reason } = await runHook({ env, workspace }, payload);
if (decision === 'deny') {
  console.log(`Sample agent: denied by its hook.\n  ${reason}`);
} else {
  writeFileSync(file, text.replace(before, after));
  console.log('Sample agent: allowed, and written.');
}
