/** Fused training against the same model run layer by layer: outputs, gradients, updates, and leaks. */
import * as tf from '@tensorflow/tfjs-core';
import {
  input,
  type LayersModel,
  layers,
  model as makeModel,
  type SymbolicTensor,
  sequential,
} from '@tensorflow/tfjs-layers';
import { beforeAll, describe, expect, test } from 'vitest';
import { initWasm, type WasmEngine } from '../src/backends/wasm';
import {
  adamStep,
  conv2d,
  conv2dTranspose,
  flatten,
  fuseForward,
  linear,
  maxPooling2d,
  maxUnpooling2d,
  meanSquaredError,
  relu,
  residual,
  Sequential,
  sgdStep,
} from '../src/entries/index';
import { buildMirror } from './networks';
import { randomValues, relativeError } from './wasm-reference';

let engine: WasmEngine;
beforeAll(async () => {
  engine = await initWasm();
});

const TOLERANCE = 5e-6;

/** Sets weights and biases to numbers that depend only on their position. */
function seedWeights(model: LayersModel): void {
  const values = model.getWeights().map((weight, index) => {
    const fanIn = weight.shape.length === 1 ? 10 : weight.size / (weight.shape.at(-1) as number);
    return tf.mul(tf.tensor(randomValues(weight.size, index + 1), weight.shape), Math.sqrt(1 / fanIn));
  });
  model.setWeights(values);
  tf.dispose(values);
}

const images = (batch: number, [height, width, channels]: number[]) =>
  tf.tensor4d(randomValues(batch * (height as number) * (width as number) * (channels as number), 99), [
    batch,
    height as number,
    width as number,
    channels as number,
  ]);

const variablesOf = (model: LayersModel) => model.trainableWeights.map((weight) => weight.read() as tf.Variable);

/** The output, the gradient of the input, and those of all weights. */
function trace(model: LayersModel, forward: (x: tf.Tensor) => tf.Tensor, x: tf.Tensor): Array<[string, Float32Array]> {
  const traced = tf.tidy(() => {
    const y = forward(x);
    const target = tf.tensor(randomValues(y.size, 7), y.shape);
    const { value, grads } = tf.variableGrads(() => meanSquaredError(target, forward(x)), variablesOf(model));
    const dx = tf.grad((x: tf.Tensor) => meanSquaredError(target, forward(x)))(x);
    return { y, loss: value, dx, ...grads };
  });
  const values = Object.entries(traced).map(([name, tensor]): [string, Float32Array] => [
    name,
    tensor.dataSync() as Float32Array,
  ]);
  tf.dispose(traced);
  return values;
}

function expectSame(model: LayersModel, x: tf.Tensor): void {
  const fused = trace(model, fuseForward(model), x);
  const plain = trace(model, (x) => model.apply(x) as tf.Tensor, x);
  expect(fused.map(([name]) => name)).toEqual(plain.map(([name]) => name));
  for (const [index, [name, values]] of fused.entries()) {
    expect(relativeError(values, (plain[index] as [string, Float32Array])[1]), name).toBeLessThan(TOLERANCE);
  }
}

const build = (inputShape: [number, number, number], ...parts: layers.Layer[]): LayersModel => {
  const network = new Sequential({ inputShape });
  for (const part of parts) network.add(part);
  return network.build();
};

/** A convolution, and a residual branch of a convolution of the same size and its transpose. */
const withBranch = (
  [height, width, channels]: [number, number, number],
  { filters, ...options }: { filters: number; kernelSize: number; strides?: number },
  ...last: layers.Layer[]
): LayersModel => {
  const shared = { ...options, padding: 'same' } as const;
  const branch = [conv2d({ ...shared, filters }), relu(), conv2dTranspose({ ...shared, filters: channels }), ...last];
  return new Sequential({ inputShape: [height, width, 3] })
    .add(conv2d({ filters: channels, kernelSize: 3, padding: 'same' }))
    .add(residual(branch))
    .add(relu())
    .build();
};

