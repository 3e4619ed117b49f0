import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const { sideEffects, exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

/** Runs a script with plain Node.js in the package's folder, where `@ae/layers` is the built package itself. */
async function run(type: 'module' | 'commonjs', script: string): Promise<string> {
  const args = [`--input-type=${type}`, '--eval', script];
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: root });
  return stdout.trim().split('\n').at(-1)!;
}

describe('the built package', () => {
  const body = `
    const { serialization } = tf;
    console.log(['MaxPoolingWithIndices2D', 'MaxUnpooling2D'].every((name) => serialization.SerializationMap.getMap().classNameMap[name]));`;

  it('registers its layers when imported as a module', async () => {
    expect(await run('module', `import '@ae/layers'; import * as tf from '@tensorflow/tfjs-core'; ${body}`)).toBe(
      'true',
    );
  });

  it('registers its layers when loaded by require', async () => {
    expect(await run('commonjs', `require('@ae/layers'); const tf = require('@tensorflow/tfjs-core'); ${body}`)).toBe(
      'true',
    );
  });

  it('can be loaded twice, as a module and by require, without a warning', async () => {
    const script = `import { createRequire } from 'node:module'; import * as layers from '@ae/layers';
      import { registerCpuKernels } from '@ae/layers/backends/cpu';
      const require = createRequire(process.cwd() + '/');
      let warnings = 0; console.warn = () => warnings++;
      require('@ae/layers'); registerCpuKernels(); require('@ae/layers/backends/cpu').registerCpuKernels();
      console.log(warnings);`;
    expect(await run('module', script)).toBe('0');
  });

  it('tells bundlers about every file that registers something', () => {
    const patterns = (sideEffects as string[]).map(
      (glob) => new RegExp(`^${glob.replaceAll('.', '\\.').replace('*', '[^/]*')}$`),
    );
    const files = readdirSync(join(root, 'dist')).filter((file) => /\.c?js$/.test(file));
    const registering = files.filter((file) =>
      /registerClass\(|registerGradient\(/.test(readFileSync(join(root, 'dist', file), 'utf8')),
    );
    expect(registering.length).toBeGreaterThan(0);
    for (const file of registering) {
      expect(
        patterns.some((pattern) => pattern.test(`./dist/${file}`)),
        file,
      ).toBe(true);
    }
  });

  it('contains every file that its exports name', () => {
    const paths: string[] = [];
    const collect = (entry: string | Record<string, unknown>): void => {
      if (typeof entry === 'string') paths.push(entry);
      else for (const value of Object.values(entry)) collect(value as string);
    };
    collect(exports);
    for (const path of paths) expect(existsSync(join(root, path)), path).toBe(true);
  });
});
