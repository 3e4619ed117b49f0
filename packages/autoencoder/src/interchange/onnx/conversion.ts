import type { layers, SymbolicTensor } from '@tensorflow/tfjs-layers';
import type { LayerConfig } from '../layer-config';
import type { LayerWeights } from '../weights';
import type { OnnxGraph } from './onnx-graph';

/** How max-unpooling is written: as the operator MaxUnpool, or with operators that every runtime has. */
export type UnpoolingForm = 'lowered' | 'operator';

/**
 * One application of a layer that is to be converted to operators. Image values are `[N, C, H, W]` in the graph and `[N, H, W, C]` here;
 * shapes exclude the batch, as here.
 */
export interface Conversion {
  readonly graph: OnnxGraph;
  readonly layer: layers.Layer;
  readonly config: LayerConfig;
  readonly weights: LayerWeights;
  /** Names of its inputs. */
  readonly inputs: readonly string[];
  readonly sources: readonly SymbolicTensor[];
  readonly inputShape: readonly number[];
  readonly outputShape: readonly number[];
  /** Whether height and width may differ from those of the shapes. */
  readonly anySize: boolean;
  readonly unpooling: UnpoolingForm;
  /** Whether the outputs after the first are used. */
  readonly needsMask: boolean;
}
