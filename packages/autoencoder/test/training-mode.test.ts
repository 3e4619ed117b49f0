import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { conv2d, conv2dTranspose, flatten, linear, maxPooling2d, maxUnpooling2d, relu, reshape } from '@ae/layers';
import * as tf from '@tensorflow/tfjs-core';
import {
  constraints,
  initializers,
  input,
  layers,
  model,
  regularizers,
  type SymbolicTensor,
} from '@tensorflow/tfjs-layers';
import { beforeAll, describe, expect, it } from 'vitest';
import { Autoencoder, type Sample, type StepProgress, type TrainOptions } from '../src/entries/index';
import { startTestEngine, testEngine } from './engine';
import golden from './golden/normalization.json';

type Layer = layers.Layer;

/** Reproducible images: no two are equal, and no two neighbors. */
function patternImages(count: number, size: number): Sample[] {
  const valueAt = (i: number, k: number) => (k * 7 + i * 31 + ((k * k) % 11)) % 256;
  return Array.from({ length: count }, (_, i) => {
    const data = Uint8Array.from({ length: size * size }, (_, k) => valueAt(i, k));
    return { channels: 1, height: size, width: size, data };
  });
}

const images = patternImages(8, 10);

/** A small network: `first` after its convolution, `second` before its code, `code` for the code. */
function networkOf({ first = [], second = [], code = {} }: { first?: Layer[]; second?: Layer[]; code?: object } = {}) {
  return [
    ...[conv2d({ filters: 4, kernelSize: 3, name: 'conv' }), ...first, relu(), maxPooling2d({ poolSize: 2 })],
    ...[flatten(), ...second, layers.dense({ units: 8, name: 'code', ...code }), linear({ units: 64 })],
    ...[reshape({ targetShape: [4, 4, 4] }), maxUnpooling2d(), conv2dTranspose({ filters: 1, kernelSize: 3 })],
  ];
}

async function build(list: Layer[]): Promise<Autoencoder> {
  const ae = new Autoencoder({ layers: list, inputShape: [10, 10, 1] });
  await ae.initialize({ seed: 1 });
  return ae;
}

const plainSgd: TrainOptions = {
  ...{ recipe: 'plain', epochs: 3, batchSize: 4, shuffle: false, optimizer: { name: 'sgd', learningRate: 0.1 } },
};

const weightsOf = (ae: Autoencoder) => ae.model.getWeights().map((weight) => Array.from(weight.dataSync()));

beforeAll(async () => {
  await startTestEngine();
});

describe(`training on ${testEngine} does as LayersModel.fit does`, () => {
  const l2 = () => regularizers.l2({ l2: 0.01 });
  const networks: Record<string, () => Layer[]> = {
    'batch normalization': () => networkOf({ first: [layers.batchNormalization()] }),
    'batch normalization of vectors': () => networkOf({ second: [layers.batchNormalization({ momentum: 0.5 })] }),
    'batch normalization that is frozen': () => networkOf({ first: [layers.batchNormalization({ trainable: false })] }),
    'dropout that has a seed': () => networkOf({ second: [layers.dropout({ rate: 0.5, seed: 3 })] }),
    'layer normalization': () => networkOf({ first: [layers.layerNormalization()] }),
    regularizers: () =>
      networkOf({ code: { kernelRegularizer: l2(), biasRegularizer: regularizers.l1l2({ l1: 0.1, l2: 0.1 }) } }),
    'a regularizer of a normalization': () =>
      networkOf({ first: [layers.batchNormalization({ gammaRegularizer: l2() })] }),
    'a layer that is frozen': () => networkOf({ code: { trainable: false } }),
    'a network in the network': () => {
      const x = input({ shape: [64] });
      const normalized = layers.batchNormalization().apply(x) as SymbolicTensor;
      const dropped = layers.dropout({ rate: 0.2, seed: 1 }).apply(normalized) as SymbolicTensor;
      const inner = model({ inputs: x, outputs: dropped });
      return networkOf({ second: [inner as unknown as Layer] });
    },
  };

  it.each(Object.keys(networks))('with %s', async (name) => {
    const ours = await build(networks[name]());
    const theirs = await build(networks[name]());
    const { epochs } = await ours.train(images, plainSgd);

    theirs.model.compile({ optimizer: tf.train.sgd(0.1), loss: 'meanSquaredError' });
    const values = images.flatMap(({ data }) => Array.from(data, (byte) => byte / 256));
    const x = tf.tensor4d(values, [8, 10, 10, 1]);
    const { history } = await theirs.model.fit(x, x, { epochs: 3, batchSize: 4, shuffle: false, verbose: 0 });

    for (const [i, { loss }] of epochs.entries()) expect(loss / Number(history.loss[i])).toBeCloseTo(1, 4);
    for (const [i, weight] of weightsOf(theirs).entries()) {
      for (const [k, value] of weight.entries()) expect(weightsOf(ours)[i][k]).toBeCloseTo(value, 4);
    }
    x.dispose();
  });
});

