import * as tf from '@tensorflow/tfjs-core';
import type { NamedVariables } from '../named-variables';
import type { Place } from './place';

/**
 * Copies values to the variables of the same names and disposes of the values; returns warnings. Throws MODEL_INVALID if the two do not
 * match.
 */
export function fillWeights(variables: NamedVariables, values: tf.NamedTensorMap, place: Place): string[] {
  try {
    checkNames(variables, values, place.at('weightsManifest'));
    const warnings: string[] = [];
    for (const [name, variable] of Object.entries(variables)) {
      warnings.push(...warnOf(name, values[name]));
      variable.assign(values[name]);
    }
    return warnings;
  } finally {
    tf.dispose(Object.values(values));
  }
}

function checkNames(variables: NamedVariables, values: tf.NamedTensorMap, place: Place): void {
  for (const [name, { shape, dtype }] of Object.entries(variables)) {
    const value = Object.hasOwn(values, name) ? values[name] : undefined;
    if (value && tf.util.arraysEqual(value.shape, shape) && value.dtype === dtype) continue;
    const received = value ? `${value.dtype} of [${value.shape.join(', ')}]` : 'none';
    throw place.error(`expected the weight "${name}", ${dtype} of [${shape.join(', ')}], received ${received}`);
  }
  const stranger = Object.keys(values).find((name) => !Object.hasOwn(variables, name));
  if (stranger !== undefined) {
    throw place.error(
      `expected weights of the network's layers, received ${JSON.stringify(stranger)}, which no layer has`,
    );
  }
}

/** NaN weights turn every image black: worth a warning, although such a network may have its uses. */
function warnOf(name: string, value: tf.Tensor): string[] {
  let count = 0;
  for (const number of value.dataSync()) if (!Number.isFinite(number)) count++;
  if (count === 0) return [];
  return [`${count} of the ${value.size} weights of ${name} are NaN or infinite, so the network's results are useless`];
}
