import { AWS_RULES } from '../packs/aws-rules.ts';
import { governingFileChanged } from './governing-file-changed.ts';
import type { Rule } from './rule.ts';

/** Every rule there is, by id. Each has fixtures of the same name; a test holds that. */
export const RULES: ReadonlyMap<string, Rule> = new Map([...Object.values(AWS_RULES), governingFileChanged].map((rule) => [rule.id, rule]));
