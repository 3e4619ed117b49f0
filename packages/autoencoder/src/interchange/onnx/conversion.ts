import type { layers, SymbolicTensor } from '@tensorflow/tfjs-layers';
import { AutoencoderError } from '../../errors';
import type { LayerWeights } from '../weights';
import type { OnnxGraph } from './onnx-graph';

/** How max-unpooling is written: as the operator MaxUnpool, or with operators that every runtime has. */
export type UnpoolingForm = 'lowered' | 'operator';

/**
 * One application of a layer that is to become operators. Values of images are `[N, C, H, W]` in the graph and `[N, H, W, C]` here; shapes
 * are without the batch, as here.
 */
export interface Conversion {
  readonly graph: OnnxGraph;
  readonly layer: layers.Layer;
  readonly config: LayerConfig;
  readonly weights: LayerWeights;
  /** Names of what goes in. */
  readonly inputs: readonly string[];
  readonly sources: readonly SymbolicTensor[];
  readonly inputShape: readonly number[];
  readonly outputShape: readonly number[];
  /** Whether height and width may be others than those of the shapes. */
  readonly anySize: boolean;
  readonly unpooling: UnpoolingForm;
  /** Whether what comes out beside the first output is of use. */
  readonly needsMask: boolean;
}

/** The fields of layers' configurations that are looked at. */
export interface LayerConfig {
  readonly activation?: string;
  readonly alpha?: number;
  readonly axis?: number;
  readonly blockSize: readonly [number, number];
  readonly cropping: readonly [readonly [number, number], readonly [number, number]];
  readonly dataFormat?: string;
  readonly dilationRate?: number | readonly number[];
  readonly epsilon?: number;
  readonly interpolation?: string;
  readonly kernelSize: readonly number[];
  readonly maxValue?: number;
  readonly padding: 'valid' | 'same' | readonly [readonly [number, number], readonly [number, number]];
  readonly poolSize: readonly number[];
  readonly size: readonly number[];
  readonly strides: readonly number[];
  readonly theta?: number;
}

/** Makes the error for a layer that the other runtime has no form of. */
export function unsupported({ layer }: Pick<Conversion, 'layer'>, what: string, todo: string): AutoencoderError {
  return new AutoencoderError('INVALID_OPTION', {
    where: `layer "${layer.name}"`,
    state: `layer "${layer.name}" (${layer.getClassName()}) ${what}`,
    todo,
  });
}