it(`trains batch normalization on ${testEngine} like PyTorch`, async () => {
  const { count, batchSize, size, filters, learningRate } = golden;
  const normalization = layers.batchNormalization({ momentum: 0.9 });
  const list = [
    ...[conv2d({ filters, kernelSize: 3, useBias: false }), normalization, relu({ name: 'code' })],
    conv2dTranspose({ filters: 1, kernelSize: 3, useBias: false }),
  ];
  const ae = new Autoencoder({ layers: list, inputShape: [size, size, 1] });
  await ae.initialize();
  for (const [phase, layer] of [list[0], list[3]].entries()) {
    const values = Array.from({ length: 9 * filters }, (_, i) => 0.3 * Math.sin(1.7 * i + phase));
    layer.setWeights([tf.tensor(values, [3, 3, 1, filters])]);
  }

  const samples = patternImages(count, size);
  const losses: number[] = [];
  await ae.train(samples, {
    ...{ recipe: 'plain', epochs: 3, batchSize, shuffle: false, optimizer: { name: 'sgd', learningRate } },
    onStep: ({ loss }) => losses.push(loss),
  });

  expect(losses).toHaveLength(golden.losses.length);
  for (const [i, loss] of losses.entries()) expect(loss / golden.losses[i]).toBeCloseTo(1, 3);
  const expected = [golden.gamma, golden.beta, golden.movingMean, golden.movingVariance];
  for (const [i, weight] of normalization.getWeights().entries()) {
    for (const [k, value] of Array.from(weight.dataSync()).entries()) expect(value).toBeCloseTo(expected[i][k], 3);
  }
  // Scores come from the moving statistics, not from those of a batch.
  const { mse } = await ae.evaluate(samples, { batchSize: 1, similarity: false });
  expect(mse / golden.inferenceMse).toBeCloseTo(1, 3);
  ae.dispose();
});

describe('layers that draw random numbers', () => {
  const chancy: Record<string, () => Layer> = {
    dropout: () => layers.dropout({ rate: 0.5 }),
    gaussianNoise: () => layers.gaussianNoise({ stddev: 0.5 }),
    gaussianDropout: () => layers.gaussianDropout({ rate: 0.5 }),
    alphaDropout: () => layers.alphaDropout({ rate: 0.5 }),
  };

  async function trained(layer: Layer | undefined, seed: number): Promise<number[][]> {
    const ae = await build(networkOf({ second: layer ? [layer] : [] }));
    await ae.train(images, { ...plainSgd, epochs: 1, seed });
    const weights = weightsOf(ae);
    ae.dispose();
    return weights;
  }

  it.each(Object.keys(chancy))('%s has an effect that only the seed determines', async (name) => {
    const random = Math.random;
    const once = await trained(chancy[name](), 1);
    expect(await trained(chancy[name](), 1)).toEqual(once);
    expect(await trained(chancy[name](), 2)).not.toEqual(once);
    expect(await trained(undefined, 1)).not.toEqual(once);
    expect(Math.random).toBe(random);
  });

  it('leave reconstructions, codes and scores alone', async () => {
    const ae = await build(networkOf({ second: [layers.dropout({ rate: 0.5 })] }));
    const without = await build(networkOf());
    without.model.setWeights(ae.model.getWeights());
    expect(await ae.reconstruct(images)).toEqual(await without.reconstruct(images));
    expect((await ae.encodeAll(images)).values).toEqual((await without.encodeAll(images)).values);
    ae.dispose();
    without.dispose();
  });
});

