import { gathered, type Occurrence } from '../read/gather.ts';
import { objectNode, textNode } from '../read/draft.ts';
import { membersOf } from '../read/tree.ts';
import { phraseNode, wordsOf } from '../read/words.ts';
import type { System } from './declaration.ts';
import { itemsOf } from './nodes.ts';
import { fileName } from './whole-file.ts';

/** redis.conf: {"bind": ["127.0.0.1 ::1"], "protected-mode": ["yes"], "user": ["default on nopass ~* +@all"]}, keywords in lower case, each with all its lines. */
export const redis: System = {
  id: 'redis',
  declarations: (tree, path) => {
    const lines = membersOf(tree.documents[0])[0]?.value;
    if (tree.format !== 'lines' || lines === undefined || !/(redis|valkey|keydb|sentinel|users)[^/\\]*\.(conf|acl)$/i.test(path)) return [];
    const found = itemsOf(lines).flatMap((line): readonly Occurrence[] => {
      const [keyword, ...values] = wordsOf(tree.text, { start: line.offset, end: line.offset + line.length });
      if (keyword === undefined) return [];
      return [{ key: textNode(keyword.text.toLowerCase(), keyword.start, keyword.end), value: phraseNode(values, keyword) }];
    });
    return [{ system: 'redis', type: 'redis', key: 'redis', name: fileName(path), node: objectNode(gathered(found), 0, tree.text.length) }];
  },
};
