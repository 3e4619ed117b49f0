import * as tf from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';

/** A model's variables by names that are the same in every process, such as 'conv1/kernel'. */
export type NamedVariables = Readonly<Record<string, tf.Variable>>;

/** Returns all weights of a model. */
export function weightsOf(model: LayersModel): NamedVariables {
  return named(model.weights);
}

/** Returns the weights of a model that training changes. */
export function trainableWeightsOf(model: LayersModel): NamedVariables {
  return named(model.trainableWeights);
}

/** Returns the weights of a model that its layers update themselves during training, such as moving statistics. */
export function statisticsOf(model: LayersModel): NamedVariables {
  return named(model.nonTrainableWeights);
}

/** Returns the weights of a model that change during training in any way: not those of frozen layers. */
export function changingWeightsOf(model: LayersModel): NamedVariables {
  const changing = model.layers.filter(
    (layer) => layer.trainableWeights.length > 0 || layer.getClassName() === 'BatchNormalization',
  );
  const variables = new Set(changing.flatMap(({ weights }) => weights.map((weight) => weight.read())));
  return Object.fromEntries(Object.entries(weightsOf(model)).filter(([, variable]) => variables.has(variable)));
}

function named(weights: LayersModel['weights']): NamedVariables {
  // TensorFlow.js makes `name` unique among all models of a process by a number; `originalName` lacks it.
  const variables: Record<string, tf.Variable> = {};
  for (const weight of weights) {
    let name = weight.originalName;
    // Nested layers may share a name.
    for (let n = 2; name in variables; n++) name = `${weight.originalName}_${n}`;
    variables[name] = weight.read() as tf.Variable;
  }
  return variables;
}

/** Makes copies of variables, which the caller disposes of. */
export function copyOf(variables: NamedVariables): NamedVariables {
  // A new variable shares the values of the old one until either is written to.
  const copies = Object.entries(variables).map(([name, variable]) => [name, tf.variable(variable, false)] as const);
  return Object.fromEntries(copies);
}

/** Copies the values of `sources` to the `targets` of the same names. */
export function assignAll(targets: NamedVariables, sources: Readonly<Record<string, tf.Tensor>>): void {
  for (const [name, target] of Object.entries(targets)) target.assign(sources[name]);
}

/** Gradients by variable names; their owner disposes of them. */
export type Gradients = Readonly<Record<string, tf.Tensor>>;