const networks: Array<[string, () => LayersModel]> = [
  ['mirror', () => buildMirror(32, [12, 24], 50).build()],
  ['mirror with channels in no vectors', () => buildMirror(20, [5, 7], 9).build()],
  ['mirror with 4 and 8 channels', () => buildMirror(16, [4, 8], 9).build()],
  ['mirror with 16 and 40 channels', () => buildMirror(16, [16, 40], 9).build()],
  ['mirror with 24 and 32 channels, by Winograd', () => buildMirror(20, [24, 32], 9).build()],
  [
    'kernels of 5, padding, odd sizes',
    () =>
      build(
        [17, 15, 3],
        conv2d({ filters: 8, kernelSize: 5, padding: 'same' }),
        relu(),
        conv2d({ filters: 12, kernelSize: [3, 5], padding: 'same' }),
        maxPooling2d({ poolSize: 2 }),
        conv2d({ filters: 16, kernelSize: 2 }),
        relu(),
        maxPooling2d({ poolSize: 2 }),
        maxUnpooling2d(),
        conv2dTranspose({ filters: 12, kernelSize: 2 }),
        maxUnpooling2d(),
        conv2dTranspose({ filters: 5, kernelSize: [5, 3], padding: 'same' }),
        relu(),
      ),
  ],
  [
    'kernels of 1 and 4 around pools',
    () =>
      build(
        [18, 22, 4],
        conv2d({ filters: 12, kernelSize: 4 }),
        relu(),
        maxPooling2d({ poolSize: 2 }),
        conv2d({ filters: 12, kernelSize: 1, useBias: false }),
        relu(),
        maxUnpooling2d(),
        conv2dTranspose({ filters: 4, kernelSize: 4, useBias: false }),
      ),
  ],
  [
    'strides',
    () =>
      build(
        [20, 20, 3],
        conv2d({ filters: 6, kernelSize: 5, strides: 2, padding: 'same' }),
        relu(),
        conv2d({ filters: 8, kernelSize: 3, strides: [2, 1], padding: 'same' }),
        relu(),
        maxPooling2d({ poolSize: 2 }),
        maxUnpooling2d(),
        conv2dTranspose({ filters: 6, kernelSize: 3, strides: [2, 1], padding: 'same' }),
        relu(),
        conv2dTranspose({ filters: 3, kernelSize: 5, strides: 2, padding: 'same' }),
      ),
  ],
  [
    'few channels made of many by strides',
    () =>
      build(
        [19, 17, 3],
        conv2d({ filters: 4, kernelSize: 3, padding: 'same' }),
        relu(),
        conv2d({ filters: 40, kernelSize: 4, strides: 2, padding: 'same' }),
        relu(),
        conv2dTranspose({ filters: 3, kernelSize: 4, strides: 2, padding: 'same' }),
        relu(),
        conv2d({ filters: 33, kernelSize: 5, strides: [3, 2] }),
        conv2dTranspose({ filters: 2, kernelSize: 5, strides: [2, 3], useBias: false }),
      ),
  ],
  [
    'pools that the fused kernels do not know',
    () =>
      build(
        [19, 19, 3],
        conv2d({ filters: 8, kernelSize: 3 }),
        relu(),
        maxPooling2d({ poolSize: 3, strides: 2 }),
        conv2d({ filters: 8, kernelSize: 3 }),
        relu(),
        flatten(),
        linear({ units: 20 }),
      ),
  ],
  [
    'layers between that nothing here knows',
    () =>
      build(
        [16, 16, 3],
        conv2d({ filters: 8, kernelSize: 3 }),
        layers.leakyReLU(),
        conv2d({ filters: 8, kernelSize: 3 }),
        relu(),
        maxPooling2d({ poolSize: 2 }),
        layers.layerNormalization(),
        conv2d({ filters: 8, kernelSize: 1 }),
        maxUnpooling2d(),
        conv2dTranspose({ filters: 3, kernelSize: 3 }),
      ),
  ],
  [
    'dense layers with activations',
    () => {
      const net = sequential();
      net.add(layers.dense({ units: 30, activation: 'relu', inputShape: [21] }));
      net.add(layers.dense({ units: 13, activation: 'tanh' }));
      net.add(layers.dense({ units: 7, activation: 'relu', useBias: false }));
      return net as unknown as LayersModel;
    },
  ],
  [
    'dense layers on images',
    () => {
      const net = sequential();
      net.add(layers.conv2d({ filters: 6, kernelSize: 3, activation: 'relu', inputShape: [7, 6, 3] }));
      net.add(layers.dense({ units: 9, activation: 'relu' }));
      net.add(layers.reshape({ targetShape: [20, 9] }));
      net.add(layers.dense({ units: 4, useBias: false }));
      net.add(layers.flatten());
      return net as unknown as LayersModel;
    },
  ],
  [
    'a residual branch to few channels by strides',
    () => withBranch([16, 20, 3], { filters: 16, kernelSize: 4, strides: 2 }),
  ],
  [
    'a residual branch to few channels by strides, with taps in two groups',
    () => withBranch([20, 24, 3], { filters: 16, kernelSize: 10, strides: 2 }),
  ],
  [
    'strides from few channels that are masked, and back with ReLU',
    () =>
      build(
        [24, 20, 3],
        conv2d({ filters: 3, kernelSize: 3, padding: 'same' }),
        relu(),
        conv2d({ filters: 16, kernelSize: 4, strides: 2, padding: 'same' }),
        relu(),
        conv2dTranspose({ filters: 3, kernelSize: 10, strides: 2, padding: 'same' }),
        relu(),
      ),
  ],
  [
    'growing and shrinking images by Winograd',
    () =>
      build(
        [8, 9, 24],
        conv2dTranspose({ filters: 28, kernelSize: 3 }),
        relu(),
        conv2d({ filters: 24, kernelSize: 3 }),
        relu(),
        conv2dTranspose({ filters: 24, kernelSize: 2 }),
      ),
  ],
  ['a residual branch by Winograd', () => withBranch([10, 9, 24], { filters: 28, kernelSize: 3 })],
  [
    'a residual branch that some pixels have no tap of',
    () => withBranch([8, 8, 4], { filters: 6, kernelSize: 1, strides: 2 }),
  ],
  ['a residual branch that ends with ReLU', () => withBranch([8, 8, 5], { filters: 6, kernelSize: 3 }, relu())],
  [
    'a sum of two branches',
    () => {
      const x = input({ shape: [12, 12, 3] });
      const stem = layers
        .conv2d({ filters: 6, kernelSize: 3, padding: 'same', activation: 'relu' })
        .apply(x) as SymbolicTensor;
      const branch = layers.conv2d({ filters: 6, kernelSize: 3, padding: 'same' }).apply(stem) as SymbolicTensor;
      const sum = layers.add().apply([stem, branch]) as SymbolicTensor;
      return makeModel({
        inputs: x,
        outputs: layers.conv2dTranspose({ filters: 2, kernelSize: 3 }).apply(sum) as SymbolicTensor,
      });
    },
  ],
];

