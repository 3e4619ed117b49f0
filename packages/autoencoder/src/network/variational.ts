import * as tf from '@tensorflow/tfjs-core';
import { initializers, type LayersModel, layers, model, type SymbolicTensor } from '@tensorflow/tfjs-layers';
import type { Network } from './network';

type WeightVariable = ReturnType<layers.Layer['addWeight']>;
type LayerArgs = NonNullable<ConstructorParameters<typeof layers.Layer>[0]>;
type Shape = (number | null)[];

export interface VariationalCodeArgs extends LayerArgs {
  /** How many numbers the code has. */
  units: number;
}

/** A Gaussian with independent components for each image. */
export interface Distribution {
  /** `[N, units]` */
  readonly mean: tf.Tensor2D;
  /** `[N, units]`, the logarithm of each variance. */
  readonly logVariance: tf.Tensor2D;
}

/**
 * The code of a variational autoencoder (Kingma and Welling, 2013): two linear maps of the features `[N, F]`, to the mean
 * and the log-variance of a Gaussian. As a layer of a network it returns the mean, so that a trained network encodes
 * and reconstructs without chance; training asks for the whole distribution.
 */
export class VariationalCode extends layers.Layer {
  static readonly className = 'VariationalCode';
  readonly units: number;
  #mean!: [kernel: WeightVariable, bias: WeightVariable];
  #logVariance!: [kernel: WeightVariable, bias: WeightVariable];

  constructor(args: VariationalCodeArgs) {
    super(args);
    this.units = args.units;
  }

  override build(inputShape: Shape | Shape[]): void {
    const shape = (Array.isArray(inputShape[0]) ? inputShape[0] : inputShape) as Shape;
    const features = shape[shape.length - 1] as number;
    const add = (name: string, size: number[]) => this.addWeight(name, size, 'float32', initializers.zeros());
    this.#mean = [add('kernel', [features, this.units]), add('bias', [this.units])];
    this.#logVariance = [add('logVarianceKernel', [features, this.units]), add('logVarianceBias', [this.units])];
    super.build(inputShape);
  }

  override computeOutputShape(inputShape: Shape | Shape[]): Shape {
    const shape = (Array.isArray(inputShape[0]) ? inputShape[0] : inputShape) as Shape;
    return [...shape.slice(0, -1), this.units];
  }

  /** float32 `[N, F]` -> the mean, `[N, units]`. */
  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    const x = (Array.isArray(inputs) ? inputs[0] : inputs) as tf.Tensor2D;
    return tf.tidy(() => affine(x, this.#mean));
  }

  /** float32 `[N, F]` -> mean and log-variance. */
  distribution(features: tf.Tensor2D): Distribution {
    return { mean: affine(features, this.#mean), logVariance: affine(features, this.#logVariance) };
  }

  override getConfig(): tf.serialization.ConfigDict {
    return { ...super.getConfig(), units: this.units };
  }
}

tf.serialization.registerClass(VariationalCode);

function affine(x: tf.Tensor2D, [kernel, bias]: readonly [WeightVariable, WeightVariable]): tf.Tensor2D {
  return tf.add(tf.matMul(x, kernel.read() as tf.Tensor2D), bias.read());
}

/** What training runs in place of a variational network: codes drawn from the encoder's distribution. */
export interface VariationalNetwork {
  /**
   * Reconstructs images `[N, H, W, C]` from codes `mean + exp(logVariance / 2) * noise`, noise `[N, units]`, and returns
   * the divergence of the distributions from the standard normal one too: its sum over the code, averaged over images.
   */
  reconstruct(images: tf.Tensor4D, noise: tf.Tensor2D): { reconstruction: tf.Tensor4D; divergence: tf.Scalar };
  /** How many numbers the code has. */
  readonly codeSize: number;
}

/** Takes apart a network whose code is a VariationalCode; returns undefined for any other. */
export function variationalNetwork({ encoder, decoder }: Network): VariationalNetwork | undefined {
  const [code, ...masks] = encoder.outputs;
  const layer = code.sourceLayer;
  if (!(layer instanceof VariationalCode)) return undefined;
  const [featuresOf] = layer.inboundNodes[code.nodeIndex].inputTensors;
  // It has no weights of its own, and to dispose of it would count as the end of one of the encoder's users.
  const extractor = model({ inputs: encoder.inputs, outputs: [featuresOf, ...masks] as SymbolicTensor[] });
  return {
    codeSize: layer.units,
    reconstruct(images, noise) {
      const [features, ...maskTensors] = [extractor.apply(images, { training: true })].flat() as tf.Tensor[];
      const { mean, logVariance } = layer.distribution(features as tf.Tensor2D);
      const drawn = tf.add(mean, tf.mul(tf.exp(tf.mul(logVariance, 0.5)), noise));
      const reconstruction = applyDecoder(decoder, drawn, maskTensors);
      return { reconstruction, divergence: divergenceOf({ mean, logVariance }) };
    },
  };
}

function applyDecoder(decoder: LayersModel, code: tf.Tensor, masks: tf.Tensor[]): tf.Tensor4D {
  return decoder.apply(masks.length === 0 ? code : [code, ...masks], { training: true }) as tf.Tensor4D;
}

/** `-1/2 sum(1 + logVariance - mean^2 - exp(logVariance))`, averaged over images. */
function divergenceOf({ mean, logVariance }: Distribution): tf.Scalar {
  const terms = tf.sub(tf.add(tf.square(mean), tf.exp(logVariance)), tf.add(logVariance, 1));
  return tf.mul(tf.mean(tf.sum(terms, 1)), 0.5) as tf.Scalar;
}
