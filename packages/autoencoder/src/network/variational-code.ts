import * as tf from '@tensorflow/tfjs-core';
import { initializers, layers } from '@tensorflow/tfjs-layers';

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
