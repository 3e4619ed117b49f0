/**
 * The native lane: `npm run test:native [-- --tensorflow VERSION]`.
 *
 * Installs native TensorFlow into a cache folder, as `ae backend install tensorflow` does, for tfjs-node and for tfjs-node-gpu, whose addon
 * runs on CPUs as well; then runs on both what a training step needs: the kernels' conformance suite, and training compared with PyTorch.
 */
import { env } from 'node:process';
import { parseArgs } from 'node:util';
import { fail, laneFolder, load, requireAlso, runTests, UNAVAILABLE } from './lane.mjs';

const { values } = parseArgs({ options: { tensorflow: { type: 'string' } } });
const { installTensorflow } = await load('autoencoder', 'native.js');

const tests = ['optimizers', 'training-parity.slow', 'engine'].map((name) => `test/${name}.test.ts`);

for (const gpu of [false, true]) {
  let reached;
  const installation = await installTensorflow({
    ...{ gpu, wheel: 'tensorflow-cpu', cacheFolder: laneFolder('native'), python: env.AE_PYTHON, compiler: env.CXX },
    ...(values.tensorflow && { tensorflow: values.tensorflow }),
    onProgress: ({ step, detail }) => {
      reached = step;
      console.log(`${step}: ${detail}`);
    },
  }).catch((error) => fail(error.message, reached === 'check' ? 1 : UNAVAILABLE));
  console.log(JSON.stringify(installation));
  const engine = {
    AE_BACKEND: gpu ? 'tensorflow-gpu' : 'tensorflow',
    AE_TENSORFLOW: installation.folder,
    AE_REQUIRE: requireAlso('tensorflow'),
    TF_CPP_MIN_LOG_LEVEL: '2',
  };
  runTests('layers', ['test/tensorflow.test.ts'], engine);
  runTests('autoencoder', tests, engine);
}
