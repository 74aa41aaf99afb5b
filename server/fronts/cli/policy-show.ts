import { existsSync } from 'node:fs';
import { isAbsolute, relative, resolve, sep } from 'node:path';
import { isWatchedByName } from '../../engine/read/governed-path.ts';
import { SEVERITIES } from '../../engine/types.ts';
import { ladderOf } from '../../gate/ladder.ts';
import { pathMatcher, plainPath } from '../../gate/no-go.ts';
import { type Explained, explainPolicy, fromWords } from '../../gate/policy-explain.ts';
import { problemWords, readPolicy, type ReadPolicy } from '../../gate/policy.ts';
import { realFolder } from '../../gate/state-folder.ts';
import { visibleText } from '../visible-text.ts';
import { type CliIo, ERROR, fail, say } from './io.ts';
import { ownPlaces } from './own-places.ts';
import type { PolicyArguments } from './policy.ts';

/** Every setting in force and where it came from, what was refused, and what cannot be used. 3 when something cannot. */
export function showCommand({ paths, json, workspace }: PolicyArguments, io: CliIo): number {
  const [path, another] = paths;
  if (another !== undefined)
    return fail(io, `One PATH is enough; "${another}" is one more. countersign policy --help shows what it takes.`);
  const folder = resolve(io.cwd, workspace ?? '.');
  if (!existsSync(folder)) return fail(io, `--workspace: there is no folder ${folder}. Check the name.`);
  const { state, userPolicy } = ownPlaces(io);
  const read = readPolicy(folder, userPolicy, { stateFolder: realFolder(state) });
  const place = path === undefined ? undefined : placeIn(resolve(io.cwd, path), folder, read);
  say(io, json ? `${JSON.stringify(asJson(read, place), null, 2)}\n` : asText(read, place));
  return read.problems.length === 0 ? 0 : ERROR;
}

type PathAnswer = {
  readonly path: string;
  readonly environments: readonly string[];
  readonly verdicts: Readonly<Record<string, string>>;
  readonly noGo: readonly { readonly pattern: string; readonly source: string; readonly owner?: string | undefined }[];
  readonly watched: boolean;
};

/** What holds for one file, by its path alone: what an edit of it opens may add to that. */
function placeIn(file: string, workspace: string, { policy }: ReadPolicy): PathAnswer {
  const inside = relative(workspace, file);
  const path = inside.startsWith(`..${sep}`) || isAbsolute(inside) ? file : inside;
  const at = plainPath(path, workspace);
  const fits = (pattern: string) => pathMatcher(pattern)(at);
  const nothing = { opened: { name: '', kind: '' } };
  return {
    path,
    environments: policy.environments.filter(({ match }) => match.some(fits)).map(({ name }) => name),
    verdicts: ladderOf(policy, { path }, workspace)(nothing),
    noGo: policy.noGo.filter(({ pattern }) => fits(pattern)),
    watched: isWatchedByName(at.relative) || policy.watch.some(fits),
  };
}

function asJson(read: ReadPolicy, path: PathAnswer | undefined): unknown {
  const { policy, problems } = read;
  return {
    digest: policy.digest,
    usable: problems.length === 0,
    layers: layersOf(read),
    settings: explainPolicy(read),
    refused: policy.refused,
    problems: [
      ...problems.map((one) => ({ ...one, sentence: problemWords(one) })),
      ...policy.packs.problems.map((sentence) => ({ sentence })),
    ],
    ...(path === undefined ? {} : { path }),
  };
}

function layersOf({
  policy,
  problems,
  applied,
}: ReadPolicy): readonly { readonly of: string; readonly file: string; readonly state: string }[] {
  return policy.layers.map(({ of, file }) => {
    const state = problems.some((one) => one.file === file)
      ? 'not usable'
      : applied.some((one) => one.file === file)
        ? 'in force'
        : 'not there';
    return { of, file, state };
  });
}

function asText(read: ReadPolicy, path: PathAnswer | undefined): string {
  const { policy, problems } = read;
  const layers = layersOf(read);
  const told = [...problems.map(problemWords), ...policy.packs.problems];
  const parts = [
    ...(path === undefined ? [] : [pathText(path)]),
    layers.length === 0
      ? 'No policy file: what is built in holds.\n'
      : `Layers, strongest first:\n${layers.map(({ of, file, state }) => `  ${of.padEnd(13)} ${state.padEnd(11)} ${file}`).join('\n')}\n`,
    table(explainPolicy(read)),
    ...(policy.refused.length === 0
      ? []
      : [`Tried, without effect:\n${policy.refused.map(({ sentence }) => `  ${sentence}`).join('\n')}\n`]),
    ...(told.length === 0
      ? []
      : [`Cannot be used, so the gate is closed on watched files:\n${told.map((one) => `  ${one}`).join('\n')}\n`]),
    `Digest, as in every record of the log: ${policy.digest}\n`,
  ];
  return parts
    .join('\n')
    .split('\n')
    .map((line) => visibleText(line))
    .join('\n');
}

function pathText({ path, environments, verdicts, noGo, watched }: PathAnswer): string {
  const [zone] = noGo;
  return [
    `${path}:`,
    `  verdicts      ${SEVERITIES.map((severity) => `${severity} ${verdicts[severity]}`).join(', ')}`,
    `  environments  ${environments.length === 0 ? 'none' : environments.join(', ')}`,
    `  no-go zone    ${zone === undefined ? 'no' : `${zone.pattern} (${zone.source}${zone.owner === undefined ? '' : `, ask ${zone.owner}`})`}`,
    `  watched       ${watched ? 'yes: what cannot be read closes the gate' : 'only for what is found in it'}`,
    '',
  ].join('\n');
}

function table(settings: readonly Explained[]): string {
  const rows = settings.map((one) => [one.key, valueWords(one.value), fromWords(one)] as const);
  const wide = (column: 0 | 1) => Math.min(48, Math.max(...rows.map((row) => row[column].length)));
  const [first, second] = [wide(0), wide(1)];
  return `${rows.map(([key, value, from]) => `${key.padEnd(first)}  ${value.padEnd(second)}  ${from}`).join('\n')}\n`;
}

function valueWords(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value);
  if (Array.isArray(value)) return value.map(valueWords).join(', ');
  return Object.entries(value)
    .filter(([, one]) => one !== undefined)
    .map(([key, one]) => `${key}: ${valueWords(one)}`)
    .join(', ');
}
