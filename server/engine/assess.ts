import type { Assessment, Edit, EngineSettings } from './types.ts';

export const DEFAULT_SETTINGS: EngineSettings = { sensitivity: [], accounts: [], outOfTime: () => false };

/** What does this edit do? Pure: no IO, no clock but `settings.outOfTime`. Never throws on any text. */
export function assess(edit: Edit, _settings: EngineSettings): Assessment {
  return { path: edit.path, kind: 'none', findings: [], problems: [] };
}
