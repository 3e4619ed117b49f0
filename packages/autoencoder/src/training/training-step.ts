import { fuseForward } from '@ae/layers';
import * as tf from '@tensorflow/tfjs-core';
import { Breather } from '../data/event-loop';
import { samplesToTensor } from '../data/pixels';
import type { Random } from '../data/random';
import type { Sample } from '../data/samples';
import { withRandom } from '../data/with-random';
import { AutoencoderError } from '../errors/errors';
import { assignAll, copyOf, type Gradients, type NamedVariables, statisticsOf } from '../network/named-variables';
import type { Network } from '../network/network';
import { type VariationalNetwork, variationalNetwork } from '../network/variational';
import { addNoise, augmentSamples } from './augmentation';
import { accumulate, clipByGlobalNorm } from './gradients';
import { createLoss, type Loss } from './losses';
import type { Recipe } from './recipes';

/** What a batch says about the network before the update that follows. */
export interface BatchResult {
  /** What training minimizes, averaged over the images: the sum of the following. */
  readonly loss: number;
  /** The reconstruction loss alone. */
  readonly reconstruction: number;
  /** For a variational network: the divergence of the codes' distribution, per image; weighted by `beta` per value. */
  readonly divergence?: number;
  /** For a variational network: how many numbers of the code have a divergence of at least {@link leastDivergence}. */
  readonly activeNumbers?: number;
  /** For a network whose layers have regularizers: what they add. */
  readonly penalty?: number;
}

/** Nats below which a number of the code says almost nothing about images. */
export const leastDivergence = 0.01;

/** The scalars of a {@link BatchResult}. */
type Parts = { [Part in Exclude<keyof BatchResult, 'loss'>]?: tf.Scalar };

/** Computes the loss of batches and its gradients: everything between the bytes of images and the optimizer. */
export class GradientComputer {
  readonly #forward: (images: tf.Tensor) => tf.Tensor;
  readonly #loss: Loss;
  readonly #variational?: VariationalNetwork;
  readonly #network: Network;
  readonly #recipe: Recipe;
  readonly #random: Random;
  readonly #layerRandom: Random;
  /** Weight of the divergence in the next batches: the recipe's, or less during warm-up. */
  beta: number;

  constructor(network: Network, recipe: Recipe, random: Random, layerRandom: Random) {
    this.#network = network;
    this.#recipe = recipe;
    this.#random = random;
    this.#layerRandom = layerRandom;
    this.beta = recipe.beta;
    this.#forward = fuseForward(network.model, { training: true });
    this.#loss = createLoss(recipe.loss, 255 * network.pixels.scale);
    this.#variational = variationalNetwork(network);
  }

  /**
   * Returns the gradients of the mean loss over the samples for `variables`, in batches of the recipe's size; the caller disposes of them.
   * Returns undefined and changes nothing if `signal` is aborted between two batches.
   */
  async run(
    samples: readonly Sample[],
    variables: NamedVariables,
    signal?: AbortSignal,
  ): Promise<(BatchResult & { gradients: Gradients }) | undefined> {
    const { batchSize } = this.#recipe;
    if (samples.length <= batchSize) return this.#runBatch(samples, variables);
    const before = this.#remember();
    const breather = new Breather();
    let sum: Gradients | undefined;
    let total: BatchResult | undefined;
    try {
      for (let start = 0; start < samples.length; start += batchSize) {
        await breather.breathe();
        if (signal?.aborted) {
          before.restore();
          tf.dispose((sum ?? []) as tf.TensorContainer);
          return undefined;
        }
        const part = samples.slice(start, start + batchSize);
        const weight = part.length / samples.length;
        const { gradients, ...result } = await this.#runBatch(part, variables);
        sum = accumulate(sum, gradients, weight);
        total = addWeighted(total, result, weight);
      }
    } finally {
      before.dispose();
    }
    return { ...(total as BatchResult), gradients: sum as Gradients };
  }

  /** Saves what batches change besides gradients: the states of random generators, and the statistics that layers keep. */
  #remember(): { restore(): void; dispose(): void } {
    const random = this.#random;
    const layerRandom = this.#layerRandom;
    const [state, layerState] = [random.save(), layerRandom.save()];
    const statistics = statisticsOf(this.#network.model);
    const copies = copyOf(statistics);
    return {
      restore() {
        random.restore(state);
        layerRandom.restore(layerState);
        assignAll(statistics, copies);
      },
      dispose: () => tf.dispose(Object.values(copies)),
    };
  }

