import { initializers, type layers } from '@tensorflow/tfjs-layers';

/** The initializers that callers of this package's factories gave, by their options. */
const given = new WeakMap<layers.Layer, ReadonlySet<string>>();

/** Remembers which initializers a caller of a factory gave; a layer itself can't tell them from defaults. */
export function markInitializers<L extends layers.Layer>(layer: L, args: object): L {
  const entries = Object.entries(args).filter(([key, value]) => key.endsWith('Initializer') && value !== undefined);
  given.set(layer, new Set(entries.map(([key]) => key)));
  return layer;
}

/**
 * Says whether a layer was given an initializer of its own for a weight, so that nobody else should draw it.
 *
 * Stock layers don't remember what they were given: there it is any initializer other than the default of its class.
 *
 * @param option `kernelInitializer`, `biasInitializer`, `depthwiseInitializer` or `pointwiseInitializer`.
 */
export function hasOwnInitializer(layer: layers.Layer, option: string): boolean {
  const known = given.get(layer);
  if (known) return known.has(option);
  const initializer = (layer as unknown as Record<string, Initializer | undefined>)[option];
  if (!initializer) return false;
  const defaults = option === 'biasInitializer' ? [initializers.zeros()] : stockKernels;
  return !defaults.some((other) => describe(other) === describe(initializer));
}

type Initializer = ReturnType<typeof initializers.zeros>;

/** What tf.layers' convolutions and dense layers begin with: Keras' glorotUniform, and the normal form of it. */
const stockKernels = [initializers.glorotNormal({}), initializers.glorotUniform({})];

function describe(initializer: Initializer): string {
  // Some write "no seed" as null, others as undefined.
  const config = Object.entries(initializer.getConfig()).filter(([, value]) => value !== null && value !== undefined);
  return JSON.stringify([initializer.getClassName(), Object.fromEntries(config.sort())]);
}
