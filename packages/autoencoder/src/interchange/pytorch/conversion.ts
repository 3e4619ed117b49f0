import type { layers, SymbolicTensor } from '@tensorflow/tfjs-layers';
import type { LayerConfig } from '../layer-config';
import type { ModuleWriter } from './module-writer';
import type { PythonValue } from './python-value';
import type { LayerVariable } from './torch-tensors';

/** One application of a layer that is to be converted to a Python expression. Shapes exclude the batch, as here. */
export interface Conversion {
  readonly writer: ModuleWriter;
  readonly layer: layers.Layer;
  /** The layer's name in Python. */
  readonly name: string;
  readonly config: LayerConfig;
  /** The layer's variables by their own names: `kernel`, `bias`. */
  readonly variables: Readonly<Record<string, LayerVariable>>;
  readonly inputs: readonly PythonValue[];
  readonly sources: readonly SymbolicTensor[];
  readonly inputShape: readonly number[];
  readonly outputShape: readonly number[];
  /** Whether height and width may differ from those of the shapes. */
  readonly anySize: boolean;
  /** The image that a vector is reshaped to later, whose order it should preferably have. */
  readonly wantedImage?: readonly number[];
}

/** An expression, the order of its values, and its shape if it is not that of the layer's output. */
export type Converted = Pick<PythonValue, 'text' | 'last' | 'flatOf'> & Partial<Pick<PythonValue, 'shape'>>;

export type Converter = (conversion: Conversion) => Converted;

/** Keeps the order of the input. */
export function likeInput({ inputs }: Conversion, text: string): Converted {
  const [{ last, flatOf }] = inputs;
  return { text, last, flatOf };
}