describe.each(networks)('%s', (_name, make) => {
  test.each([1, 3, 18])('computes what the model computes, and its gradients: batch %i', (batch) => {
    const model = make();
    seedWeights(model);
    const shape = (model.inputs[0] as SymbolicTensor).shape.slice(1) as number[];
    const x =
      shape.length === 3
        ? images(batch, shape)
        : tf.tensor2d(randomValues(batch * (shape[0] as number), 5), [batch, shape[0] as number]);
    expectSame(model, x);
    x.dispose();
    model.dispose();
  });
});

/** Names the kernels that a step of a model for images of 16 x 16 x 3 runs, and disposes of the model. */
async function kernelsOf(model: LayersModel): Promise<string[]> {
  const forward = fuseForward(model);
  const x = images(2, [16, 16, 3]);
  const { kernelNames } = await tf.profile(() => {
    const { value, grads } = tf.variableGrads(() => meanSquaredError(x, forward(x)), variablesOf(model));
    tf.dispose(grads);
    return value;
  });
  tf.dispose(x);
  model.dispose();
  return kernelNames;
}

test('adds a residual branch while its last layer runs, and its gradient while the gradient of its first layer is computed', async () => {
  const kernelNames = await kernelsOf(withBranch([16, 16, 3], { filters: 16, kernelSize: 4, strides: 2 }));
  expect(kernelNames).toContain('FusedConv2DTranspose');
  expect(kernelNames.filter((name) => name.startsWith('Add'))).toEqual([]);
});

