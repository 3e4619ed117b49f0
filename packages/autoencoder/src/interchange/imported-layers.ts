/** Networks from other programs, as lists of layers and values of their weights. */
import type { Residual } from '@ae/layers';
import * as tf from '@tensorflow/tfjs-core';
import type { layers } from '@tensorflow/tfjs-layers';
import { Autoencoder } from '../autoencoder/autoencoder';
import type { PixelFormat } from '../data/pixels';
import type { ImageShape } from '../data/samples';
import { type Weight, weightName } from './weights';

/** A layer, and its weights by their own names: `kernel`, `bias`. */
export interface ImportedLayer {
  readonly layer: layers.Layer;
  readonly weights?: Readonly<Record<string, Weight>>;
}

/** Builds a network from layers and gives it their weights. Throws SHAPE_MISMATCH and other errors of layers that do not fit together. */
export async function networkOf(
  imported: readonly ImportedLayer[],
  inputShape: ImageShape,
  pixels: Partial<PixelFormat>,
): Promise<Autoencoder> {
  const list: (layers.Layer | Residual)[] = imported.map(({ layer }) => layer);
  const autoencoder = new Autoencoder({ layers: list, inputShape, pixels });
  await autoencoder.initialize({ draw: false });
  for (const { layer, weights = {} } of imported) {
    for (const variable of layer.weights) {
      const weight = weights[weightName(variable)];
      if (weight) assignValues(variable, weight.values);
    }
  }
  return asLoaded(autoencoder);
}

/** Sets the values of a layer's variable. */
export function assignValues(variable: layers.Layer['weights'][number], values: Float32Array): void {
  const target = variable.read() as tf.Variable;
  const tensor = tf.tensor(values, target.shape);
  target.assign(tensor);
  tensor.dispose();
}

/** Turns a network into a loaded one: its weights come from a file, and no seed reproduces them. Disposes of the original. */
export async function asLoaded(autoencoder: Autoencoder): Promise<Autoencoder> {
  let kept: tf.io.ModelArtifacts = {};
  const keep = async (artifacts: tf.io.ModelArtifacts): Promise<tf.io.SaveResult> => {
    kept = artifacts;
    return { modelArtifactsInfo: { dateSaved: new Date(), modelTopologyType: 'JSON' } };
  };
  try {
    await autoencoder.save({ save: keep as tf.io.SaveHandler });
  } finally {
    autoencoder.dispose();
  }
  return Autoencoder.load({ load: async () => kept });
}
