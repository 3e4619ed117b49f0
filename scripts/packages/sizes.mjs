/**
 * The sizes of the packages, and of what `npm install` of each brings, on Linux for x64. They may not grow by more than a little without a
 * change in sizes.json: `npm run test:packages -- --only sizes --update` writes it again.
 */
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execute } from '../installs/processes.mjs';

const recordFile = fileURLToPath(new URL('sizes.json', import.meta.url));

/** A package grows by a few bytes with each sentence, and dependencies by patches that arrive by themselves. */
const growth = 1.05;

const units = { tarballBytes: 'bytes to download', installedBytes: 'bytes in node_modules', packages: 'packages' };

/** Compares with the record; returns the reason if that is not possible. */
export async function checkSizes(tarballs, startProject, update) {
  if (`${process.platform}-${process.arch}` !== 'linux-x64') return 'sizes were measured on Linux for x64';
  const measured = {};
  for (const { file, manifest } of tarballs) {
    const project = startProject(`size-${manifest.name}`, { [manifest.name]: manifest.version });
    await execute(['npm', 'install', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], {
      cwd: project,
    });
    measured[manifest.name] = { tarballBytes: statSync(file).size, ...installedIn(project) };
  }
  if (update) {
    writeFileSync(recordFile, `${JSON.stringify(measured, null, 2)}\n`);
    return undefined;
  }
  const tooLarge = compare(measured, JSON.parse(readFileSync(recordFile, 'utf8')));
  if (tooLarge.length > 0)
    throw new Error(`${tooLarge.join('\n')}\nIf that is worth it, run npm run test:packages -- --only sizes --update.`);
  return undefined;
}

/** Counts bytes and packages of an installation. */
function installedIn(project) {
  const { packages } = JSON.parse(readFileSync(join(project, 'node_modules/.package-lock.json'), 'utf8'));
  const present = Object.keys(packages).filter((place) => existsSync(join(project, place, 'package.json')));
  return { installedBytes: bytesIn(join(project, 'node_modules')), packages: present.length };
}

function bytesIn(folder) {
  let bytes = 0;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const place = join(folder, entry.name);
    if (entry.isDirectory()) bytes += bytesIn(place);
    else if (entry.isFile()) bytes += statSync(place).size;
  }
  return bytes;
}

/** Returns a line for each figure that grew. */
function compare(measured, record) {
  const lines = [];
  for (const [name, figures] of Object.entries(measured)) {
    for (const [key, unit] of Object.entries(units)) {
      const [now, before] = [figures[key], record[name]?.[key] ?? 0];
      const most = key === 'packages' ? before : before * growth;
      if (now > most) lines.push(`${name}: ${now} ${unit}, ${before} before.`);
    }
  }
  return lines;
}
