import * as vscode from 'vscode';
import { DECISIONS, type Decision } from '../server/protocol.ts';
import { counted } from '../media/phrases.ts';
import { visibleText } from '../media/visible-text.ts';
import type { ServerConnection } from './server-connection.ts';

const TOLD = 'countersign.expiryTold';
const EVERY_MS = 60 * 60 * 1000;

/**
 * Reminds of acknowledged changes that have run out, and offers the old text back. At most once a day, and never by itself:
 * rolling back is asked for.
 */
export function remindOfExpiry(
  connection: ServerConnection,
  memory: vscode.Memento,
  rollBack: (decision?: Decision) => void,
): vscode.Disposable {
  const look = async () => {
    const today = new Date().toISOString().slice(0, 10);
    if (memory.get(TOLD) === today) return;
    const over = await expired(connection);
    const [first] = over;
    if (first === undefined) return;
    await memory.update(TOLD, today);
    const name = visibleText(first.name);
    const sentence =
      over.length === 1
        ? `What you acknowledged for ${name} has run out.`
        : `${counted(over.length, 'acknowledged change')} have run out, ${name} among them.`;
    const answer = await vscode.window.showInformationMessage(sentence, 'Roll Back…', 'Later');
    if (answer === 'Roll Back…') rollBack(over.length === 1 ? first : undefined);
  };
  const lookQuietly = () => {
    // A reminder that cannot be made today is made at the next look.
    look().catch(() => undefined);
  };
  let timer: NodeJS.Timeout | undefined;
  const started = connection.onStarted(() => {
    lookQuietly();
    clearInterval(timer);
    timer = setInterval(lookQuietly, EVERY_MS);
  });
  return new vscode.Disposable(() => {
    clearInterval(timer);
    started.dispose();
  });
}

async function expired(connection: ServerConnection): Promise<readonly Decision[]> {
  const { decisions } = await connection.request(DECISIONS, {});
  const now = Date.now();
  return decisions.filter(
    ({ kind, canRollBack, expires }) => kind === 'acknowledged' && canRollBack && expires !== undefined && Date.parse(expires) < now,
  );
}
