import type { LayerArgs } from '@ae/layers';
import * as tf from '@tensorflow/tfjs-core';
import { initializers, type LayersModel, layers, type Shape, type SymbolicTensor } from '@tensorflow/tfjs-layers';
import { checkNumber, checkObject } from '../errors/errors';

type WeightVariable = ReturnType<layers.Layer['addWeight']>;

/** The configuration of a `VariationalCode` layer. */
export interface VariationalCodeArgs extends LayerArgs {
  /** Number of values in the code. */
  units: number;
  /**
   * Map the features to the mean and the log-variance. false: the features, `units` of them, are the mean themselves, and each number has
   * one log-variance for all images. Default true.
   */
  mapped?: boolean;
}

/** A Gaussian with independent components for each image. */
export interface Distribution {
  /** `[N, units]`, or `[..., units]` for codes at several positions. */
  readonly mean: tf.Tensor;
  /** The logarithm of each variance: with the shape of the mean, or `[units]`. */
  readonly logVariance: tf.Tensor;
}

/** Initial log-variances of a code whose mean is known: low enough not to drown it out. */
const firstLogVariance = -4;

/**
 * The code of a variational autoencoder (Kingma and Welling, 2013): two linear maps of the features `[N, F]`, or `[..., F]` at several
 * positions, to the mean and the log-variance of a Gaussian. As a layer of a network it returns the mean, so that a trained network encodes
 * and reconstructs deterministically; training uses the whole distribution.
 */
export class VariationalCode extends layers.Layer {
  static readonly className = 'VariationalCode';
  readonly units: number;
  readonly mapped: boolean;
  #mean?: [kernel: WeightVariable, bias: WeightVariable];
  #logVarianceKernel?: WeightVariable;
  #logVarianceBias!: WeightVariable;

  constructor(args: VariationalCodeArgs) {
    checkObject('VariationalCode', args, '{ units: 64 }');
    checkNumber('units', args.units, { min: 1, integer: true });
    super(args);
    this.units = args.units;
    this.mapped = args.mapped ?? true;
  }

  override build(inputShape: Shape | Shape[]): void {
    const features = this.#featuresOf(inputShape);
    const add = (name: string, size: number[]) => this.addWeight(name, size, 'float32', initializers.zeros());
    if (this.mapped) {
      this.#mean = [add('kernel', [features, this.units]), add('bias', [this.units])];
      this.#logVarianceKernel = add('logVarianceKernel', [features, this.units]);
      this.#logVarianceBias = add('logVarianceBias', [this.units]);
    } else {
      const low = initializers.constant({ value: firstLogVariance });
      this.#logVarianceBias = this.addWeight('logVarianceBias', [this.units], 'float32', low);
    }
    super.build(inputShape);
  }

  override computeOutputShape(inputShape: Shape | Shape[]): Shape {
    this.#featuresOf(inputShape);
    const shape = (Array.isArray(inputShape[0]) ? inputShape[0] : inputShape) as Shape;
    return [...shape.slice(0, -1), this.units];
  }

  /** float32 `[..., F]` -> the mean, `[..., units]`. */
  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    const x = (Array.isArray(inputs) ? inputs[0] : inputs) as tf.Tensor;
    return tf.tidy(() => (this.#mean ? affine(x, ...this.#mean) : tf.clone(x)));
  }

  /** float32 `[..., F]` -> mean and log-variance. */
  distribution(features: tf.Tensor): Distribution {
    if (!this.#mean || !this.#logVarianceKernel) return { mean: features, logVariance: this.#logVarianceBias.read() };
    const logVariance = affine(features, this.#logVarianceKernel, this.#logVarianceBias);
    return { mean: affine(features, ...this.#mean), logVariance };
  }

  override getConfig(): tf.serialization.ConfigDict {
    return { ...super.getConfig(), units: this.units, mapped: this.mapped };
  }

  #featuresOf(inputShape: Shape | Shape[]): number {
    const shape = (Array.isArray(inputShape[0]) ? inputShape[0] : inputShape) as Shape;
    const features = shape[shape.length - 1] as number;
    if (this.mapped || features === this.units) return features;
    throw new Error(`layer "${this.name}": expected ${this.units} features, as many as units, received ${features}`);
  }
}

tf.serialization.registerClass(VariationalCode);

/** Returns the layer that the codes of an encoder are drawn from, and its input, if there is one. */
export function variationalCodeOf({
  outputs,
}: LayersModel): { layer: VariationalCode; features: SymbolicTensor } | undefined {
  // Codes at several positions are flattened to one.
  const code = outputs[0].sourceLayer.getClassName() === 'Flatten' ? inputOf(outputs[0]) : outputs[0];
  const layer = code.sourceLayer;
  return layer instanceof VariationalCode ? { layer, features: inputOf(code) } : undefined;
}

function inputOf({ sourceLayer, nodeIndex }: SymbolicTensor): SymbolicTensor {
  return sourceLayer.inboundNodes[nodeIndex].inputTensors[0];
}

function affine(x: tf.Tensor, kernel: WeightVariable, bias: WeightVariable): tf.Tensor {
  const [features, units] = kernel.shape as number[];
  const rows = tf.reshape(x, [-1, features]);
  const product = tf.add(tf.matMul(rows, kernel.read() as tf.Tensor2D), bias.read());
  return tf.reshape(product, [...x.shape.slice(0, -1), units]);
}
