/** The conversion of each kind of layer. */
import { MaxPooling2D } from '@ae/layers';
import { checkLayout, unsupported } from '../layer-config';
import { activated } from './activations';
import { convertBlocks, convertInverseBlocks } from './blocks';
import type { Conversion } from './conversion';
import { convertBatchNormalization, convertLayerNormalization } from './normalization';
import { convertGlobalPool, convertPlainPool, convertPool, convertUnpooling } from './pooling';
import { convertCropping, convertPadding, convertPermutation, convertReshape, cutLike } from './shapes';
import {
  convertConvolution,
  convertDense,
  convertDepthwise,
  convertPRelu,
  convertSeparable,
  convertTransposed,
} from './weighted-layers';
import { convertInverseZones, convertZones } from './zones';

type Converter = (conversion: Conversion) => string;

/** By class name. Layers that act only in training do nothing here. */
const converters: Readonly<Record<string, Converter>> = {
  Conv2D: convertConvolution,
  Conv2DTranspose: convertTransposed,
  DepthwiseConv2D: convertDepthwise,
  SeparableConv2D: convertSeparable,
  Dense: convertDense,
  // The mean: the input itself, if nothing maps it.
  VariationalCode: (conversion) => (conversion.weights.kernel ? convertDense(conversion) : conversion.inputs[0]),
  BatchNormalization: convertBatchNormalization,
  LayerNormalization: convertLayerNormalization,
  Activation: (conversion) => activated(conversion, conversion.inputs[0]),
  ReLU: convertRelu,
  LeakyReLU: ({ graph, inputs, config }) => graph.add('LeakyRelu', inputs, { alpha: { float: config.alpha ?? 0.3 } }),
  ELU: ({ graph, inputs, config }) => graph.add('Elu', inputs, { alpha: { float: config.alpha ?? 1 } }),
  PReLU: convertPRelu,
  ThresholdedReLU: ({ graph, inputs, config }) =>
    graph.add('ThresholdedRelu', inputs, { alpha: { float: config.theta ?? 1 } }),
  Softmax: convertSoftmax,
  Flatten: convertReshape,
  Reshape: convertReshape,
  Permute: convertPermutation,
  ZeroPadding2D: convertPadding,
  Cropping2D: convertCropping,
  BlockTransform2D: convertBlocks,
  InverseBlockTransform2D: convertInverseBlocks,
  ZonalCode: convertZones,
  InverseZonalCode: convertInverseZones,
  MaxUnpooling2D: convertUnpooling,
  MaxPooling2D: convertPlainPool,
  AveragePooling2D: convertPlainPool,
  GlobalAveragePooling2D: (conversion) => convertGlobalPool(conversion, 'GlobalAveragePool'),
  GlobalMaxPooling2D: (conversion) => convertGlobalPool(conversion, 'GlobalMaxPool'),
  UpSampling2D: convertUpSampling,
  Add: convertSum,
  Average: (conversion) => {
    const { graph, inputs } = conversion;
    return graph.add('Div', [convertSum(conversion), graph.number(inputs.length)]);
  },
  Maximum: ({ graph, inputs }) => graph.add('Max', inputs),
  Minimum: ({ graph, inputs }) => graph.add('Min', inputs),
  Multiply: ({ graph, inputs }) => inputs.reduce((product, input) => graph.add('Mul', [product, input])),
  Concatenate: convertConcatenation,
  Dropout: ({ inputs }) => inputs[0],
  GaussianNoise: ({ inputs }) => inputs[0],
  GaussianDropout: ({ inputs }) => inputs[0],
  AlphaDropout: ({ inputs }) => inputs[0],
  InputLayer: ({ inputs }) => inputs[0],
};

/** Adds the operators of a layer and returns the names of its outputs. Throws INVALID_OPTION for a layer without an equivalent in ONNX. */
export function convertLayer(conversion: Conversion, outputs: readonly Conversion['sources'][number][]): string[] {
  const { layer } = conversion;
  conversion.graph.scope = layer.name;
  if (layer instanceof MaxPooling2D) return convertPool(conversion, outputs[1]);
  const name = layer.getClassName();
  if (Object.hasOwn(converters, name)) return [converters[name](conversion)];
  throw unsupported(
    conversion,
    'cannot be exported to ONNX',
    `use others; known are ${Object.keys(converters).join(', ')}`,
  );
}

function convertRelu({ graph, inputs, config }: Conversion): string {
  const { maxValue } = config;
  if (maxValue === undefined || maxValue === null) return graph.add('Relu', inputs);
  return graph.add('Clip', [inputs[0], graph.number(0), graph.number(maxValue)]);
}

function convertSoftmax(conversion: Conversion): string {
  const { config, inputShape, inputs } = conversion;
  const { axis = -1 } = config;
  if (axis !== -1 && axis !== inputShape.length) {
    throw unsupported(conversion, `works along axis ${axis}`, 'choose the last one');
  }
  return activated({ ...conversion, config: { ...config, activation: 'softmax' } }, inputs[0]);
}

function convertUpSampling(conversion: Conversion): string {
  const { graph, inputs, config } = conversion;
  checkLayout(conversion);
  const scales = graph.weight('scales', { shape: [4], values: Float32Array.of(1, 1, ...config.size) });
  const mode = config.interpolation === 'bilinear' ? 'linear' : 'nearest';
  return graph.add('Resize', [inputs[0], '', scales], {
    mode,
    coordinate_transformation_mode: 'asymmetric',
    nearest_mode: 'floor',
  });
}

/** If images may have any size, a branch may extend farther to the right and bottom than what it is added to. */
function convertSum({ graph, inputs, anySize }: Conversion): string {
  return inputs.reduce((sum, input) => graph.add('Add', [sum, anySize ? cutLike(graph, input, sum) : input]));
}

function convertConcatenation(conversion: Conversion): string {
  const { graph, inputs, config, inputShape } = conversion;
  const { axis = -1 } = config;
  const position = axis < 0 ? axis + inputShape.length : axis - 1;
  const inGraph = inputShape.length === 3 ? [2, 3, 1][position] : position + 1;
  return graph.add('Concat', inputs, { axis: inGraph });
}
