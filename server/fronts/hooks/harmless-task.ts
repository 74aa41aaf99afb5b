import { isHarmless } from '../../engine/command/harmless.ts';
import { packageScripts } from './tasks.ts';

/**
 * As `isHarmless`, and also for `npm test` and the like where the script in package.json is itself harmless. On the cold path.
 * @param cwd absolute
 */
export function isHarmlessIn(line: string, cwd: string): boolean {
  if (isHarmless(line)) return true;
  const plain = line.replace(/\s+2>&1(?=\s|$)/g, '').trim();
  if (!/\b(npm|pnpm|yarn)\b/.test(plain) || plain.length > 2000) return false;
  return plain.split(/&&|\|\||[|;]/).every((part) => isHarmless(part) || isHarmlessScript(part.trim(), cwd));
}

const SCRIPT = /^(?:(?:npm|pnpm|yarn) run|(?:npm|pnpm|yarn)(?= (?:t|test)$)|yarn|pnpm) ([a-z][\w:.-]*)( --)?( [\w./=-]+)*$/;

function isHarmlessScript(command: string, cwd: string): boolean {
  const name = SCRIPT.exec(command)?.[1]?.replace(/^t$/, 'test');
  if (name === undefined || /^(add|install|exec|dlx|run|x|i|ci|up|upgrade|update|remove|publish|pack)$/.test(name)) return false;
  const { lines } = packageScripts([`pre${name}`, name, `post${name}`], cwd);
  // With words of its own behind, the script may be told anything.
  return lines.length > 0 && !/ -/.test(command.replace(/^\S+ run/, '')) && lines.every(isHarmless);
}
