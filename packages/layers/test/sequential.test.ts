import * as tf from '@tensorflow/tfjs-core';
import { input, layers, model } from '@tensorflow/tfjs-layers';
import { beforeAll, describe, expect, it } from 'vitest';
import { registerCpuKernels } from '../src/backends/cpu';
import {
  conv2d,
  flatten,
  GraphError,
  linear,
  MaskError,
  maxPooling2d,
  maxUnpooling2d,
  relu,
  reshape,
  Sequential,
  ShapeError,
} from '../src/entries/index';
import { addBlogListing, buildMirror } from './networks';

beforeAll(async () => {
  registerCpuKernels();
  await tf.setBackend('cpu');
});

const shapesOf = (network: Sequential) => network.steps.map(({ outputShape }) => outputShape.join('x'));

describe('Sequential', () => {
  it('infers the sizes of the mirror network', () => {
    const network = buildMirror();
    expect(shapesOf(network)).toEqual([
      ...['62x62x12', '62x62x12', '60x60x12', '60x60x12', '30x30x12', '28x28x24', '28x28x24', '14x14x24'],
      ...['4704', '1568', '4704', '14x14x24'],
      ...['28x28x24', '30x30x12', '30x30x12', '60x60x12', '62x62x12', '62x62x12', '64x64x3'],
    ]);
    expect(network.outputShape).toEqual([64, 64, 3]);
  });

  it('infers sizes before it creates any tensor', () => {
    const before = tf.memory().numTensors;
    buildMirror();
    expect(tf.memory().numTensors).toBe(before);
  });

  it('numbers its layers within the model, so names are the same each time', () => {
    const names = () => buildMirror().steps.map(({ layer }) => layer.name);
    expect(names()).toEqual(names());
    expect(names().slice(0, 5)).toEqual(['conv2d_1', 'relu_1', 'conv2d_2', 'relu_2', 'max_pooling2d_1']);
  });

  it('ties each unpooling to the last pooling that is not tied yet', () => {
    const ties = buildMirror().steps.flatMap(({ layer, pool }) => (pool ? [[layer.name, pool.name]] : []));
    expect(ties).toEqual([
      ['max_unpooling2d_1', 'max_pooling2d_2'],
      ['max_unpooling2d_2', 'max_pooling2d_1'],
    ]);
  });

  it('ties an unpooling to the pooling it is given, as a layer or by name', () => {
    const build = (byName: boolean) => {
      const first = maxPooling2d({ poolSize: 2, name: 'first' });
      return new Sequential({ inputShape: [8, 8, 1] })
        .add(first)
        .add(maxUnpooling2d())
        .add(maxPooling2d({ poolSize: 2, name: 'second' }))
        .add(maxUnpooling2d({ pool: byName ? 'first' : first }));
    };
    expect(build(false).steps[3].pool?.name).toBe('first');
    expect(build(true).steps[3].pool?.name).toBe('first');
  });

  it('keeps the name of a layer that already has weights, because they are saved under it', () => {
    const shared = linear({ units: 4 });
    new Sequential({ inputShape: [4] }).add(relu()).add(shared).build();
    const { name } = shared;
    new Sequential({ inputShape: [4] }).add(linear({ units: 4, name: 'first' })).add(shared);
    expect(shared.name).toBe(name);
    const twin = linear({ units: 4 });
    twin.apply(tf.ones([1, 4]));
    const given = twin.name;
    new Sequential({ inputShape: [4] }).add(twin);
    expect(twin.name).toBe(given);
  });

  it('restores odd sizes', () => {
    const network = new Sequential({ inputShape: [7, 9, 2] }).add(maxPooling2d({ poolSize: 2 })).add(maxUnpooling2d());
    expect(shapesOf(network)).toEqual(['3x4x2', '7x9x2']);
  });

  it('builds an ordinary model that computes what its layers do', () => {
    const network = new Sequential({ inputShape: [3, 3, 1] })
      .add(maxPooling2d({ poolSize: 2, strides: 1 }))
      .add(maxUnpooling2d());
    const built = network.build();
    const x = tf.tensor4d([1, 2, 3, 4, 9, 5, 6, 7, 8], [1, 3, 3, 1]);
    const y = built.predict(x) as tf.Tensor;
    expect([...y.dataSync()]).toEqual([0, 0, 0, 0, 9, 0, 0, 0, 0]);
    expect(network.build()).toBe(built);
  });
});

