import { initializers, layers, type Shape } from '@tensorflow/tfjs-layers';

type Layer = layers.Layer;

/** What tf.layers' classes call, from within, to make a weight. */
interface WeightMaker {
  addWeight?(name: string, shape: Shape, dtype: unknown, initializer: unknown, ...rest: unknown[]): unknown;
}

/**
 * Calls `onWeight` before a layer, or one inside it, makes a weight, and has it made of zeros: drawing values that are replaced at once
 * takes long where they are many or orthogonal. Returns what ends this.
 */
export function watchWeights(layer: Layer, onWeight: (name: string, shape: number[]) => void): () => void {
  const watched = [...layersIn(layer, new Set())] as unknown as WeightMaker[];
  for (const each of watched) {
    const { addWeight } = Object.getPrototypeOf(each) as Required<WeightMaker>;
    each.addWeight = (name, shape, dtype, _initializer, ...rest) => {
      onWeight(name, shape as number[]);
      return addWeight.call(each, name, shape, dtype, initializers.zeros(), ...rest.slice(0, 3));
    };
  }
  return () => {
    for (const each of watched) delete each.addWeight;
  };
}

/** A layer and those it wraps, such as the cell of a recurrent one. */
function layersIn(layer: Layer, found: Set<Layer>): Set<Layer> {
  if (found.has(layer)) return found;
  found.add(layer);
  for (const value of Object.values(layer)) {
    for (const inner of [value].flat()) if (inner instanceof layers.Layer) layersIn(inner, found);
  }
  return found;
}