  async #runBatch(
    samples: readonly Sample[],
    variables: NamedVariables,
  ): Promise<BatchResult & { gradients: Gradients }> {
    const { inputShape, pixels } = this.#network;
    const { augmentation } = this.#recipe;
    const target = samplesToTensor(augmentSamples(samples, inputShape, augmentation, this.#random), inputShape, pixels);
    const input = augmentation.noise ? addNoise(target, augmentation.noise, pixels, this.#random) : target;
    try {
      return await this.#differentiate(input, target, variables);
    } finally {
      tf.dispose([target, input]);
    }
  }

  async #differentiate(
    input: tf.Tensor4D,
    target: tf.Tensor4D,
    variables: NamedVariables,
  ): Promise<BatchResult & { gradients: Gradients }> {
    const parts: Parts = {};
    const objective = () => withRandom(this.#layerRandom, () => this.#objective(input, target, parts));
    const { value, grads } = this.#gradientsOf(objective, Object.values(variables));
    const [[loss], ...values] = await Promise.all([value.data(), ...Object.values(parts).map((part) => part.data())]);
    tf.dispose([value, ...Object.values(parts)]);
    const gradients = Object.entries(variables).map(([name, { name: unique }]) => [name, grads[unique]] as const);
    return {
      ...{ loss, reconstruction: loss },
      ...Object.fromEntries(Object.keys(parts).map((name, i) => [name, values[i][0]])),
      // A weight that the loss does not depend on has none.
      gradients: Object.fromEntries(gradients.filter(([, gradient]) => gradient)),
    };
  }

  /** Returns the loss as a function of the weights; stores its components, if there are several, in `parts`. */
  #objective(input: tf.Tensor4D, target: tf.Tensor4D, parts: Parts): tf.Scalar {
    const { reconstruction, divergences } = this.#reconstruct(input);
    const loss = this.#loss(target, reconstruction);
    const penalties = this.#network.model.calculateLosses();
    if (!divergences && penalties.length === 0) return loss;
    parts.reconstruction = tf.keep(tf.clone(loss));
    let sum = loss;
    if (divergences) {
      parts.divergence = tf.keep(tf.sum<tf.Scalar>(divergences));
      parts.activeNumbers = tf.keep(countActive(divergences));
      const { freeBits } = this.#recipe;
      const charged = tf.sum(freeBits > 0 ? tf.maximum(divergences, freeBits) : divergences);
      sum = tf.add(sum, tf.mul(charged, this.beta / (input.size / input.shape[0])));
    }
    if (penalties.length > 0) {
      const penalty = tf.addN(penalties) as tf.Scalar;
      parts.penalty = tf.keep(tf.clone(penalty));
      sum = tf.add(sum, penalty);
    }
    return sum;
  }

  #reconstruct(input: tf.Tensor4D): { reconstruction: tf.Tensor4D; divergences?: tf.Tensor1D } {
    if (!this.#variational) return { reconstruction: this.#forward(input) as tf.Tensor4D };
    return this.#variational.reconstruct(input, this.#codeNoise(input, this.#variational.codeSize));
  }

  /** Calls tf.variableGrads, whose errors do not say that the network cannot be trained here. */
  #gradientsOf(objective: () => tf.Scalar, variables: tf.Variable[]): ReturnType<typeof tf.variableGrads> {
    try {
      return tf.variableGrads(objective, variables);
    } catch (cause) {
      const { message } = cause as Error;
      if (!/gradient|not registered/i.test(message)) throw cause;
      throw new AutoencoderError(
        'INVALID_OPTION',
        `train: this network cannot be trained on the backend "${tf.getBackend()}", which lacks an operation that one of its layers needs ` +
          `(${message}); choose another backend, such as cpu, or other layers.`,
        { cause },
      );
    }
  }

  #codeNoise({ shape: [count] }: tf.Tensor4D, codeSize: number): tf.Tensor2D {
    return tf.tensor2d(this.#random.normals(count * codeSize), [count, codeSize]);
  }
}

function countActive(divergences: tf.Tensor1D): tf.Scalar {
  return tf.sum<tf.Scalar>(tf.cast(tf.greaterEqual(divergences, leastDivergence), 'float32'));
}

/** Returns gradients limited as the recipe says; disposes of `gradients` if it returns others. */
export async function limitGradients(gradients: Gradients, { clipNorm }: Recipe): Promise<Gradients> {
  return clipNorm === null ? gradients : clipByGlobalNorm(gradients, clipNorm);
}

/** Returns `sum`, if there is one yet, plus `weight` times each of the result's numbers. */
function addWeighted(sum: BatchResult | undefined, result: BatchResult, weight: number): BatchResult {
  const entries = Object.entries(result) as [keyof BatchResult, number][];
  const added = entries.map(([name, value]) => [name, (sum?.[name] ?? 0) + weight * value]);
  return Object.fromEntries(added) as unknown as BatchResult;
}
