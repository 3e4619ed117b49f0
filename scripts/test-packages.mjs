/**
 * The package lane: `npm run test:packages [-- --only types]`.
 *
 * Packs the public packages and runs what checks packages: publint, attw and knip; whether users can name what signatures name; TypeScript
 * from the oldest to the newest, strict, with each way of resolving modules; programs on every version of Node.js; servers and pages as
 * bundled by Vite, webpack and esbuild; a release that is not published; and their sizes.
 */
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readFlags, readRegistry, runInTurn, scratchFolders } from './installs/packed.mjs';
import { execute } from './installs/processes.mjs';
import { servePackages } from './installs/registry.mjs';
import { installPackages, laneFolder, makePictures, root } from './lane.mjs';
import { checkBundlers } from './packages/bundlers.mjs';
import { checkNames } from './packages/names.mjs';
import { checkNodeVersions } from './packages/node-versions.mjs';
import { checkRelease } from './packages/release.mjs';
import { checkPublint, checkTypesResolve, checkUnused } from './packages/shape.mjs';
import { checkSizes } from './packages/sizes.mjs';
import { checkTypes } from './packages/types.mjs';
import { checkWorkflows } from './packages/workflows.mjs';

const TOOLS = ['publint@0.3.25', '@arethetypeswrong/cli@0.18.5', 'knip@6.44.2'];

const checks = {
  publint: () => checkPublint(shapeTools(), packages.tarballs),
  attw: () => checkTypesResolve(shapeTools(), packages.tarballs),
  knip: () => checkUnused(shapeTools()),
  names: () => checkNames(packages.tarballs),
  types: async () => checkTypes(await usedProject(), packages.tarballs),
  node: async () => checkNodeVersions(await usedProject(), packages.versions),
  bundlers: async () => checkBundlers(await usedProject()),
  release: () => checkRelease(newFolder('release'), packages.tarballs),
  workflows: () => checkWorkflows(),
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

/** Creates a project that depends on some packages. */
function startProject(name, dependencies) {
  const project = newFolder(name.replace(/\W+/g, '-'));
  const manifest = { name: 'fresh-project', version: '1.0.0', private: true, dependencies };
  writeFileSync(join(project, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
  writeFileSync(join(project, '.npmrc'), `registry=${registry}\n@ae:registry=${packages.address}\n`);
  return project;
}

/** Returns a project with all packages, TensorFlow.js, eight photographs, and a first program as both kinds of modules. */
function usedProject() {
  used ??= (async () => {
    const { dependencies } = JSON.parse(readFileSync(join(root, 'packages/cli/package.json'), 'utf8'));
    const tfjs = Object.entries(dependencies).filter(([name]) => name.startsWith('@tensorflow/'));
    const project = startProject('used', { ...packages.versions, ...Object.fromEntries(tfjs) });
    await execute(['npm', 'install', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], {
      cwd: project,
    });
    for (const file of ['exercise.mjs', 'program.mjs', 'program.cjs'])
      cpSync(join(root, 'scripts/installs', file), join(project, file));
    await makePictures(join(project, 'photos/discs'), 8, 'jpg');
    return project;
  })();
  return used;
}
