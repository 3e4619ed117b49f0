/**
 * Measures what training takes on every engine that loads here: `npm run bench -- engines [--engines wasm,tensorflow]`.
 *
 * Single kernels at the sizes of the quickstart's network with 32 images, and the training loop of @ae/autoencoder as a whole. Prints a
 * table for docs/engines.md. Each engine runs in a process of its own, `webgl` in a Chromium; native TensorFlow and webgpu are those that
 * test-native.mjs and test-webgpu.mjs have installed. The comparison with PyTorch is in bench/train. Figures mean something on a quiet
 * machine only.
 */
import { spawnSync } from 'node:child_process';
import { cpus } from 'node:os';
import { env } from 'node:process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { useBackend } from '@ae/autoencoder';
import { laneFolder, swiftShader } from '../../scripts/lane.mjs';
import { measureEngine } from './kernels.mjs';
import { measureOnPage } from './on-page.mjs';

const { values } = parseArgs({
  options: { engines: { type: 'string', default: 'cpu,wasm,tensorflow' }, child: { type: 'string' } },
});

async function measure(engine) {
  if (engine === 'webgl') return { engine, ...(await measureOnPage(engine)) };
  const options = { tensorflowCache: laneFolder('native'), webgpuFolder: laneFolder('webgpu') };
  const { device, threads, version } = await useBackend(engine, options);
  return { engine, device, threads, version, rows: await measureEngine(device) };
}

if (values.child) {
  console.log(JSON.stringify(await measure(values.child)));
  process.exit(0);
}

const results = values.engines.split(',').flatMap((engine) => {
  const args = [fileURLToPath(import.meta.url), '--child', engine];
  const driver = engine === 'webgpu' && !env.VK_ICD_FILENAMES ? swiftShader() : {};
  const child = spawnSync(process.execPath, args, {
    encoding: 'utf8',
    env: { ...env, TF_CPP_MIN_LOG_LEVEL: '2', ...driver },
  });
  if (child.status === 0) return JSON.parse(child.stdout.trim().split('\n').at(-1));
  console.error(`${engine}: not measured: ${child.stderr.trim().split('\n').at(-1)}`);
  return [];
});
const row = (cells) => console.log(`| ${cells.join(' | ')} |`);
console.log(
  `${cpus().length} x ${cpus()[0].model}, Node.js ${process.version}, ${new Date().toISOString().slice(0, 10)}\n`,
);
row(['', ...results.map(({ engine }) => engine)]);
row(['---', ...results.map(() => '---:')]);
row([
  'computes on',
  ...results.map(({ device, threads }) => [device, threads && `${threads} threads`].filter(Boolean).join(', ')),
]);
for (const name of new Set(results.flatMap(({ rows }) => Object.keys(rows)))) {
  row([name, ...results.map(({ rows }) => rows[name] ?? '')]);
}
