/** What stands in a file of settings for curl, as the options that it means: `url = "x"`, `--data x`, `-x y`. */
export function curlOptions(text: string): readonly string[] {
  return text.split(/\r?\n/).flatMap((line): readonly string[] => {
    const [, dashes = '', name = '', value = ''] = /^\s*(-{0,2})([\w.-]+)(?:\s*[=:]\s*|\s+)?(.*)$/.exec(line) ?? [];
    if (name === '') return [];
    const bare = value
      .trim()
      .replace(/^"(.*)"$/, '$1')
      .replace(/\\(.)/g, '$1');
    return [name.length === 1 || dashes === '-' ? `-${name}` : `--${name}`, ...(bare === '' ? [] : [bare])];
  });
}
