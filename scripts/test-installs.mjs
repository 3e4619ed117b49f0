/**
 * The installation lane: `npm run test:installs [-- --only "yarn 4"]`.
 *
 * Packs the public packages and installs them into fresh projects as users do, with npm, pnpm, yarn 1 and 4 (with and without
 * node_modules), Bun and Deno; then, in each, a program imports images, trains and reconstructs, as an ES module and as CommonJS, and `ae`
 * imports, converts, trains and encodes. No package may want to run a script when it is installed, and none contains native `lmdb`. Finally, the same on Linux
 * for arm64, emulated.
 *
 * Packages from outside this repository come from npm's current registry. A manager that cannot be downloaded is named and skipped.
 */
import { cpSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkArm64 } from './installs/arm64.mjs';
import { managers } from './installs/managers.mjs';
import { readFlags, readRegistry, runInTurn, scratchFolders } from './installs/packed.mjs';
import { execute } from './installs/processes.mjs';
import { servePackages } from './installs/registry.mjs';
import { laneFolder, makePictures, root, tryInstall } from './lane.mjs';

const { only } = readFlags([...managers.map(({ name }) => name), 'arm64']);
const newFolder = scratchFolders('ae-installs-');
const registry = await readRegistry();
const packages = await servePackages(newFolder('tarballs'));
const photos = newFolder('photos');
await makePictures(join(photos, 'discs'), 8, 'jpg');

/** Between them, they load what is loaded only when it is needed. */
const commands = [
  'import photos command.lmdb --resize 32',
  'convert command.lmdb command.parquet',
  'convert command.parquet back.lmdb',
  'train photos --val 0.25 --resize 32 --epochs 1 --preset transform --code-size 16 --out run',
  'encode run command.lmdb codes',
];

const checks = managers.map((manager) => [manager.name, () => check(manager)]);
checks.push(['arm64', () => checkArm64(startProject('arm64'), laneFolder('installs/arm64'))]);
await runInTurn(checks.filter(([name]) => only.includes(name)));
packages.close();

/** Installs with one manager and runs the programs there. */
async function check(manager) {
  const tools = laneFolder(join('installs', (manager.package ?? 'npm').replace(/\W+/g, '-').replace(/^-/, '')));
  const missing = manager.package && tryInstall(tools, [manager.package]);
  if (missing) return missing;
  const program = manager.program(tools);
  const cache = join(tools, 'cache');
  forgetOwn(cache);
  const project = startProject(manager.name.replace(/\W+/g, '-'));
  const places = { registry, own: packages.address, cache };
  for (const [name, text] of Object.entries(manager.files?.(places) ?? {})) writeFileSync(join(project, name), text);
  const options = { cwd: project, env: manager.env?.(places) };
  console.log(`\n${manager.name}: ${(await execute([...program, '--version'], options)).trim().split('\n')[0]}`);
  await execute([...program, ...manager.install], options);
  checkScripts(project);
  for (const file of ['program.mjs', 'program.cjs'])
    process.stdout.write(await execute([...manager.run(program), file], options));
  for (const args of commands) await execute([...manager.ae(program), ...args.split(' ')], options);
  for (const made of ['command.lmdb/data.mdb', 'back.lmdb/data.mdb', 'run/report.html', 'codes/codes.npy'])
    if (!existsSync(join(project, made))) throw new Error(`ae wrote no ${made}.`);
  return undefined;
}

/** Creates a project that depends on all public packages and contains a few photographs. */
function startProject(name) {
  const project = newFolder(`project-${name}`);
  const { dependencies } = JSON.parse(readFileSync(join(root, 'packages/cli/package.json'), 'utf8'));
  // What the packages' READMEs say to install with them.
  const peers = Object.entries(dependencies).filter(([name]) => name.startsWith('@tensorflow/') || name === 'sharp');
  const manifest = {
    ...{ name: 'fresh-project', version: '1.0.0', private: true },
    dependencies: { ...packages.versions, ...Object.fromEntries(peers) },
  };
  writeFileSync(join(project, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
  writeFileSync(join(project, '.npmrc'), `registry=${registry}\n@ae:registry=${packages.address}\n`);
  for (const file of ['exercise.mjs', 'program.mjs', 'program.cjs'])
    cpSync(join(root, 'scripts/installs', file), join(project, file));
  cpSync(photos, join(project, 'photos'), { recursive: true });
  return project;
}

/** Fails if npm's record of an installation lists scripts or the native module. */
function checkScripts(project) {
  const record = join(project, 'node_modules/.package-lock.json');
  if (!existsSync(record)) return;
  const entries = Object.entries(JSON.parse(readFileSync(record, 'utf8')).packages);
  const scripts = entries.filter(([, { hasInstallScript }]) => hasInstallScript).map(([name]) => name);
  if (scripts.length > 0) throw new Error(`These want to run a script when they are installed: ${scripts.join(', ')}.`);
  if (entries.some(([name]) => name.endsWith('/lmdb'))) throw new Error('Native lmdb was installed.');
}

/** Removes from a cache what earlier runs packed under the same version, with other contents. */
function forgetOwn(folder, depth = 3) {
  if (!existsSync(folder)) return;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const place = join(folder, entry.name);
    if (/@ae\b|127\.0\.0\.1/.test(entry.name)) rmSync(place, { recursive: true, force: true });
    else if (entry.isDirectory() && depth > 0) forgetOwn(place, depth - 1);
  }
}
