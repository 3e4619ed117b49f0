/** Whatever a public function is given, it throws an error of this package with one sentence. */
import { testOddArguments } from '@ae/testing/odd-arguments';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, test } from 'vitest';
import { registerCpuKernels } from '../src/backends/cpu';
import * as ae from '../src/entries/index';

registerCpuKernels();
await tf.setBackend('cpu');
beforeAll(() => tf.setBackend('cpu'));

const images = tf.zeros<tf.Rank.R4>([1, 4, 4, 2]);
const pooled = ae.maxPoolWithArgmax(images, { poolSize: 2 });
const model = new ae.Sequential({ inputShape: [4, 4, 2] })
  .add(ae.conv2d({ filters: 2, kernelSize: 3, name: 'code' }))
  .add(ae.relu())
  .build();
const variable = tf.variable(tf.zeros([2]));
const sgd = { learningRate: 0.1, momentum: 0.9, dampening: 0, nesterov: false, weightDecay: 0, step: 1 };
const adam = { learningRate: 0.1, beta1: 0.9, beta2: 0.9, epsilon: 1e-8, weightDecay: 0, decoupled: false, step: 1 };
const conv = { filters: 2, kernelSize: 3, strides: 1, padding: 1, inChannels: 2, useBias: true };

testOddArguments(
  {
    'adamStep()': [ae.adamStep, variable, tf.zeros([2]), tf.variable(tf.zeros([2])), tf.variable(tf.zeros([2])), adam],
    'blockTransform2d()': [ae.blockTransform2d, { blockSize: 8, coefficients: 3 }],
    'conv2d()': [ae.conv2d, conv],
    'conv2dTranspose()': [ae.conv2dTranspose, conv],
    'flatten()': [ae.flatten, {}],
    'fuseForward()': [ae.fuseForward, model, { training: false }],
    'hasOwnInitializer()': [ae.hasOwnInitializer, model.layers[1], 'kernelInitializer'],
    'inverseBlockTransform2d()': [ae.inverseBlockTransform2d, { blockSize: 8, outputShape: [8, 8, 3] }],
    'inverseZonalCode()': [ae.inverseZonalCode, { zones: 16, values: 40, name: 'zones' }],
    'linear()': [ae.linear, { units: 2, inFeatures: 2, useBias: true }],
    'maxPoolWithArgmax()': [ae.maxPoolWithArgmax, images, { poolSize: 2, strides: 2, padding: 0 }],
    'maxPooling2d()': [ae.maxPooling2d, { poolSize: 2, strides: 2, padding: 0, name: undefined }],
    'maxUnpool()': [
      ae.maxUnpool,
      ...[pooled.values, pooled.indices, [4, 4], { mask: 'strict', distinctIndices: true }],
    ],
    'maxUnpooling2d()': [ae.maxUnpooling2d, { outputSize: [4, 4], mask: 'strict', distinctIndices: true }],
    'meanSquaredError()': [ae.meanSquaredError, images, images],
    'relu()': [ae.relu, {}],
    'reshape()': [ae.reshape, { targetShape: [2, null] }],
    'residual()': [ae.residual, [ae.relu()], { name: 'sum' }],
    'sgdStep()': [ae.sgdStep, variable, tf.zeros([2]), tf.variable(tf.zeros([2])), sgd],
    'splitModel()': [ae.splitModel, model, 'code'],
    'zonalCode()': [ae.zonalCode, { zones: 16, numbers: 4, name: 'zones' }],
    'new Sequential()': [(options: never) => new ae.Sequential(options), { inputShape: [2], name: 'chain' }],
    'sequential.add()': () => [(layer: never) => new ae.Sequential({ inputShape: [2] }).add(layer), ae.relu()],
  },
  ae.LayersError,
);

test('says what is expected', () => {
  expect(() => ae.conv2d(undefined as never)).toThrow(
    '[layers] conv2d: expected options such as { filters: 12, kernelSize: 3 }, received undefined.',
  );
  expect(() => ae.splitModel({} as never)).toThrow('[layers] splitModel: expected a model of tf.layers, received {}.');
  expect(() => ae.meanSquaredError(images, variable)).toThrow(
    '[layers] meanSquaredError: expected target and prediction as tensors of one shape, received 1x4x4x2 and 2.',
  );
  expect(() => ae.sgdStep(variable, tf.zeros([2]), null, { learningRate: Number.NaN })).toThrow(
    '[layers] sgdStep: expected learningRate as a finite number, received NaN.',
  );
});
