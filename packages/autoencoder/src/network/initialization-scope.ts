import { hasOwnInitializer } from '@ae/layers';
import type { layers } from '@tensorflow/tfjs-layers';
import { VariationalCode } from './variational-code';

type Layer = layers.Layer;

const convolutions = [
  ...['Conv1D', 'Conv2D', 'Conv3D', 'Conv2DTranspose', 'Conv3DTranspose', 'DepthwiseConv2D', 'SeparableConv2D'],
];

/** Which of a layer's weights a scheme of first weights may draw, by their indices in `getWeights()`. */
export interface DrawnWeights {
  readonly kernels: readonly number[];
  /** Biases. */
  readonly others: readonly number[];
}

/**
 * Returns what of a layer is a scheme's to draw: kernels and biases of convolutions and linear layers, but for a bias whose
 * initializer was given. All other layers know best how to begin.
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

/** Says whether a layer was given kernels, or initializers for them, and is to keep all that they make. */
export function hasOwnKernels(layer: Layer): boolean {
  const { initialWeights } = layer as unknown as { initialWeights?: unknown };
  const options = ['kernelInitializer', 'depthwiseInitializer', 'pointwiseInitializer'];
  return Boolean(initialWeights) || options.some((option) => hasOwnInitializer(layer, option));
}
