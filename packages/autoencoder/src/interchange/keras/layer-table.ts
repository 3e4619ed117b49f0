/** The equivalents of layers in Keras 3: the class, and the fields of its configuration by their names there. */
import { MaxPooling2D } from '@ae/layers';
import type { layers } from '@tensorflow/tfjs-layers';
import { VariationalCode } from '../../network/variational-code';
import { type LayerConfig, unsupported } from '../layer-config';
import type { Step } from '../network-plan';

/** A layer as Keras describes it. */
export interface KerasLayer {
  readonly className: string;
  readonly config: Readonly<Record<string, unknown>>;
  /** Names of its weights here, in the order in which Keras numbers them, if it differs from that of the layer. */
  readonly weights?: readonly string[];
}

const convolution = ['filters', 'kernelSize', 'strides', 'padding', 'dilationRate', 'activation', 'useBias'];
const pool = ['poolSize', 'strides', 'padding'];

/** By class name, which is the same in Keras: the fields that are the same, too. */
const sameFields: Readonly<Record<string, readonly string[]>> = {
  Conv2D: convolution,
  Conv2DTranspose: ['filters', 'kernelSize', 'strides', 'padding', 'activation', 'useBias'],
  DepthwiseConv2D: ['kernelSize', 'strides', 'padding', 'dilationRate', 'depthMultiplier', 'activation', 'useBias'],
  SeparableConv2D: [...convolution, 'depthMultiplier'],
  Dense: ['units', 'activation', 'useBias'],
  BatchNormalization: ['axis', 'momentum', 'epsilon', 'center', 'scale'],
  Activation: ['activation'],
  ReLU: ['maxValue'],
  LeakyReLU: [],
  ELU: ['alpha'],
  PReLU: ['sharedAxes'],
  Softmax: ['axis'],
  Flatten: [],
  Reshape: ['targetShape'],
  Permute: ['dims'],
  ZeroPadding2D: ['padding'],
  Cropping2D: ['cropping'],
  MaxPooling2D: pool,
  AveragePooling2D: pool,
  GlobalAveragePooling2D: [],
  GlobalMaxPooling2D: [],
  UpSampling2D: ['size', 'interpolation'],
  Add: [],
  Average: [],
  Multiply: [],
  Maximum: [],
  Minimum: [],
  Concatenate: ['axis'],
  Dropout: ['rate'],
  AlphaDropout: ['rate'],
  GaussianNoise: ['stddev'],
  GaussianDropout: ['rate'],
};

/** Activations that Keras 3 defines differently or lacks. */
const otherActivations = ['hardSigmoid', 'gelu_new'];

/** Describes a layer for Keras. Throws INVALID_OPTION for one without an equivalent, naming it. */
export function kerasLayer({ layer, outputs }: Step, needsMask: boolean): KerasLayer {
  const config = layer.getConfig() as unknown as LayerConfig & Record<string, unknown>;
  const common = { trainable: layer.trainable };
  if (layer instanceof VariationalCode && layer.mapped) {
    // Without sampling, it is the mean.
    const fields = { units: layer.units, activation: 'linear', use_bias: true };
    return { className: 'Dense', config: { ...common, ...fields }, weights: ['kernel', 'bias'] };
  }
  if (layer instanceof MaxPooling2D) return { className: 'MaxPooling2D', config: poolFields(layer, needsMask) };
  const className = layer.getClassName();
  if (!Object.hasOwn(sameFields, className)) {
    const todo = `use others; known are ${Object.keys(sameFields).join(', ')}`;
    throw unsupported({ layer }, 'has no counterpart in Keras', todo);
  }
  checkMeaning(layer, config, outputs.length);
  const fields = sameFields[className].filter((field) => config[field] !== undefined);
  const own = Object.fromEntries(fields.map((field) => [snakeCase(field), inKeras(field, config[field])]));
  const slope = className === 'LeakyReLU' ? { negative_slope: config.alpha ?? 0.3 } : {};
  return { className, config: { ...common, ...own, ...slope } };
}

function poolFields(layer: MaxPooling2D, needsMask: boolean): KerasLayer['config'] {
  const { poolSize, strides, padding } = layer.options;
  if (needsMask)
    throw unsupported({ layer }, 'has a mask, which Keras does not have', 'use layers without max-unpooling');
  if (typeof padding !== 'string') {
    throw unsupported({ layer }, 'pads each side differently', "choose padding 'valid' or 'same'");
  }
  return { pool_size: poolSize, strides, padding };
}

/** Refuses layers that have the same name in Keras 3 but compute something else. */
function checkMeaning(
  layer: layers.Layer,
  { activation, interpolation, dataFormat }: LayerConfig,
  outputs: number,
): void {
  if (activation !== undefined && otherActivations.includes(activation)) {
    throw unsupported(
      { layer },
      `has the activation ${activation}, which is defined differently in Keras`,
      'choose another',
    );
  }
  if (interpolation === 'bilinear') {
    throw unsupported({ layer }, 'interpolates differently from Keras', "choose 'nearest'");
  }
  if (dataFormat === 'channelsFirst' || outputs !== 1) {
    throw unsupported({ layer }, 'has channels before height and width', "choose dataFormat 'channelsLast'");
  }
}

function inKeras(field: string, value: unknown): unknown {
  return field === 'activation' ? snakeCase(String(value)) : value;
}

function snakeCase(text: string): string {
  return text.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