test('runs fused: one kernel per group, forward and backward', async () => {
  const kernelNames = await kernelsOf(buildMirror(16, [4, 8], 9).build());
  expect(kernelNames).not.toContain('Conv2DBackpropInput');
  expect(kernelNames).not.toContain('MaxUnpool');
  expect(kernelNames).toEqual(
    expect.arrayContaining([
      'FusedConv2D',
      'FusedConv2DMaxPool',
      'FusedConv2DTranspose',
      'FusedConv2DMaxPoolGrad',
      'FusedDenseGrad',
    ]),
  );
});

describe('updates', () => {
  type Step = (variable: tf.Variable, gradient: tf.Tensor, states: tf.Variable[], step: number) => void;
  const rules: Array<[string, Step]> = [
    ['SGD', (variable, gradient) => sgdStep(variable, gradient, null, { learningRate: 0.1, weightDecay: 0.01 })],
    [
      'SGD with Nesterov momentum',
      (variable, gradient, [velocity], step) =>
        sgdStep(variable, gradient, velocity as tf.Variable, {
          learningRate: 0.1,
          momentum: 0.9,
          nesterov: true,
          step,
        }),
    ],
    [
      'Adam',
      (variable, gradient, [m, v], step) =>
        adamStep(variable, gradient, m as tf.Variable, v as tf.Variable, { learningRate: 0.01, step }),
    ],
  ];

  /** Trains for a few steps and returns the weights. */
  function train(rule: Step, fused: boolean): Float32Array[] {
    const model = buildMirror(16, [4, 8], 13).build();
    seedWeights(model);
    const forward = fused ? fuseForward(model) : (x: tf.Tensor) => model.apply(x) as tf.Tensor;
    const x = images(5, [16, 16, 3]);
    const variables = variablesOf(model);
    const states = variables.map((variable) => [0, 1].map(() => tf.tidy(() => tf.variable(tf.zerosLike(variable)))));
    for (let step = 1; step <= 4; step++) {
      const { value, grads } = tf.variableGrads(() => meanSquaredError(x, forward(x)), variables);
      for (const [index, variable] of variables.entries())
        rule(variable, grads[variable.name] as tf.Tensor, states[index] as tf.Variable[], step);
      tf.dispose([value, grads]);
    }
    const weights = variables.map((variable) => variable.dataSync() as Float32Array);
    tf.dispose([x, states]);
    model.dispose();
    return weights;
  }

  test.each(rules)('%s with gradients that are never stored', (_name, rule) => {
    const [fused, plain] = [train(rule, true), train(rule, false)];
    for (const [index, weights] of fused.entries())
      expect(relativeError(weights, plain[index] as Float32Array)).toBeLessThan(1e-4);
  });

  test('do not change clones and views of a variable', () => {
    const variable = tf.tidy(() => tf.variable(tf.ones([4])));
    const [clone, view] = [tf.clone(variable), tf.reshape(variable, [2, 2])];
    const gradient = tf.ones([4]);
    sgdStep(variable, gradient, null, { learningRate: 0.25 });
    expect(Array.from(variable.dataSync())).toEqual([0.75, 0.75, 0.75, 0.75]);
    expect(Array.from(clone.dataSync())).toEqual([1, 1, 1, 1]);
    expect(Array.from(view.dataSync())).toEqual([1, 1, 1, 1]);
    tf.dispose([variable, clone, view, gradient]);
  });

  test('keep a gradient readable after an update has used it', () => {
    const model = buildMirror(16, [4, 8], 13).build();
    const x = images(2, [16, 16, 3]);
    const forward = fuseForward(model);
    const variables = variablesOf(model);
    const { value, grads } = tf.variableGrads(() => meanSquaredError(x, forward(x)), variables);
    const plain = tf.variableGrads(() => meanSquaredError(x, model.apply(x) as tf.Tensor), variables);
    for (const variable of variables) sgdStep(variable, grads[variable.name] as tf.Tensor, null, { learningRate: 0.1 });
    for (const { name } of variables) {
      const [after, expected] = [grads[name] as tf.Tensor, plain.grads[name] as tf.Tensor];
      expect(relativeError(after.dataSync(), expected.dataSync()), name).toBeLessThan(TOLERANCE);
    }
    tf.dispose([x, value, grads, plain.value, plain.grads]);
    model.dispose();
  });
});

