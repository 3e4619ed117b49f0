import { hasOwnInitializer } from '@ae/layers';
import type { layers } from '@tensorflow/tfjs-layers';
import { VariationalCode } from './variational-code';

type Layer = layers.Layer;

const convolutions = [
  ...['Conv1D', 'Conv2D', 'Conv3D', 'Conv2DTranspose', 'Conv3DTranspose', 'DepthwiseConv2D', 'SeparableConv2D'],
];

/** The indices in `getWeights()` of a layer's weights that an initialization scheme may draw. */
export interface DrawnWeights {
  readonly kernels: readonly number[];
  /** Biases. */
  readonly others: readonly number[];
}

/**
 * Returns what a scheme may draw for a layer: kernels and biases of convolutions and linear layers, except biases with their own
 * initializers. All other layers initialize themselves.
 */
export function drawnWeights(layer: Layer): DrawnWeights {
  const kind = layer.getClassName();
  if (layer instanceof VariationalCode && !layer.mapped) return { kernels: [], others: [] };
  if (![...convolutions, 'Dense', VariationalCode.className].includes(kind)) return { kernels: [], others: [] };
  const names = layer.weights.map(({ originalName }) => originalName.toLowerCase());
  const indices = names.map((_, i) => i);
  return {
    kernels: indices.filter((i) => names[i].endsWith('kernel')),
    others: hasOwnInitializer(layer, 'biasInitializer') ? [] : indices.filter((i) => names[i].endsWith('bias')),
  };
}

/** Tells whether a layer was given kernels or initializers for them, which it must keep. */
export function hasOwnKernels(layer: Layer): boolean {
  const { initialWeights } = layer as unknown as { initialWeights?: unknown };
  const options = ['kernelInitializer', 'depthwiseInitializer', 'pointwiseInitializer'];
  return Boolean(initialWeights) || options.some((option) => hasOwnInitializer(layer, option));
}
