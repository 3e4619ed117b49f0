import * as tf from '@tensorflow/tfjs-core';
import { describe, it } from 'vitest';
import { type ConvolutionCase, readGolden, toTensor } from '../golden/read';
import { expectTensor } from './expect-tensor';

/** The goldens are exact in float32; this leaves room for algorithms that aren't, such as Winograd's. */
const tolerance = 1e-6;

/** The stock ops that training an autoencoder needs, and their gradients, against PyTorch. */
export function describeTrainingKernels({ emptyBatches = true } = {}): void {
  const { matMuls, sums, additions, relu, ...golden } = readGolden('kernels');
  const convolutions = golden.convolutions.filter(({ x }) => emptyBatches || x.shape[0] > 0);

  describe('convolution', () => {
    const convolve = ({ transpose, strides, padding, y }: ConvolutionCase, x: tf.Tensor4D, kernel: tf.Tensor4D) =>
      transpose
        ? tf.conv2dTranspose(x, kernel, y.shape as [number, number, number, number], strides, padding)
        : tf.conv2d(x, kernel, strides, padding);

    it.each(convolutions.map((golden) => [golden.name, golden] as const))('PyTorch: %s', async (_, golden) => {
      const inputs = [golden.x, golden.kernel, golden.bias].map((tensor) => toTensor(tensor));
      const f = (x: tf.Tensor, kernel: tf.Tensor, bias: tf.Tensor) =>
        tf.add(convolve(golden, x as tf.Tensor4D, kernel as tf.Tensor4D), bias);
      await expectTensor(f(inputs[0], inputs[1], inputs[2]), golden.y, { tolerance, name: 'output' });
      const [dx, dkernel, dbias] = tf.grads(f)(inputs, toTensor(golden.dy));
      await expectTensor(dx, golden.dx, { tolerance, name: 'gradient of x' });
      await expectTensor(dkernel, golden.dkernel, { tolerance, name: 'gradient of the kernel' });
      await expectTensor(dbias, golden.dbias, { tolerance, name: 'gradient of the bias' });
    });

    const stock = convolutions.filter(({ transpose }) => !transpose);
    it.each(stock.map((golden) => [golden.name, golden] as const))(
      'PyTorch: fused with bias: %s',
      async (_, golden) => {
        const inputs = [golden.x, golden.kernel, golden.bias].map((tensor) => toTensor(tensor));
        const f = (x: tf.Tensor, filter: tf.Tensor, bias: tf.Tensor) =>
          tf.fused.conv2d({
            x: x as tf.Tensor4D,
            filter: filter as tf.Tensor4D,
            bias,
            strides: golden.strides,
            pad: golden.padding,
            activation: 'linear',
          });
        await expectTensor(f(inputs[0], inputs[1], inputs[2]), golden.y, { tolerance, name: 'output' });
        const [dx, dkernel, dbias] = tf.grads(f)(inputs, toTensor(golden.dy));
        await expectTensor(dx, golden.dx, { tolerance, name: 'gradient of x' });
        await expectTensor(dkernel, golden.dkernel, { tolerance, name: 'gradient of the kernel' });
        await expectTensor(dbias, golden.dbias, { tolerance, name: 'gradient of the bias' });
      },
    );
  });

  describe('matMul', () => {
    const flip = (tensor: tf.Tensor, transposed: boolean) => (transposed ? tf.transpose(tensor) : tf.clone(tensor));
    const modes = [false, true].flatMap((left) => [false, true].map((right) => [left, right] as const));
    const cases = matMuls.flatMap((golden) =>
      modes.map(([left, right]) => [golden.name, left, right, golden] as const),
    );

    it.each(cases)('PyTorch: %s, transposed: %s, %s', async (_, left, right, golden) => {
      const a = flip(toTensor(golden.a), left) as tf.Tensor2D;
      const b = flip(toTensor(golden.b), right) as tf.Tensor2D;
      const f = (x: tf.Tensor, y: tf.Tensor) => tf.matMul(x, y, left, right);
      await expectTensor(f(a, b), golden.y, { tolerance, name: 'output' });
      const [da, db] = tf.grads(f)([a, b], toTensor(golden.dy));
      await expectTensor(flip(da, left), golden.da, { tolerance, name: 'gradient of a' });
      await expectTensor(flip(db, right), golden.db, { tolerance, name: 'gradient of b' });
    });
  });

  it.each(sums.map((sum) => [sum.x.shape, sum.axes, sum.keepDims, sum] as const))(
    'PyTorch: sum of %j over %j, dimensions kept: %s',
    async (_, axes, keepDims, { x, y }) => {
      await expectTensor(tf.sum(toTensor(x), [...axes], keepDims), y);
    },
  );

  it.each(additions.map((addition) => [addition.a.shape, addition.b.shape, addition] as const))(
    'PyTorch: addition of %j and %j',
    async (_a, _b, golden) => {
      const inputs = [toTensor(golden.a), toTensor(golden.b)];
      const add = (a: tf.Tensor, b: tf.Tensor) => tf.add(a, b);
      await expectTensor(add(inputs[0], inputs[1]), golden.y);
      const [da, db] = tf.grads(add)(inputs, toTensor(golden.dy));
      await expectTensor(da, golden.da, { name: 'gradient of a' });
      await expectTensor(db, golden.db, { name: 'gradient of b' });
    },
  );

  it('PyTorch: relu, with 0 and infinities', async () => {
    const x = toTensor(relu.x);
    await expectTensor(tf.relu(x), relu.y, { name: 'output' });
    await expectTensor(tf.grad((v) => tf.relu(v))(x, toTensor(relu.dy)), relu.dx, { name: 'gradient' });
  });
}
