/**
 * A new user's first program on each version of Node.js, as an ES module and as CommonJS: it unpools, imports JPEGs into an LMDB and reads
 * them back, trains, and reconstructs an image. Then the command line prints its version.
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { execute } from '../installs/processes.mjs';
import { nodeProgram, nodeVersions } from '../lane.mjs';

/** Runs both programs and `ae` in a project that has the packages. */
export async function checkNodeVersions(project, versions) {
  for (const version of nodeVersions) {
    const node = nodeProgram(version);
    for (const kind of ['esm', 'cjs'])
      for (const made of ['.lmdb', '-model', '.png'])
        rmSync(join(project, kind + made), { recursive: true, force: true });
    const programs = ['program.mjs', 'program.cjs'].map((file) => execute([node, file], { cwd: project }));
    for (const output of await Promise.all(programs)) process.stdout.write(`Node.js ${version}: ${output}`);
    const said = await execute([node, 'node_modules/@ae/cli/bin/ae.js', '--version'], { cwd: project });
    if (!said.includes(versions['@ae/cli'])) throw new Error(`ae --version on Node.js ${version}: ${said}`);
  }
}
