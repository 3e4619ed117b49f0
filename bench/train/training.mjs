/** The training step that the benchmarks of the engines time. */
import { adamStep, fuseForward, meanSquaredError, sgdStep } from '@ae/layers';
import * as tf from '@tensorflow/tfjs-core';
import { networks } from './networks.mjs';

/** Makes a network with its optimizer and a batch of random images, on the active backend. */
export async function makeTraining(network, batch, optimizer) {
  const model = await networks[network]();
  const variables = model.trainableWeights.map((weight) => weight.read());
  const states = variables.map((variable) => [0, 1].map(() => tf.tidy(() => tf.variable(tf.zerosLike(variable)))));
  const images = tf.randomUniform([batch, ...model.inputs[0].shape.slice(1)], 0, 1, 'float32', 1);
  const forward = fuseForward(model);
  let steps = 0;

  function trainOnce() {
    const { value, grads } = tf.variableGrads(() => meanSquaredError(images, forward(images)), variables);
    steps++;
    for (const [index, variable] of variables.entries()) {
      const gradient = grads[variable.name];
      if (optimizer === 'sgd') sgdStep(variable, gradient, null, { learningRate: 0.01 });
      else adamStep(variable, gradient, ...states[index], { learningRate: 1e-3, step: steps });
    }
    tf.dispose(grads);
    const [loss] = value.dataSync();
    value.dispose();
    return loss;
  }

  function forwardOnce() {
    forward(images).dispose();
  }

  const frozen = model.nonTrainableWeights.map((weight) => weight.read());
  return { variables, frozen, images, trainOnce, forwardOnce };
}
