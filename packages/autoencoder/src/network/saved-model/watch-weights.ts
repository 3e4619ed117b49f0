import { initializers, layers, type Shape } from '@tensorflow/tfjs-layers';

type Layer = layers.Layer;

/** The method that classes of tf.layers call to create a weight. */
interface WeightMaker {
  addWeight?(name: string, shape: Shape, dtype: unknown, initializer: unknown, ...rest: unknown[]): unknown;
}

/**
 * Calls `onWeight` before a layer, or a nested one, creates a weight, and initializes it with zeros: drawing values that are replaced
 * immediately takes long if they are many or orthogonal. Returns a function that ends this.
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
