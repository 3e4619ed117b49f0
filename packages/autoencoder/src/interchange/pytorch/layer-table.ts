/** The conversion of each kind of layer. */
import { checkLayout, unsupported } from '../layer-config';
import {
  activated,
  convertActivation,
  convertDropout,
  convertElu,
  convertLeakyRelu,
  convertNoise,
  convertRelu,
  convertThreshold,
} from './activations';
import { convertBlocks, convertInverseBlocks } from './blocks';
import { type Conversion, type Converted, type Converter, likeInput } from './conversion';
import { convertConvolution, convertDepthwise, convertSeparable, convertTransposed } from './convolutions';
import { convertGlobalPool, convertPlainPool, convertUnpooling } from './pooling';
import { asHere, channelsFirst, float, type PythonValue, tuple } from './python-value';
import { convertCropping, convertPadding, convertPermutation, convertReshape } from './shapes';
import { convertDense, convertNormalization, convertPRelu, convertVariationalCode } from './weighted-layers';
import { convertInverseZones, convertZones } from './zones';

/** By class name. */
const converters: Readonly<Record<string, Converter>> = {
  Conv2D: convertConvolution,
  Conv2DTranspose: convertTransposed,
  DepthwiseConv2D: convertDepthwise,
  SeparableConv2D: convertSeparable,
  Dense: convertDense,
  VariationalCode: convertVariationalCode,
  BatchNormalization: convertNormalization,
  Activation: convertActivation,
  ReLU: convertRelu,
  LeakyReLU: convertLeakyRelu,
  ELU: convertElu,
  PReLU: convertPRelu,
  ThresholdedReLU: convertThreshold,
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
  GlobalAveragePooling2D: convertGlobalPool,
  GlobalMaxPooling2D: convertGlobalPool,
  UpSampling2D: convertUpSampling,
  Add: convertSum,
  Average: (conversion) => merged(conversion, (values) => `(${values.join(' + ')}) / ${float(values.length)}`),
  Multiply: (conversion) => merged(conversion, (values) => values.join(' * ')),
  Maximum: (conversion) => merged(conversion, (values) => nested('torch.maximum', values)),
  Minimum: (conversion) => merged(conversion, (values) => nested('torch.minimum', values)),
  Concatenate: convertConcatenation,
  Dropout: convertDropout,
  AlphaDropout: convertDropout,
  GaussianNoise: convertNoise,
  GaussianDropout: convertNoise,
  InputLayer: (conversion) => likeInput(conversion, conversion.inputs[0].text),
};

/** Converts a layer to an expression. Throws INVALID_OPTION for a layer without an equivalent in PyTorch. */
export function convertLayer(conversion: Conversion): Converted {
  const kind = conversion.layer.getClassName();
  if (Object.hasOwn(converters, kind)) return converters[kind](conversion);
  throw unsupported(
    conversion,
    'cannot be exported to PyTorch',
    `use others; known are ${Object.keys(converters).join(', ')}`,
  );
}

function convertSoftmax(conversion: Conversion): Converted {
  const { config, inputShape, inputs } = conversion;
  const { axis = -1 } = config;
  if (axis !== -1 && axis !== inputShape.length) {
    throw unsupported(conversion, `works along axis ${axis}`, 'choose the last one');
  }
  const like = likeInput(conversion, inputs[0].text);
  return activated({ ...conversion, config: { ...config, activation: 'softmax' } }, like);
}

function convertUpSampling(conversion: Conversion): Converted {
  const { writer, inputs, config } = conversion;
  checkLayout(conversion);
  const image = channelsFirst(inputs[0]);
  if (config.interpolation !== 'bilinear') {
    return { text: `F.interpolate(${image}, scale_factor=${tuple(config.size.map(float))}, mode="nearest")` };
  }
  const enlarge = writer.call('enlarge');
  const [rows, columns] = config.size;
  return { text: `${enlarge}(${enlarge}(${image}, 2, ${rows}), 3, ${columns})` };
}

/** If images may have any size, a branch may extend farther to the right and bottom than what it is added to. */
function convertSum(conversion: Conversion): Converted {
  const { writer, anySize } = conversion;
  return merged(conversion, ([first, ...others]) => {
    const cut = others.map((each) => (anySize ? `${writer.call('cut_like')}(${each}, ${first})` : each));
    return [first, ...cut].join(' + ');
  });
}

function nested(name: string, values: readonly string[]): string {
  return values.reduce((first, second) => `${name}(${first}, ${second})`);
}

/** Joins values, all in the same order. */
function merged({ inputs }: Conversion, write: (values: readonly string[]) => string): Converted {
  const [first, ...others] = inputs;
  if (first.shape.length === 3) return { text: write(inputs.map(channelsFirst)) };
  const isAlike = others.every(({ flatOf }) => String(flatOf) === String(first.flatOf));
  if (isAlike) return { text: write(inputs.map(({ text }) => text)), flatOf: first.flatOf };
  return { text: write(inputs.map(asHere)) };
}

function convertConcatenation({ inputs, config, inputShape }: Conversion): Converted {
  const { axis = -1 } = config;
  const position = axis < 0 ? axis + inputShape.length : axis - 1;
  const isImage = inputShape.length === 3;
  const order: (value: PythonValue) => string = isImage ? channelsFirst : asHere;
  const place = isImage ? [2, 3, 1][position] : position + 1;
  return { text: `torch.cat([${inputs.map(order).join(', ')}], ${place})` };
}
