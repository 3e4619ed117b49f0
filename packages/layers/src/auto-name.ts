import type { layers } from '@tensorflow/tfjs-layers';

const kinds = new WeakMap<layers.Layer, string>();

/**
 * Remembers that a layer got no name from its caller, so that `Sequential` may number it within its own model.
 *
 * The names that tf.layers gives count through the whole process, so that the same model would be saved under other names
 * each time it is built.
 */
export function markAutoNamed<L extends layers.Layer>(layer: L, kind: string, args: { name?: string } = {}): L {
  if (args.name === undefined) kinds.set(layer, kind);
  return layer;
}

/** Returns the kind that {@link markAutoNamed} was given, until {@link keepName}. */
export function autoNameKind(layer: layers.Layer): string | undefined {
  return kinds.get(layer);
}

/** Settles a layer's name: from now on it is as if the caller had given it. */
export function keepName(layer: layers.Layer): void {
  kinds.delete(layer);
}
