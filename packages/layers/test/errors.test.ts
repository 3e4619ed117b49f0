import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { registerCpuKernels } from '../src/backends/cpu';
import {
  LayersError,
  linear,
  MissingKernelError,
  maxPoolWithArgmax,
  maxUnpool,
  Sequential,
} from '../src/entries/index';

beforeAll(async () => {
  registerCpuKernels();
  await tf.setBackend('cpu');
});

const image = () => tf.zeros<tf.Rank.R4>([1, 4, 6, 2]);
const values = () => tf.zeros<tf.Rank.R4>([1, 2, 3, 2]);
const mask = (...shape: number[]) => tf.zeros<tf.Rank.R4>(shape as [number, number, number, number], 'int32');

const errorOf = (action: () => unknown): LayersError => {
  try {
    action();
  } catch (error) {
    if (error instanceof LayersError) return error;
    throw error;
  }
  throw new Error('expected an error');
};

describe('maxPoolWithArgmax refuses', () => {
  const cases: [string, string, () => unknown, string][] = [
    [
      'another rank',
      'SHAPE_MISMATCH',
      () => maxPoolWithArgmax(tf.zeros([4, 6, 2]) as unknown as tf.Tensor4D, { poolSize: 2 }),
      'expected x as a tensor of shape [N, H, W, C], received shape 4x6x2.',
    ],
    [
      'what is no tensor',
      'SHAPE_MISMATCH',
      () => maxPoolWithArgmax([1] as unknown as tf.Tensor4D, { poolSize: 2 }),
      'expected x as a tensor of shape [N, H, W, C], received object.',
    ],
    [
      'another dtype',
      'DTYPE_MISMATCH',
      () => maxPoolWithArgmax(mask(1, 4, 6, 2), { poolSize: 2 }),
      'expected x as float32, received int32; cast it first.',
    ],
    [
      'no options',
      'INVALID_OPTION',
      () => maxPoolWithArgmax(image(), undefined as never),
      'expected options such as { poolSize: 2 }, received undefined.',
    ],
    [
      'a window of 0',
      'INVALID_OPTION',
      () => maxPoolWithArgmax(image(), { poolSize: 0 }),
      'expected poolSize as an integer of at least 1 or a pair of them, received 0.',
    ],
    [
      'three window sizes',
      'INVALID_OPTION',
      () => maxPoolWithArgmax(image(), { poolSize: [2, 2, 2] as unknown as number }),
      'expected poolSize as an integer of at least 1 or a pair of them, received [2,2,2].',
    ],
    [
      'a fractional stride',
      'INVALID_OPTION',
      () => maxPoolWithArgmax(image(), { poolSize: 2, strides: [1, 1.5] }),
      'expected strides as an integer of at least 1 or a pair of them, received [1,1.5].',
    ],
    [
      'an unknown padding',
      'INVALID_OPTION',
      () => maxPoolWithArgmax(image(), { poolSize: 2, padding: 'full' as 'same' }),
      "expected padding as 'valid', 'same', an integer of at least 0 or [[top, bottom], [left, right]], received \"full\".",
    ],
    [
      'padding as large as the window',
      'INVALID_OPTION',
      () =>
        maxPoolWithArgmax(image(), {
          poolSize: 2,
          padding: [
            [0, 0],
            [0, 2],
          ],
        }),
      'expected every padding to be smaller than the window of 2x2, received [[0,0],[0,2]]; a window must not lie wholly in the padding.',
    ],
    [
      'a window larger than the image',
      'SHAPE_MISMATCH',
      () => maxPoolWithArgmax(image(), { poolSize: [5, 2] }),
      'expected an input of at least 5x2 with its padding, received 4x6.',
    ],
  ];
  it.each(cases)('%s', (_, code, action, message) => {
    expect(errorOf(action)).toMatchObject({ code, message: `[layers] maxPoolWithArgmax: ${message}` });
  });
});

