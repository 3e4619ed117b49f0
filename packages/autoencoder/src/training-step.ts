import { fuseForward } from '@ae/layers';
import * as tf from '@tensorflow/tfjs-core';
import { addNoise, augmentSamples } from './augmentation';
import { accumulate, clipByGlobalNorm, type Gradients } from './gradients';
import { createLoss, type Loss } from './losses';
import type { NamedVariables } from './named-variables';
import { samplesToTensor } from './pixels';
import type { Random } from './random';
import type { Recipe } from './recipes';
import type { Sample } from './samples';
import type { TrainableModel } from './trainable-model';
import { type VariationalNetwork, variationalNetwork } from './variational';

/** What a batch says about the network, before the update that it leads to. */
export interface BatchResult {
  /** What training minimises, averaged over the images. */
  readonly loss: number;
  /** Of a variational network: the divergence of the codes' distribution, per image. */
  readonly divergence?: number;
}

/** Computes the loss of batches and its gradients; what happens between the bytes of images and the optimiser. */
export class GradientComputer {
  private readonly forward: (images: tf.Tensor) => tf.Tensor;
  private readonly loss: Loss;
  private readonly variational?: VariationalNetwork;

  constructor(
    private readonly trainable: TrainableModel,
    private readonly recipe: Recipe,
    private readonly random: Random,
  ) {
    this.forward = fuseForward(trainable.model);
    this.loss = createLoss(recipe.loss, 255 * trainable.pixels.scale);
    this.variational = variationalNetwork(trainable);
  }

  /**
   * Returns the gradients of the mean loss over the samples for `variables`, in batches of the recipe's size; the caller
   * disposes of them.
   */
  async run(samples: readonly Sample[], variables: NamedVariables): Promise<BatchResult & { gradients: Gradients }> {
    const { batchSize } = this.recipe;
    if (samples.length <= batchSize) return this.runBatch(samples, variables);
    let sum: Gradients | undefined;
    let loss = 0;
    let divergence: number | undefined;
    for (let start = 0; start < samples.length; start += batchSize) {
      const part = samples.slice(start, start + batchSize);
      const weight = part.length / samples.length;
      const result = await this.runBatch(part, variables);
      sum = accumulate(sum, result.gradients, weight);
      loss += weight * result.loss;
      if (result.divergence !== undefined) divergence = (divergence ?? 0) + weight * result.divergence;
    }
    return { loss, divergence, gradients: sum! };
  }

  private async runBatch(
    samples: readonly Sample[],
    variables: NamedVariables,
  ): Promise<BatchResult & { gradients: Gradients }> {
    const { inputShape, pixels } = this.trainable;
    const { augmentation } = this.recipe;
    const target = samplesToTensor(augmentSamples(samples, inputShape, augmentation, this.random), inputShape, pixels);
    const input = augmentation.noise ? addNoise(target, augmentation.noise, pixels, this.random) : target;
    try {
      return await this.differentiate(input, target, variables);
    } finally {
      tf.dispose([target, input]);
    }
  }

  private async differentiate(
    input: tf.Tensor4D,
    target: tf.Tensor4D,
    variables: NamedVariables,
  ): Promise<BatchResult & { gradients: Gradients }> {
    let divergence: tf.Scalar | undefined;
    const objective = (): tf.Scalar => {
      if (!this.variational) return this.loss(target, this.forward(input) as tf.Tensor4D);
      const result = this.variational.reconstruct(input, this.codeNoise(input, this.variational.codeSize));
      divergence = tf.keep(tf.clone(result.divergence));
      const weight = this.recipe.beta / (input.size / input.shape[0]);
      return tf.add(this.loss(target, result.reconstruction), tf.mul(divergence, weight));
    };
    const { value, grads } = tf.variableGrads(objective, Object.values(variables));
    const [[loss], divergences] = await Promise.all([value.data(), divergence?.data()]);
    tf.dispose([value, divergence ?? []]);
    const gradients = Object.entries(variables).map(([name, { name: unique }]) => [name, grads[unique]] as const);
    return { loss, ...(divergences && { divergence: divergences[0] }), gradients: Object.fromEntries(gradients) };
  }

  private codeNoise({ shape: [count] }: tf.Tensor4D, codeSize: number): tf.Tensor2D {
    return tf.tensor2d(this.random.normals(count * codeSize), [count, codeSize]);
  }
}

/** Returns gradients as the recipe limits them; disposes of `gradients` where it returns others. */
export async function limitGradients(gradients: Gradients, { clipNorm }: Recipe): Promise<Gradients> {
  return clipNorm === null ? gradients : clipByGlobalNorm(gradients, clipNorm);
}
