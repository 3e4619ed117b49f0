import type * as tf from '@tensorflow/tfjs-core';
import { runShader } from './program';

/** The stock webgl backend multiplies x by 0 or 1, which turns -Infinity into NaN. Processes four elements at once, like its own kernel. */
const code = `
float relu(float x) { return x < 0.0 ? 0.0 : x; }
void main() {
  vec4 x = getXAtOutCoords();
  setOutput(vec4(relu(x.r), relu(x.g), relu(x.b), relu(x.a)));
}`;

export const relu: tf.KernelFunc = ({ inputs, backend }) => {
  const { x } = inputs as { x: tf.TensorInfo };
  return runShader(backend, { shape: x.shape, inputs: { x }, dtype: x.dtype, constants: {}, code, packed: true });
};
