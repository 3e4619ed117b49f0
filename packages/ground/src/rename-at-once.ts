import fs from 'node:fs';
import process from 'node:process';
import { isPassing, waitsOf } from './rename';

/** Does the same as `rename`, but synchronously. @throws the operating system's error */
export function renameAtOnce(
  from: string,
  to: string,
  system = { platform: process.platform, rename: fs.renameSync },
): void {
  for (const waitMs of waitsOf(system.platform)) {
    try {
      system.rename(from, to);
      return;
    } catch (error) {
      if (!isPassing(error)) throw error;
    }
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, waitMs);
  }
  system.rename(from, to);
}
