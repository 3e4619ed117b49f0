/** Whatever a function of a subpath is given, it throws an AutoencoderError with one sentence. The class is tried in odd-arguments.slow.test.ts. */
import path from 'node:path';
import { testOddArguments } from '@ae/testing/odd-arguments';
import { sharedFolder } from '@ae/testing/scratch';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import * as baselines from '../src/entries/baselines';
import * as codes from '../src/entries/codes';
import {
  Autoencoder,
  AutoencoderError,
  coefficientsFor,
  defaultPixels,
  samplesToTensor,
  useBackend,
  VariationalCode,
  valuesToSamples,
} from '../src/entries/index';
import * as interchange from '../src/entries/interchange';
import * as reports from '../src/entries/report';
import * as runs from '../src/entries/runs';
import * as scores from '../src/entries/scores';
import { rectangleSamples } from './rectangles';

const folder = sharedFolder();
let files = 0;
const file = () => path.join(folder, String(files++));
// Where an odd value is a name that can be written.
const home = process.cwd();
let before = 0;
beforeAll(() => {
  process.chdir(folder);
  // Files share a process, and what others have kept.
  before = tf.memory().numTensors;
});
afterAll(() => process.chdir(home));

await useBackend('wasm', { threads: 1 });
const samples = rectangleSamples(3, { size: 12 });
const format = { inputShape: [12, 12, 3] as const, pixels: defaultPixels };
const pca = await baselines.fitPca(samples, format);
const jpeg = await baselines.JpegCoder.load();
const some = { values: Float32Array.of(1, 2, 3, 4), count: 2, codeSize: 2, keys: ['a', 'b'], labels: [0, 1] };
const image = { index: 0, key: 'a', label: 1, psnrDb: 20, ssim: 0.5, msSsim: 0.5, mse: 0.1, mae: 0.1 };
const part = { masks: 'own', codeBits: 32, similarity: true, images: [image] } as const;
const values = new Float32Array(432);
const { signal } = new AbortController();
const onProgress = () => undefined;
const network = new Autoencoder({ preset: 'transform', inputShape: [12, 12, 3], codeSize: 4 });
await network.initialize({ seed: 1 });
const report = await reports.collectReport(network, { samples, baselines: false });
const recipe = { optimizer: { name: 'adam', learningRate: 0.1 }, averageDecay: null, earlyStopping: null };

/** The same object, whose fields are left alone. */
const whole = (value: object) => Object.assign(Object.create({}), value);

/** The same function, for which an error of this code is as good as a result. */
function ignoring<Args extends readonly unknown[]>(code: string, work: (...args: Args) => Promise<unknown>) {
  return (...args: Args) =>
    work(...args).catch((error) => {
      if (error.code !== code) throw error;
    });
}

testOddArguments(
  {
    'nearestNeighbors()': [codes.nearestNeighbors, some, 0, { count: 1, metric: 'cosine' }],
    'projectCodes()': [codes.projectCodes, some, { components: 1 }],
    'encodeNpy()': [codes.encodeNpy, some.values, [2, 2]],
    'encodeTextNpy()': [codes.encodeTextNpy, ['a']],
    'codeBytes()': [codes.codeBytes, 12, 8],
    'quantizeCodes()': [codes.quantizeCodes, some.values, 2, 8],
    'writeCodesNpy()': () => [codes.writeCodesNpy, some, file(), { byBlocks: false }],
    'writeCodesParquet()': () => [codes.writeCodesParquet, some, file()],
    'psnrDb()': [scores.psnrDb, 0.1, 1],
    'imageError()': [scores.imageError, values, values, { offset: 0, size: 9, peak: 1 }],
    'similarity()': [scores.similarity, values, values, [12, 12, 3], { offset: 0, peak: 1 }],
    'rankImages()': [scores.rankImages, [image], 'psnrDb'],
    'worstImages()': [scores.worstImages, [image], 1, 'psnrDb'],
    'bestImages()': [scores.bestImages, [image], 1, 'psnrDb'],
    'scoresByClass()': [scores.scoresByClass, { images: [image] }, { scale: 1 }],
    'scoresToCsv()': [scores.scoresToCsv, [image]],
    'mergeEvaluations()': [scores.mergeEvaluations, [part], { scale: 1 }],
    'fitPca()': [
      async (...args: [never, never, never]) => (await baselines.fitPca(...args)).dispose(),
      ...[samples, format, { components: 1, mirror: true, maxImages: 3, signal }],
    ],
    'scorePca()': [baselines.scorePca, pca, samples, format, { counts: [1], signal }],
    'jpeg.run()': [jpeg.run.bind(jpeg), samples[0], 80, '4:2:0'],
    'jpeg.runWithin()': [jpeg.runWithin.bind(jpeg), samples[0], [1000]],
    'samplesToTensor()': [samplesToTensor, samples, [12, 12, 3], { ...defaultPixels }],
    'valuesToSamples()': [valuesToSamples, values, [12, 12, 3], { ...defaultPixels }],
    'exportOnnx()': () => [interchange.exportOnnx, network, `${file()}.onnx`, { part: 'encoder', overwrite: false }],
    'exportPyTorch()': () => [interchange.exportPyTorch, network, `${file()}.safetensors`, { overwrite: false }],
    'collectReport()': [reports.collectReport, network, { samples, baselines: false, maxImages: 2, signal }],
    'renderReport()': [(data: never) => reports.renderReport(data), whole(report)],
    'renderComparison()': [(list: never) => reports.renderComparison(list), [report, report]],
    'renderLiveRun()': [ignoring('RUN_NOT_FOUND', reports.renderLiveRun), 'nowhere'],
    'readSampleGrid()': [ignoring('RUN_NOT_FOUND', reports.readSampleGrid), 'nowhere', 1],
    'checkNewRun()': [runs.checkNewRun, 'nowhere'],
    'readRunConfig()': [ignoring('RUN_NOT_FOUND', runs.readRunConfig), 'nowhere'],
    'readConfigFile()': [ignoring('RUN_NOT_FOUND', runs.readConfigFile), 'nowhere'],
    'estimateRun()': [
      (...args: [never, never, never]) => runs.estimateRun(...args),
      whole(network.weightCount),
      recipe,
      {},
    ],
    'coefficientsFor()': [
      coefficientsFor,
      samples,
      { preset: 'transform', inputShape: [12, 12, 3], codeSize: 4, seed: 1 },
    ],
    'new VariationalCode()': [(args: never) => new VariationalCode(args), { units: 4 }],
    'network.encodeAll()': [network.encodeAll.bind(network), samples, { batchSize: 2, signal, onProgress }],
    'network.evaluate()': [network.evaluate.bind(network), samples, { similarity: false, signal, onProgress }],
  },
  AutoencoderError,
);

test('says what is expected', () => {
  expect(() => codes.nearestNeighbors({ ...some, codeSize: 3 }, 0)).toThrow(
    '[autoencoder] nearestNeighbors, values: expected 6 numbers, received Float32Array of 4.',
  );
  expect(() => scores.similarity(values, values, [20, 20, 3])).toThrow(
    '[autoencoder] similarity: expected two images of 1200 values from index 0, received Float32Array of 432.',
  );
  expect(() => scores.rankImages(null as never)).toThrow(
    '[autoencoder] rankImages: expected a list of scores of images, received null.',
  );
  expect(tf.memory().numTensors).toBeLessThan(before + 100);
});