test('leaks no tensor and no memory', () => {
  const model = buildMirror(16, [4, 8], 13).build();
  const forward = fuseForward(model);
  const x = images(3, [16, 16, 3]);
  const variables = variablesOf(model);
  const step = () => {
    forward(x).dispose();
    const { value, grads } = tf.variableGrads(() => meanSquaredError(x, forward(x)), variables);
    for (const variable of variables) sgdStep(variable, grads[variable.name] as tf.Tensor, null, { learningRate: 0.1 });
    tf.dispose([value, grads]);
  };
  step();
  const before = { ...tf.memory(), heap: engine.backend.numDataIds() };
  for (let i = 0; i < 5; i++) step();
  expect({ ...tf.memory(), heap: engine.backend.numDataIds() }).toEqual(before);
  x.dispose();
  model.dispose();
});

test('accepts masks that no pooling produced: indices outside their windows, duplicates, out of range', () => {
  const network = new Sequential({ inputShape: [16, 16, 4] });
  network
    .add(conv2d({ filters: 4, kernelSize: 3 }))
    .add(maxPooling2d({ poolSize: 2 }))
    .add(maxUnpooling2d())
    .add(conv2dTranspose({ filters: 4, kernelSize: 3 }));
  const model = network.build();
  const filter = model.getWeights()[2] as tf.Tensor4D;
  const x = tf.tensor4d(randomValues(2 * 7 * 7 * 4, 3), [2, 7, 7, 4]);
  const wild = Int32Array.from({ length: x.size }, (_, i) => (i % 5 === 0 ? -1 : (i * 7919) % (14 * 14 * 4 + 3)));
  const indices = tf.tensor4d(wild, [2, 7, 7, 4], 'int32');
  const attrs = { strides: [1, 1], pad: 'valid', outputShape: [16, 16, 4], unpooledSize: [14, 14], relu: false };
  const run = (kernel: string, inputs: object, more: object) =>
    tf.engine().runKernel(kernel, inputs as tf.NamedTensorMap, { ...attrs, ...more } as tf.NamedAttrMap);
  const y = run('FusedConv2DTranspose', { x, filter, indices }, {}) as tf.Tensor;
  const unpooled = tf
    .engine()
    .runKernel('MaxUnpool', { values: x, indices }, { outputSize: [14, 14], distinct: false }) as tf.Tensor4D;
  const expected = tf.conv2dTranspose(unpooled, filter, [2, 16, 16, 4], 1, 'valid');
  expect(relativeError(y.dataSync(), expected.dataSync())).toBeLessThan(TOLERANCE);
  const [dx, dFilter] = run(
    'FusedConv2DTransposeGrad',
    { dy: y, x, filter, indices },
    { maskInput: false, deferInput: false, bias: false },
  ) as tf.Tensor[];
  const [dUnpooled, dFilterExpected] = tf.grads((u: tf.Tensor, f: tf.Tensor) =>
    tf.conv2dTranspose(u as tf.Tensor4D, f as tf.Tensor4D, [2, 16, 16, 4], 1, 'valid'),
  )([unpooled, filter], y);
  const dxExpected = tf.engine().runKernel('MaxUnpoolGrad', { dy: dUnpooled as tf.Tensor, indices }) as tf.Tensor;
  expect(relativeError((dx as tf.Tensor).dataSync(), dxExpected.dataSync())).toBeLessThan(TOLERANCE);
  expect(relativeError((dFilter as tf.Tensor).dataSync(), (dFilterExpected as tf.Tensor).dataSync())).toBeLessThan(
    TOLERANCE,
  );
  model.dispose();
});
