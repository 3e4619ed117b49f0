/**
 * The Node.js lane: `npm run test:node [-- --node 26] [-- --all]`.
 *
 * Runs everything that computes on every version of Node.js for whose V8 the engine sets flags
 * (packages/layers/src/backends/wasm/runtime/v8-flags.ts), then the quickstart's steps on the newest. Each version is installed into a
 * cache folder from npm's package node-<platform>-<arch>, which the package `node` installs with a script. The version that runs this
 * script is left out unless --all is given, because `npm test` and `npm run test:slow` have run on it.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { fail, makePictures, nodeProgram, nodeVersions, requireAlso, root, run, runTests } from './lane.mjs';

const TESTS = {
  layers: ['v8-flags', 'wasm-engine', 'wasm-training'],
  autoencoder: ['engine', 'training'],
  cli: ['backend-flags', 'runs.slow'],
};

const { values } = parseArgs({
  options: {
    node: { type: 'string', multiple: true, default: nodeVersions },
    all: { type: 'boolean', default: false },
  },
});
const unknown = values.node.filter((version) => !nodeVersions.includes(version));
if (unknown.length > 0) fail(`--node: expected ${nodeVersions.join(', ')}, received ${unknown.join(', ')}.`, 1);

const own = process.versions.node.split('.')[0];
const programs = new Map(values.node.map((version) => [version, nodeProgram(version)]));

for (const [version, node] of programs) {
  if (version === own && !values.all) {
    console.log(`Node.js ${version} runs this script: it has been tested.`);
    continue;
  }
  for (const [packageName, names] of Object.entries(TESTS)) {
    console.log(`\nNode.js ${version}: ${packageName}`);
    const files = names.map((name) => `test/${name}.test.ts`);
    runTests(packageName, files, { AE_REQUIRE: requireAlso('tested-v8') }, node);
  }
}
await quickstart(programs.get(values.node.at(-1)));

/** The quickstart's steps, for a few seconds and on pictures made here: its own are a download of 82 MB. */
async function quickstart(node) {
  const pictures = mkdtempSync(join(tmpdir(), 'ae-quickstart-'));
  try {
    await makePictures(pictures, 240);
    const script = join(root, 'examples/quickstart/quickstart.mjs');
    run(node, [script, '--images', pictures, '--minutes', '0.1'], { env: { INIT_CWD: root }, onFailure: 1 });
  } finally {
    rmSync(pictures, { recursive: true, force: true });
  }
}