describe('maxUnpool refuses', () => {
  const mismatch = (received: string) =>
    `expected a mask of the same shape as the values, received values 1x2x3x2 and a mask of ${received}; ` +
    'check that the mask belongs to the pool that this unpooling undoes.';
  const cases: [string, string, () => unknown, string][] = [
    [
      'a mask of another batch',
      'MASK_MISMATCH',
      () => maxUnpool(values(), mask(2, 2, 3, 2), [4, 6]),
      mismatch('2x2x3x2'),
    ],
    [
      'a mask of another height',
      'MASK_MISMATCH',
      () => maxUnpool(values(), mask(1, 3, 3, 2), [4, 6]),
      mismatch('1x3x3x2'),
    ],
    [
      'a mask of another width',
      'MASK_MISMATCH',
      () => maxUnpool(values(), mask(1, 2, 2, 2), [4, 6]),
      mismatch('1x2x2x2'),
    ],
    [
      'a mask of more channels',
      'MASK_MISMATCH',
      () => maxUnpool(values(), mask(1, 2, 3, 4), [4, 6]),
      mismatch('1x2x3x4'),
    ],
    [
      'a mask of fewer channels, also in torch7 mode',
      'MASK_MISMATCH',
      () => maxUnpool(values(), mask(1, 2, 3, 1), [4, 6], { mask: 'torch7' }),
      'expected a mask of the shape of, or more channels than, the values, received values 1x2x3x2 and a mask of 1x2x3x1; ' +
        'check that the mask belongs to the pool that this unpooling undoes.',
    ],
    [
      'a mask of another height in torch7 mode',
      'MASK_MISMATCH',
      () => maxUnpool(values(), mask(1, 4, 3, 2), [4, 6], { mask: 'torch7' }),
      'expected a mask of the shape of, or more channels than, the values, received values 1x2x3x2 and a mask of 1x4x3x2; ' +
        'check that the mask belongs to the pool that this unpooling undoes.',
    ],
    [
      'a float mask',
      'DTYPE_MISMATCH',
      () => maxUnpool(values(), values(), [4, 6]),
      'expected indices as int32, received float32; cast it first.',
    ],
    [
      'int32 values',
      'DTYPE_MISMATCH',
      () => maxUnpool(mask(1, 2, 3, 2), mask(1, 2, 3, 2), [4, 6]),
      'expected values as float32, received int32; cast it first.',
    ],
    [
      'a size that is none',
      'INVALID_OPTION',
      () => maxUnpool(values(), mask(1, 2, 3, 2), [4, 0]),
      'expected outputSize as [height, width], integers of at least 1, received [4,0].',
    ],
    [
      'an unknown mode',
      'INVALID_OPTION',
      () => maxUnpool(values(), mask(1, 2, 3, 2), [4, 6], { mask: 'loose' as 'strict' }),
      "expected mask as 'strict' or 'torch7', received \"loose\".",
    ],
  ];
  it.each(cases)('%s', (_, code, action, message) => {
    expect(errorOf(action)).toMatchObject({ code, message: `[layers] maxUnpool: ${message}` });
  });
});

describe('backends', () => {
  afterAll(() => tf.setBackend('cpu'));

  it('registers once: a second call is harmless and silent', () => {
    const warn = vi.spyOn(console, 'warn');
    registerCpuKernels();
    expect(warn).not.toHaveBeenCalled();
    warn.mockRestore();
  });

  it.each([
    ['webgl', ' yet; call registerWebglKernels() of @ae/layers/backends/webgl first.'],
    ['bare', '; install @tensorflow/tfjs-backend-wasm and call await initWasm() of @ae/layers/backends/wasm first.'],
  ])('says what to call on the backend %s without the kernels', async (backend, rest) => {
    tf.registerBackend(backend, () => new tf.KernelBackend());
    const tensor = image();
    expect(await tf.setBackend(backend)).toBe(true);
    const error = errorOf(() => maxPoolWithArgmax(tensor, { poolSize: 2 }));
    await tf.setBackend('cpu');
    expect(error).toBeInstanceOf(MissingKernelError);
    expect(error.message).toBe(
      `[layers] maxPoolWithArgmax: the backend "${backend}" has no kernels of @ae/layers${rest}`,
    );
  });

  it('says which backend to install if there is none', () => {
    const { registryFactory } = tf.engine();
    const network = new Sequential({ inputShape: [2] }).add(linear({ units: 1 }));
    tf.engine().registryFactory = {};
    const error = errorOf(() => network.build());
    tf.engine().registryFactory = registryFactory;
    expect(error).toBeInstanceOf(MissingKernelError);
    expect(error.message).toBe(
      '[layers] Sequential: TensorFlow.js has no backend yet; ' +
        'install @tensorflow/tfjs-backend-wasm and call await initWasm() of @ae/layers/backends/wasm first.',
    );
  });
});