describe('Sequential errors', () => {
  const error = (action: () => unknown) => {
    try {
      action();
    } catch (caught) {
      return caught as Error & { code: string };
    }
    throw new Error('expected an error');
  };

  it("refuses the blog post's listing at the layer, with its shape and the mask's", () => {
    const network = new Sequential({ inputShape: [64, 64, 3] });
    const caught = error(() => addBlogListing(network));
    expect(caught).toBeInstanceOf(MaskError);
    expect(caught.message).toBe(
      '[layers] layer "max_unpooling2d_1": expected an input of 14x14x24, the shape of the mask of its pool "pool_layer2", ' +
        'received 12x12x12; change the layers in between, or pass the pool it undoes.',
    );
  });

  const cases: [string, string, () => unknown, RegExp][] = [
    [
      'a linear layer on images',
      'SHAPE_MISMATCH',
      () => new Sequential({ inputShape: [4, 4, 2] }).add(linear({ units: 3 })),
      /layer "linear_1": expected an input of 1 dimension without the batch, received 4x4x2; add flatten\(\) before it/,
    ],
    [
      'a convolution on a vector',
      'SHAPE_MISMATCH',
      () => new Sequential({ inputShape: [9] }).add(conv2d({ filters: 1, kernelSize: 3 })),
      /layer "conv2d_1": expected an input of 3 dimensions without the batch, received 9; add reshape/,
    ],
    [
      'a stock convolution on a vector',
      'SHAPE_MISMATCH',
      () => new Sequential({ inputShape: [9] }).add(layers.conv2d({ filters: 1, kernelSize: 3, name: 'stock' })),
      /layer "stock": expected an input of 3 dimensions/,
    ],
    [
      'a kernel larger than the image',
      'SHAPE_MISMATCH',
      () => new Sequential({ inputShape: [4, 2, 1] }).add(conv2d({ filters: 1, kernelSize: 3 })),
      /layer "conv2d_1": expected an input large enough for its kernel, received 4x2x1/,
    ],
    [
      'wrong channels given by hand',
      'SHAPE_MISMATCH',
      () => new Sequential({ inputShape: [8, 8, 3] }).add(conv2d({ inChannels: 1, filters: 1, kernelSize: 3 })),
      /layer "conv2d_1": expected an input of 1 channels, received 8x8x3/,
    ],
    [
      'wrong features given by hand',
      'SHAPE_MISMATCH',
      () => new Sequential({ inputShape: [8] }).add(linear({ inFeatures: 9, units: 1 })),
      /layer "linear_1": expected an input of 9 features, received 8/,
    ],
    [
      'a reshape to another size',
      'SHAPE_MISMATCH',
      () => new Sequential({ inputShape: [4, 4, 2] }).add(flatten()).add(reshape({ targetShape: [4, 4, 3] })),
      /layer "reshape_1": expected an input that can be reshaped to 4x4x3, received 32, which has 32 elements/,
    ],
    [
      'a pool larger than the image',
      'SHAPE_MISMATCH',
      () => new Sequential({ inputShape: [2, 2, 1] }).add(maxPooling2d({ poolSize: 3 })),
      /layer "max_pooling2d_1": expected an input of at least 3x3 with its padding, received 2x2/,
    ],
    [
      'an unpooling without a pool',
      'INVALID_GRAPH',
      () => new Sequential({ inputShape: [2, 2, 1] }).add(maxUnpooling2d()),
      /layer "max_unpooling2d_1": there is no pool before it; add maxPooling2d/,
    ],
    [
      'more unpoolings than pools',
      'INVALID_GRAPH',
      () =>
        new Sequential({ inputShape: [4, 4, 1] })
          .add(maxPooling2d({ poolSize: 2 }))
          .add(maxUnpooling2d())
          .add(maxUnpooling2d()),
      /layer "max_unpooling2d_2": all pools before it are already tied; /,
    ],
    [
      'a pool that comes later or never',
      'INVALID_GRAPH',
      () =>
        new Sequential({ inputShape: [4, 4, 1] })
          .add(maxPooling2d({ poolSize: 2 }))
          .add(maxUnpooling2d({ pool: 'other' })),
      /its pool "other" is not among the layers before it; the pools there: "max_pooling2d_1"/,
    ],
    [
      'an output size that is not the input of the pool',
      'MASK_MISMATCH',
      () =>
        new Sequential({ inputShape: [5, 5, 1] })
          .add(maxPooling2d({ poolSize: 2 }))
          .add(maxUnpooling2d({ outputSize: [4, 4] })),
      /layer "max_unpooling2d_1": expected the outputSize 5x5, which is the input of its pool "max_pooling2d_1", received 4x4/,
    ],
    [
      'a layer added twice',
      'INVALID_GRAPH',
      () => {
        const layer = relu();
        new Sequential({ inputShape: [4] }).add(layer).add(layer);
      },
      /layer "relu_1": it is already in the model/,
    ],
    [
      'a name used twice',
      'INVALID_GRAPH',
      () => new Sequential({ inputShape: [4] }).add(relu({ name: 'a' })).add(relu({ name: 'a' })),
      /layer "a": the model already has a layer of this name/,
    ],
    [
      'what is no layer',
      'INVALID_OPTION',
      () => new Sequential({ inputShape: [4] }).add(undefined as unknown as layers.Layer),
      /expected a layer of tf.layers or of this package, received undefined/,
    ],
    [
      'a name that tf.layers would refuse later',
      'INVALID_OPTION',
      () => new Sequential({ inputShape: [4] }).add(relu({ name: 'my relu' })),
      /expected a layer's name of letters, digits .* received "my relu"/,
    ],
    [
      'an empty model',
      'INVALID_GRAPH',
      () => new Sequential({ inputShape: [4] }).build(),
      /it has no layers yet; add one before build\(\)/,
    ],
    [
      'a shape that is none',
      'INVALID_OPTION',
      () => new Sequential({ inputShape: [64, 0, 3] }),
      /expected inputShape as integers of at least 1, such as \[64, 64, 3\], received \[64,0,3\]/,
    ],
  ];
  it.each(cases)('%s', (_, code, action, message) => {
    const caught = error(action);
    expect(caught.message).toMatch(message);
    expect(caught.code).toBe(code);
  });

  it('leaves the chain unchanged', () => {
    const network = new Sequential({ inputShape: [4, 4, 1] });
    expect(() => network.add(linear({ units: 3 }))).toThrow(ShapeError);
    expect(() => network.add(maxUnpooling2d())).toThrow(GraphError);
    const again = linear({ units: 3 });
    expect(() => network.add(again)).toThrow(ShapeError);
    network
      .add(flatten())
      .add(linear({ units: 3 }))
      .add(again);
    expect(network.steps.map(({ layer }) => layer.name)).toEqual(['flatten_1', 'linear_1', 'linear_2']);
  });

  it('refuses layers after build()', () => {
    const network = new Sequential({ inputShape: [4] }).add(relu());
    network.build();
    expect(() => network.add(relu())).toThrow(/the model is already built/);
  });
});

