/** What others' tools say of the packages: their exports, their types under each way of resolving modules, and what nothing uses. */
import { join } from 'node:path';
import { execute } from '../installs/processes.mjs';
import { root } from '../lane.mjs';

/** publint: every file that package.json names is there and is what it is named as. */
export async function checkPublint(tools, tarballs) {
  for (const { file } of tarballs)
    await execute(['node', join(tools, 'node_modules/publint/src/cli.js'), '--strict', file], { cwd: tools });
}

/**
 * attw: types and code agree for `import` and `require` (node16, nodenext) and for bundlers. The `node10` of TypeScript before 4.7 knows no
 * exports, so it finds the main entries alone.
 */
export async function checkTypesResolve(tools, tarballs) {
  const attw = ['node', join(tools, 'node_modules/@arethetypeswrong/cli/dist/index.js'), '--profile', 'node16'];
  for (const { file, manifest } of tarballs.filter(({ manifest }) => manifest.exports)) {
    const output = await execute([...attw, '--no-emoji', '--format', 'ascii', file], { cwd: tools });
    if (output.includes('does not contain types')) throw new Error(`${manifest.name}: ${output}`);
  }
}

/** knip: no file, export or dependency of this repository that nothing uses. */
export async function checkUnused(tools) {
  await execute(['node', join(tools, 'node_modules/knip/bin/knip.js'), '--no-progress'], {
    cwd: root,
    limitMs: 300_000,
  });
}
