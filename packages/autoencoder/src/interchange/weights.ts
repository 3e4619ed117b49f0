import type { layers } from '@tensorflow/tfjs-layers';

/** A weight with its values at hand. */
export interface Weight {
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

/** The weights of a layer by their own names: `kernel`, `bias`. */
export type LayerWeights = Readonly<Record<string, Weight>>;

/** Reads the weights of a layer. */
export async function readWeights(layer: layers.Layer): Promise<LayerWeights> {
  const entries: [string, Weight][] = [];
  for (const weight of layer.weights) {
    const values = (await weight.read().data()) as Float32Array;
    entries.push([weightName(weight), { shape: weight.shape as number[], values }]);
  }
  return Object.fromEntries(entries);
}

/** Returns the name of a weight within its layer. */
export function weightName({ originalName }: layers.Layer['weights'][number]): string {
  return originalName.slice(originalName.lastIndexOf('/') + 1);
}

/** Permutes the axes of a weight: axis i of the result is axis `order[i]` of the weight. */
export function permuted({ shape, values }: Weight, order: readonly number[]): Weight {
  const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((product, size) => product * size, 1));
  const sizes = order.map((axis) => shape[axis]);
  const steps = order.map((axis) => strides[axis]);
  const result = new Float32Array(values.length);
  const position = sizes.map(() => 0);
  let from = 0;
  for (let to = 0; to < result.length; to++) {
    result[to] = values[from];
    for (let axis = sizes.length - 1; axis >= 0; axis--) {
      from += steps[axis];
      if (++position[axis] < sizes[axis]) break;
      from -= steps[axis] * sizes[axis];
      position[axis] = 0;
    }
  }
  return { shape: sizes, values: result };
}

/** Gives a weight another shape of the same size. */
export function reshaped({ values }: Weight, shape: readonly number[]): Weight {
  return { shape, values };
}
