/**
 * The lane of packages: `npm run test:packages [-- --only types]`.
 *
 * Packs the public packages and asks what others ask of them: publint, attw and knip; TypeScript from the oldest to the newest, strict, by each
 * way of resolving modules; programs on every version of Node.js; Vite, webpack and esbuild for pages and servers; and their sizes.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readFlags, readRegistry, runInTurn, scratchFolders } from './installs/packed.mjs';
import { servePackages } from './installs/registry.mjs';
import { installPackages, laneFolder } from './lane.mjs';
import { checkPublint, checkTypesResolve, checkUnused } from './packages/shape.mjs';
import { checkSizes } from './packages/sizes.mjs';

const TOOLS = ['publint@0.3.25', '@arethetypeswrong/cli@0.18.5', 'knip@6.44.2'];

const checks = {
  publint: () => checkPublint(shapeTools(), packages.tarballs),
  attw: () => checkTypesResolve(shapeTools(), packages.tarballs),
  knip: () => checkUnused(shapeTools()),
  sizes: () => checkSizes(packages.tarballs, startProject, update),
};

const { only, update } = readFlags(Object.keys(checks), { update: { type: 'boolean', default: false } });
const newFolder = scratchFolders('ae-packages-');
const registry = await readRegistry();
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
