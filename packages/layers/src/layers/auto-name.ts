import type { layers } from '@tensorflow/tfjs-layers';

const kinds = new WeakMap<layers.Layer, string>();
const settled = new WeakSet<layers.Layer>();

/**
 * Records that a layer got no name from its caller, so that `Sequential` may number it within its own model.
 *
 * Names given by tf.layers are numbered across the whole process, so that the same model would be saved under different names each time it
 * is built.
 */
export function markAutoNamed<L extends layers.Layer>(layer: L, kind: string, args: { name?: string } = {}): L {
  if (args.name === undefined) kinds.set(layer, kind);
  return layer;
}

/** Returns the kind that {@link markAutoNamed} was given, or that of a name from tf.layers, until {@link keepName}. */
export function autoNameKind(layer: layers.Layer): string | undefined {
  const kind = kinds.get(layer) ?? stockKind(layer);
  return settled.has(layer) ? undefined : kind;
}

/** Returns the kind of a stock layer without its own name: `batch_normalization` for `batch_normalization_BatchNormalization3`. */
function stockKind(layer: layers.Layer): string | undefined {
  const className = layer.getClassName();
  // As tf.layers converts a class name to snake case.
  const kind = className
    .replace(/(.)([A-Z][a-z0-9]+)/g, '$1_$2')
    .replace(/([a-z])([A-Z])/g, '$1_$2')
    .toLowerCase();
  const start = `${kind}_${className}`;
  return layer.name.startsWith(start) && /^\d+$/.test(layer.name.slice(start.length)) ? kind : undefined;
}

/** Fixes a layer's name: from now on it counts as given by the caller. */
export function keepName(layer: layers.Layer): void {
  kinds.delete(layer);
  settled.add(layer);
}
