/** What other tools say about the packages: their exports, their types in each way of resolving modules, and unused code. */
import { join } from 'node:path';
import { execute } from '../installs/processes.mjs';
import { root } from '../lane.mjs';

/** publint: every file that package.json names exists and has the right format. */
export async function checkPublint(tools, tarballs) {
  for (const { file } of tarballs)
    await execute(['node', join(tools, 'node_modules/publint/src/cli.js'), '--strict', file], { cwd: tools });
}

/**
 * attw: types and code agree for `import` and `require` (node16, nodenext) and for bundlers. The `node10` mode of TypeScript before 4.7
 * ignores exports, so it finds only the main entries.
 */
export async function checkTypesResolve(tools, tarballs) {
  const attw = ['node', join(tools, 'node_modules/@arethetypeswrong/cli/dist/index.js'), '--profile', 'node16'];
  for (const { file, manifest } of tarballs.filter(({ manifest }) => manifest.exports)) {
    const output = await execute([...attw, '--no-emoji', '--format', 'ascii', file], { cwd: tools });
    if (output.includes('does not contain types')) throw new Error(`${manifest.name}: ${output}`);
  }
}

/** knip: this repository has no unused files, exports or dependencies. */
export async function checkUnused(tools) {
  await execute(['node', join(tools, 'node_modules/knip/bin/knip.js'), '--no-progress'], {
    cwd: root,
    limitMs: 300_000,
  });
}