describe('split', () => {
  const image = () => tf.randomUniform([2, 16, 16, 3], 0, 1, 'float32', 7) as tf.Tensor4D;

  it('returns an encoder and a decoder that together equal the model', () => {
    const network = buildMirror(16, [4, 6], 10);
    const built = network.build();
    const { encoder, decoder, codeLayerName, poolNames } = network.split();
    expect(codeLayerName).toBe('linear_1');
    expect(poolNames).toEqual(['max_pooling2d_1', 'max_pooling2d_2']);
    const x = image();
    const [code, ...masks] = encoder.predict(x) as tf.Tensor[];
    expect(code.shape).toEqual([2, 10]);
    expect(masks.map(({ shape, dtype }) => [shape, dtype])).toEqual([
      [[2, 6, 6, 4], 'int32'],
      [[2, 2, 2, 6], 'int32'],
    ]);
    const y = decoder.predict([code, ...masks]) as tf.Tensor;
    expect([...y.dataSync()]).toEqual([...(built.predict(x) as tf.Tensor).dataSync()]);
  });

  it('takes the first of the smallest layers as the code', () => {
    const network = new Sequential({ inputShape: [4] })
      .add(linear({ units: 2, name: 'first' }))
      .add(relu({ name: 'second' }))
      .add(linear({ units: 4 }));
    expect(network.split().codeLayerName).toBe('first');
    expect(network.split('second').codeLayerName).toBe('second');
  });

  it('shares the weights', () => {
    const network = buildMirror(16, [4, 6], 10);
    const built = network.build();
    const before = tf.memory().numTensors;
    const { encoder, decoder } = network.split();
    expect(tf.memory().numTensors).toBe(before);
    expect(encoder.weights.length + decoder.weights.length).toBe(built.weights.length);
    built.weights[0].write(tf.zerosLike(built.weights[0].read()));
    expect(tf.max(tf.abs(encoder.weights[0].read())).dataSync()[0]).toBe(0);
  });

  it('frees everything once the model and both parts are disposed', () => {
    const before = tf.memory().numTensors;
    const network = buildMirror(16, [4, 6], 10);
    const { encoder, decoder } = network.split();
    const built = network.build();
    for (const part of [built, encoder, decoder]) part.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  it('splits at any layer, including between convolutions', () => {
    const network = buildMirror(16, [4, 6], 10);
    const expected = network.build().predict(image()) as tf.Tensor;
    for (const { layer } of network.steps.slice(0, -1)) {
      const { encoder, decoder } = network.split(layer.name);
      const y = decoder.predict(encoder.predict(image())) as tf.Tensor;
      expect([...y.dataSync()], layer.name).toEqual([...expected.dataSync()]);
    }
  });

  it('lists the layers if the code layer is not one of them', () => {
    const network = new Sequential({ inputShape: [4] }).add(relu()).add(linear({ units: 4 }));
    expect(() => network.split('code')).toThrow(
      '[layers] splitModel: expected the name of a layer before the last, received "code"; the layers are "relu_1".',
    );
    expect(() => network.split('linear_1')).toThrow(/before the last/);
  });

  it('refuses a model whose decoder needs more than the code and the masks', async () => {
    const { splitModel } = await import('../src/entries/index');
    const x = input({ shape: [4] });
    const skip = layers.reLU({ name: 'skip' }).apply(x) as typeof x;
    const code = layers.dense({ units: 2, name: 'code' }).apply(skip) as typeof x;
    const up = layers.dense({ units: 4 }).apply(code) as typeof x;
    const sum = layers.add().apply([up, skip]) as typeof x;
    expect(() => splitModel(model({ inputs: x, outputs: sum }))).toThrow(
      /needs more than the code and pooling masks: the output of layer "skip"/,
    );
  });
});

describe('stock layers', () => {
  it('get the same names each time, skipping those that callers gave', () => {
    const names = () => {
      const network = new Sequential({ inputShape: [4] });
      network
        .add(layers.dense({ units: 4, name: 'dense_1' }))
        .add(layers.dense({ units: 4 }))
        .add(layers.prelu());
      return network.steps.map(({ layer }) => layer.name);
    };
    expect(names()).toEqual(['dense_1', 'dense_2', 'p_re_lu_1']);
    expect(names()).toEqual(names());
  });

  it('are refused with options that tf.layers does not implement', () => {
    const layer = layers.dense({ units: 4, name: 'code', activityRegularizer: 'l1l2' });
    const add = () => new Sequential({ inputShape: [4] }).add(layer);
    expect(add).toThrow(/layer "code": tf.layers does not implement activityRegularizer/);
  });
});
