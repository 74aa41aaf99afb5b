import type { Edit } from '../engine/types.ts';
import { layerOfFile, policyAbove, withoutPlace } from './policy-check.ts';
import { applyPolicy } from './policy-layer.ts';
import type { Loosened, Policy } from './types.ts';

/** What an edit of a policy tries to loosen that its text before did not try. */
export function attemptsIn(edit: Edit, workspace: string, { layers }: Policy): readonly Loosened[] {
  const of = layerOfFile(edit.path, workspace, layers);
  if (of === undefined) return [];
  const { base, may } = policyAbove(of, layers);
  const attempts = (text: string): readonly Loosened[] => {
    const result = applyPolicy(base, { of, file: edit.path, text }, may);
    return result.ok ? result.refused : [];
  };
  const before = new Set(attempts(edit.before).map(nameOf));
  return attempts(edit.after).filter((one) => !before.has(nameOf(one)));
}

function nameOf({ keys, sentence }: Loosened): string {
  return `${keys.join('.')} ${withoutPlace(sentence)}`;
}
