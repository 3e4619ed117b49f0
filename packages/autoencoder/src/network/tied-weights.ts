import * as tf from '@tensorflow/tfjs-core';
import type { LayersModel, layers } from '@tensorflow/tfjs-layers';
import { AutoencoderError } from '../errors/errors';
import type { Gradients } from './named-variables';
import { type NamedVariables, trainableWeightsOf } from './named-variables';

/** A decoder kernel that is the adjoint (the transpose, as a linear map) of an encoder kernel. */
export interface Tie {
  readonly encoder: string;
  readonly decoder: string;
  /** Converts a kernel of the encoder layer to its adjoint for the decoder layer, and back: it is its own inverse. */
  readonly adjoint: (kernel: tf.Tensor) => tf.Tensor;
}

/**
 * Pairs the kernels of a network whose decoder mirrors its encoder: first with last, second with second to last, and so on. Layers without
 * kernels, such as batch normalization, are skipped, and so are pairs that do not train. Throws INVALID_OPTION naming the first two layers
 * that do not mirror each other.
 */
export function findTies(model: LayersModel): Tie[] {
  const weighted = model.layers.filter(({ weights }) => weights[0]?.originalName.endsWith('kernel'));
  if (weighted.length === 0 || weighted.length % 2 !== 0) {
    throw new AutoencoderError(
      'INVALID_OPTION',
      'tied weights: expected a decoder that mirrors its encoder, received ' +
        `${weighted.length === 0 ? 'no layers with kernels' : `an odd number of layers with kernels (${weighted.length})`}.`,
    );
  }
  return weighted.slice(0, weighted.length / 2).flatMap((layer, i) => {
    const mirror = weighted[weighted.length - 1 - i];
    checkBothTrain(layer, mirror);
    const adjoint = adjointBetween(layer, mirror);
    if (adjoint && !layer.trainable) return [];
    if (adjoint) return [{ encoder: kernelName(layer), decoder: kernelName(mirror), adjoint }];
    const describe = ({ name, weights }: layers.Layer) => `${name} [${weights[0].shape.join(', ')}]`;
    throw new AutoencoderError(
      'INVALID_OPTION',
      `tied weights: expected a decoder that mirrors its encoder, received ${describe(layer)} and ${describe(mirror)}, ` +
        'which are not adjoints of each other.',
    );
  });
}

function checkBothTrain(layer: layers.Layer, mirror: layers.Layer): void {
  if (layer.trainable === mirror.trainable) return;
  throw new AutoencoderError(
    'INVALID_OPTION',
    `tied weights: ${layer.name} and ${mirror.name} share a kernel, but one of them has trainable: false; set it for both or neither.`,
  );
}

function kernelName(layer: layers.Layer): string {
  return layer.weights[0].originalName;
}

/**
 * Returns how a kernel of `layer` is converted to the adjoint's kernel in `mirror`; undefined if `mirror` is not an adjoint.
 *
 * Matrices are transposed. A transposed convolution *is* the adjoint of the convolution with the same kernel. The adjoint of a convolution
 * that keeps the size is one with the kernel rotated by 180 degrees, and inputs and outputs exchanged.
 */
export function adjointBetween(layer: layers.Layer, mirror: layers.Layer): Tie['adjoint'] | undefined {
  const [from, to] = [layer.weights[0].shape as number[], mirror.weights[0].shape as number[]];
  if (from.length === 2 && tf.util.arraysEqual(to, [from[1], from[0]])) return (kernel) => tf.transpose(kernel);
  if (from.length !== 4 || to.length !== 4) return undefined;
  const isTransposed = (l: layers.Layer) => l.getClassName() === 'Conv2DTranspose';
  if (isTransposed(layer) !== isTransposed(mirror)) {
    const { strides, padding } = layer.getConfig();
    const other = mirror.getConfig();
    const sameGeometry = String(strides) === String(other.strides) && padding === other.padding;
    return sameGeometry && tf.util.arraysEqual(from, to) ? (kernel) => tf.clone(kernel) : undefined;
  }
  const keepsSize = [layer, mirror].every((l) => {
    const { strides, padding } = l.getConfig();
    return padding === 'same' && String(strides) === '1,1';
  });
  if (!keepsSize || !tf.util.arraysEqual(to, [from[0], from[1], from[3], from[2]])) return undefined;
  return (kernel) => tf.transpose(tf.reverse(kernel, [0, 1]), [0, 1, 3, 2]);
}

/**
 * Keeps the decoder's kernels adjoint to the encoder's during training: each pair is updated with the sum of both gradients. The network
 * remains an ordinary one, with a kernel in each layer.
 */
export class TiedWeights {
  /** The variables that remain to be trained: all except the decoder's tied kernels. */
  readonly free: NamedVariables;
  readonly #ties: readonly Tie[];
  readonly #variables: NamedVariables;

  /** Sets the decoder's kernels to the adjoints immediately; throws INVALID_OPTION, see `findTies`. */
  constructor(model: LayersModel) {
    this.#ties = findTies(model);
    this.#variables = trainableWeightsOf(model);
    const tied = new Set(this.#ties.map(({ decoder }) => decoder));
    this.free = Object.fromEntries(Object.entries(this.#variables).filter(([name]) => !tied.has(name)));
    this.follow();
  }

  /** Returns free variables and the decoder's kernels that are tied to them. */
  withPartners(free: NamedVariables): NamedVariables {
    const partners = this.#ties.filter(({ encoder }) => encoder in free).map(({ decoder }) => decoder);
    return { ...free, ...Object.fromEntries(partners.map((name) => [name, this.#variables[name]])) };
  }

  /** Returns the gradients of free variables, including those of their partners; disposes of `gradients`. */
  fold(gradients: Gradients): Gradients {
    const folded: Record<string, tf.Tensor> = { ...gradients };
    for (const { encoder, decoder, adjoint } of this.#ties) {
      if (!gradients[encoder] || !gradients[decoder]) continue;
      folded[encoder] = tf.tidy(() => tf.add(gradients[encoder], adjoint(gradients[decoder])));
      delete folded[decoder];
      tf.dispose([gradients[encoder], gradients[decoder]]);
    }
    return folded;
  }

  /** Sets the decoder's kernels to the adjoints of the encoder's current kernels. */
  follow(): void {
    for (const { encoder, decoder, adjoint } of this.#ties) {
      tf.tidy(() => this.#variables[decoder].assign(adjoint(this.#variables[encoder])));
    }
  }
}
