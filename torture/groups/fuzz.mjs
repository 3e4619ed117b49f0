/** The packages' own fuzzing: databases and JPEGs (@ae/lmdb-datum), models (@ae/autoencoder); a share of their mutations as one case. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const scripts = {
  databases: { script: 'lmdb-datum/fuzz/run.mjs', count: 100 },
  images: { script: 'lmdb-datum/fuzz/jpegs.mjs', count: 500 },
  models: { script: 'autoencoder/fuzz/models.mjs', count: 100 },
};

/** @param {keyof typeof scripts} name */
export function fuzzing(name) {
  const { script, count } = scripts[name];
  const file = fileURLToPath(new URL(`../../packages/${script}`, import.meta.url));
  return async () => ({
    run: (seed) =>
      new Promise((resolve) => {
        const args = [file, '--count', String(count), '--seed', String(seed)];
        execFile(process.execPath, args, { timeout: 300_000, maxBuffer: 2 ** 26 }, (error, stdout, stderr) => {
          const what = `${count} mutations: ${script} --count ${count} --seed ${seed}`;
          resolve({
            what,
            fault: error ? `${String(error.signal ?? error.code)}: ${(stdout + stderr).slice(-2000)}` : undefined,
          });
        });
      }),
  });
}
