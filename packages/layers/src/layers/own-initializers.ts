import { initializers, type layers } from '@tensorflow/tfjs-layers';

/** The initializers given to this package's factories, by option. */
const given = new WeakMap<layers.Layer, ReadonlySet<string>>();

/** Records which initializers were given to a factory; a layer itself cannot tell them from defaults. */
export function markInitializers<L extends layers.Layer>(layer: L, args: object): L {
  const entries = Object.entries(args).filter(([key, value]) => key.endsWith('Initializer') && value !== undefined);
  given.set(layer, new Set(entries.map(([key]) => key)));
  return layer;
}

/**
 * Tells whether a layer was given its own initializer for a weight, so that nothing else should initialize it.
 *
 * Stock layers do not record what they were given: for them, it is any initializer other than the default of their class.
 *
 * @param option `kernelInitializer`, `biasInitializer`, `depthwiseInitializer` or `pointwiseInitializer`.
 */
export function hasOwnInitializer(layer: layers.Layer, option: string): boolean {
  const known = given.get(layer);
  if (known) return known.has(option);
  const initializer = (layer as unknown as Record<string, Initializer | undefined> | undefined)?.[option];
  if (!initializer) return false;
  const defaults = option === 'biasInitializer' ? [initializers.zeros()] : stockKernels;
  return !defaults.some((other) => describe(other) === describe(initializer));
}

type Initializer = ReturnType<typeof initializers.zeros>;

/** The default initializers of tf.layers's convolutions and dense layers: Keras's glorotUniform, and its normal form. */
const stockKernels = [initializers.glorotNormal({}), initializers.glorotUniform({})];

function describe(initializer: Initializer): string {
  // Some write "no seed" as null, others as undefined.
  const config = Object.entries(initializer.getConfig()).filter(([, value]) => value !== null && value !== undefined);
  return JSON.stringify([initializer.getClassName(), Object.fromEntries(config.sort())]);
}
