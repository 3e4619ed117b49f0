import * as tf from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';

/** A model's variables by names that stay the same from process to process, such as 'conv1/kernel'. */
export type NamedVariables = Readonly<Record<string, tf.Variable>>;

/** Returns all weights of a model. */
export function weightsOf(model: LayersModel): NamedVariables {
  return named(model.weights);
}

/** Returns the weights of a model that training changes. */
export function trainableWeightsOf(model: LayersModel): NamedVariables {
  return named(model.trainableWeights);
}

/** Returns the weights of a model that its layers change themselves while it trains, such as moving statistics. */
export function statisticsOf(model: LayersModel): NamedVariables {
  return named(model.nonTrainableWeights);
}

/** Returns the weights of a model that change while it trains, in whatever way: not those of layers that are left as they are. */
export function changingWeightsOf(model: LayersModel): NamedVariables {
  const changing = model.layers.filter(
    (layer) => layer.trainableWeights.length > 0 || layer.getClassName() === 'BatchNormalization',
  );
  const variables = new Set(changing.flatMap(({ weights }) => weights.map((weight) => weight.read())));
  return Object.fromEntries(Object.entries(weightsOf(model)).filter(([, variable]) => variables.has(variable)));
}

function named(weights: LayersModel['weights']): NamedVariables {
  // tfjs makes `name` unique among all models of a process by a number; `originalName` lacks it.
  const variables: Record<string, tf.Variable> = {};
  for (const weight of weights) {
    let name = weight.originalName;
    // Layers within layers may share a name.
    for (let n = 2; name in variables; n++) name = `${weight.originalName}_${n}`;
    variables[name] = weight.read() as tf.Variable;
  }
  return variables;
}

/** Makes variables of the same values, which the caller disposes of. */
export function copyOf(variables: NamedVariables): NamedVariables {
  // A new variable shares the values of the old one until either is written to.
  const copies = Object.entries(variables).map(([name, variable]) => [name, tf.variable(variable, false)] as const);
  return Object.fromEntries(copies);
}

/** Gives `targets` the values that `sources` of the same names have. */
export function assignAll(targets: NamedVariables, sources: Readonly<Record<string, tf.Tensor>>): void {
  for (const [name, target] of Object.entries(targets)) target.assign(sources[name]);
}

/** Gradients by the names of the variables; whoever holds them disposes of them. */
export type Gradients = Readonly<Record<string, tf.Tensor>>;
