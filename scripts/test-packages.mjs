/**
 * The lane of packages: `npm run test:packages [-- --only types]`.
 *
 * Packs the public packages and asks what others ask of them: publint, attw and knip; TypeScript 5, strict, by each
 * way of resolving modules; servers as Vite, webpack and esbuild bundle them; and their sizes.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readFlags, readRegistry, runInTurn, scratchFolders } from './installs/packed.mjs';
import { execute } from './installs/processes.mjs';
import { servePackages } from './installs/registry.mjs';
import { installPackages, laneFolder, makePictures, root } from './lane.mjs';
import { checkBundlers } from './packages/bundlers.mjs';
import { checkPublint, checkTypesResolve, checkUnused } from './packages/shape.mjs';
import { checkSizes } from './packages/sizes.mjs';
import { checkTypes } from './packages/types.mjs';

const TOOLS = ['publint@0.3.25', '@arethetypeswrong/cli@0.18.5', 'knip@6.44.2'];

const checks = {
  publint: () => checkPublint(shapeTools(), packages.tarballs),
  attw: () => checkTypesResolve(shapeTools(), packages.tarballs),
  knip: () => checkUnused(shapeTools()),
  types: async () => checkTypes(await usedProject(), packages.tarballs),
  bundlers: async () => checkBundlers(await usedProject()),
  sizes: () => checkSizes(packages.tarballs, startProject, update),
};

const { only, update } = readFlags(Object.keys(checks), { update: { type: 'boolean', default: false } });
const newFolder = scratchFolders('ae-packages-');
const registry = await readRegistry();
let used;
const packages = await servePackages(newFolder('tarballs'));
await runInTurn(Object.entries(checks).filter(([name]) => only.includes(name)));
packages.close();

function shapeTools() {
  const folder = laneFolder('packages/shape');
  installPackages(folder, TOOLS);
  return folder;
}

/** Makes a project that depends on some packages. */
function startProject(name, dependencies) {
  const project = newFolder(name.replace(/\W+/g, '-'));
  const manifest = { name: 'fresh-project', version: '1.0.0', private: true, dependencies };
  writeFileSync(join(project, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
  writeFileSync(join(project, '.npmrc'), `registry=${registry}\n@ae:registry=${packages.address}\n`);
  return project;
}

/** Returns a project that has all packages, TensorFlow.js and eight photographs. */
function usedProject() {
  used ??= (async () => {
    const { dependencies } = JSON.parse(readFileSync(join(root, 'packages/cli/package.json'), 'utf8'));
    const tfjs = Object.entries(dependencies).filter(([name]) => name.startsWith('@tensorflow/'));
    const project = startProject('used', { ...packages.versions, ...Object.fromEntries(tfjs) });
    await execute(['npm', 'install', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], {
      cwd: project,
    });
    await makePictures(join(project, 'photos/discs'), 8, 'jpg');
    return project;
  })();
  return used;
}
