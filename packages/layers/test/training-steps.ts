import * as tf from '@tensorflow/tfjs-core';
import { readGolden, toTensor } from './golden/read';
import { buildMirror } from './networks';

/** Trains the network of network.json for three steps of SGD on the current backend; the same on every backend, up to rounding. */
export async function trainAFewSteps(): Promise<{ losses: number[]; weights: number[] }> {
  const golden = readGolden('network');
  const model = buildMirror(16, [4, 6], 10).build();
  tf.tidy(() => model.setWeights(golden.weights.map((weight) => toTensor(weight))));
  const x = toTensor(golden.x);
  const optimizer = tf.train.sgd(0.05);
  const losses: number[] = [];
  for (let step = 0; step < 3; step++) {
    const loss = optimizer.minimize(
      () => tf.losses.meanSquaredError(x, model.apply(x, { training: true }) as tf.Tensor) as tf.Scalar,
      true,
    );
    losses.push((await loss?.data())?.[0] ?? Number.NaN);
    loss?.dispose();
  }
  const data = await Promise.all(model.getWeights().map((weight) => weight.data()));
  const weights = data.flatMap((values) => Array.from(values));
  tf.dispose([x]);
  optimizer.dispose();
  model.dispose();
  return { losses, weights };
}