describe('a run with batch normalization and dropout', () => {
  const list = () => networkOf({ first: [layers.batchNormalization()], second: [layers.dropout({ rate: 0.3 })] });
  const options = { recipe: 'plain', batchSize: 2, epochs: 4, averageDecay: 0.9, earlyStopping: {} } as const;

  it('continues to the same bits, including moving statistics and averages', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'ae-mode-'));
    const whole = await build(list());
    const { epochs } = await whole.train(images, { ...options, validation: images });

    const first = await build(list());
    const stop = new AbortController();
    const stopInEpoch3 = ({ step }: StepProgress) => step === 10 && stop.abort();
    const run = { folder: path.join(folder, 'run') };
    const stopped = first.train(images, {
      ...{ ...options, validation: images, run, signal: stop.signal, onStep: stopInEpoch3 },
    });
    await expect(stopped).rejects.toMatchObject({ code: 'ABORTED' });

    const second = await build(list());
    const resumed = await second.train(images, { ...options, validation: images, run: { ...run, resume: true } });
    expect(resumed.epochs.map(({ loss, validation }) => [loss, validation])).toEqual(
      epochs.map(({ loss, validation }) => [loss, validation]),
    );
    expect(weightsOf(second)).toEqual(weightsOf(whole));
    for (const ae of [whole, first, second]) ae.dispose();
    await rm(folder, { recursive: true });
  });
});

describe('requirements of layers in training', () => {
  it('trains batch normalization without scale or offset, which fit cannot', async () => {
    const first = [layers.batchNormalization({ scale: false }), layers.batchNormalization({ center: false })];
    const ae = await build(networkOf({ first }));
    const { epochs } = await ae.train(images, plainSgd);
    expect(epochs[2].loss).toBeLessThan(epochs[0].loss);
    expect(first.map((layer) => layer.getWeights().length)).toEqual([3, 3]);
    ae.dispose();
  });

  it('keeps constraints after each update', async () => {
    const kernelConstraint = constraints.maxNorm({ maxValue: 0.5, axis: 0 });
    const code = { kernelConstraint, biasConstraint: constraints.nonNeg() };
    const ae = await build(networkOf({ code }));
    await ae.train(images, plainSgd);
    const [kernel, bias] = ae.model.getLayer('code').getWeights();
    const norms = tf.tidy(() => tf.norm(kernel, 2, 0).arraySync() as number[]);
    for (const norm of norms) expect(norm).toBeLessThan(0.5001);
    expect(Math.min(...bias.dataSync())).toBeGreaterThanOrEqual(0);
    ae.dispose();
  });

  it('reports the penalty of regularizers in the loss, and the PSNR without it', async () => {
    const ae = await build(networkOf({ code: { kernelRegularizer: regularizers.l2({ l2: 1e6 }) } }));
    const without = await build(networkOf());
    const steps: StepProgress[] = [];
    const onStep = (step: StepProgress) => steps.push(step);
    const once: TrainOptions = { recipe: 'plain', epochs: 1, batchSize: 8, onStep };
    for (const network of [ae, without]) await network.train(images, once);
    const [{ loss, penalty, psnrDb }, plain] = steps;
    expect(penalty).toBeGreaterThan(1e6);
    expect(loss).toBeCloseTo(Number(penalty) + plain.loss, -2);
    expect(psnrDb).toBeCloseTo(Number(plain.psnrDb), 5);
    expect(plain.penalty).toBeUndefined();
    for (const network of [ae, without]) network.dispose();
  });

  it('does not mistake a bad start for divergence', async () => {
    const filled = initializers.constant({ value: 10 });
    const ae = await build(networkOf({ code: { kernelInitializer: filled } }));
    const { epochs } = await ae.train(images, { recipe: 'plain', epochs: 2 });
    expect(epochs[0].loss).toBeGreaterThan(1000);
    expect(epochs[1].loss).toBeLessThan(epochs[0].loss);
    ae.dispose();
  });

  it('reports a network without trainable weights', async () => {
    const ae = await build([flatten({ name: 'code' }), reshape({ targetShape: [10, 10, 1] })]);
    await expect(ae.train(images)).rejects.toMatchObject({ code: 'INVALID_OPTION' });
    ae.dispose();
  });

  it('ties weights across batch normalization, and refuses to tie a pair that is half frozen', async () => {
    const tied = (trainable: boolean) => [
      ...[flatten(), layers.dense({ units: 6, name: 'code', trainable }), layers.batchNormalization()],
      ...[linear({ units: 100, name: 'out' }), reshape({ targetShape: [10, 10, 1] })],
    ];
    const ae = await build(tied(true));
    await ae.train(images, { ...plainSgd, tiedWeights: true });
    const [code, out] = ['code', 'out'].map((name) => ae.model.getLayer(name).getWeights()[0] as tf.Tensor2D);
    expect(tf.tidy(() => tf.max(tf.abs(tf.sub(code, tf.transpose(out)))).dataSync()[0])).toBe(0);
    ae.dispose();
    const frozen = await build(tied(false));
    await expect(frozen.train(images, { ...plainSgd, tiedWeights: true })).rejects.toThrow('trainable: false');
    frozen.dispose();
  });
});
