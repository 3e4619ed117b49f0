import { ZonalCode } from '@ae/layers';
import * as tf from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import type { PixelFormat } from '../data/pixels';
import { checkSample, fetchSamples, type ImageShape, type Sample, type SampleSource } from '../data/samples';
import { weightsOf } from './named-variables';
import { BlockNetwork } from './transform/block-network';
import type { LinearStartOptions } from './transform/linear-start';

/** Output of the encoder: the code, and one mask per pooling layer, first pool first. */
export interface Encoding {
  /** float32 `[N, codeSize]`; for images of another size than the network's, as many numbers as `codeShape` says. */
  readonly code: tf.Tensor2D;
  /**
   * Shape of the code of one image as a small image: rows and columns of blocks, and the numbers of each. `[codeSize]` if the code is not
   * an image.
   */
  readonly codeShape: readonly number[];
  /** int32 `[N, h, w, C]`: the position of each maximum in the pooled input, as `(y * W + x) * C + c`. */
  readonly masks: tf.Tensor4D[];
}

/** Height and width of images in pixels. */
export type ImageSize = readonly [height: number, width: number];

const otherSizesAdvice =
  'resize all images to one size when importing, build the network for this size, or train a network with preset transform, which takes any size';

/** A model and its two halves, which share its layers. */
export interface NetworkParts {
  /** Images to reconstructions. */
  readonly model: LayersModel;
  /** Images to `[code, ...masks]`. */
  readonly encoder: LayersModel;
  /** `[code, ...masks]` to reconstructions. */
  readonly decoder: LayersModel;
}

/** The meaning of the numbers that enter a network, and where the network comes from. */
export interface NetworkDescription {
  readonly inputShape: ImageShape;
  readonly pixels: PixelFormat;
  /** Where the network and its weights come from: plain data for a run's config.json. */
  readonly origin?: Readonly<Record<string, unknown>>;
  /** Its weights were not initialized: they will be loaded from elsewhere. */
  readonly isBlank?: boolean;
}

/** A network that maps images to a code and masks, and back: what training, evaluation and codes work with. */
export class Network implements NetworkParts, NetworkDescription {
  readonly model: LayersModel;
  readonly encoder: LayersModel;
  readonly decoder: LayersModel;
  readonly inputShape: ImageShape;
  readonly pixels: PixelFormat;
  readonly origin?: Readonly<Record<string, unknown>>;
  readonly isBlank: boolean;

  /** How it processes images of other sizes than `inputShape`, if it can. */
  readonly blocks?: BlockNetwork;

  /** The layer that makes the code, if it has zones: the first of each stretch of its numbers is the index of a zone. */
  readonly zonalCode?: ZonalCode;

  /** Computes the initial weights from training samples, if the network is waiting for such a start. */
  start?: (samples: SampleSource, options: LinearStartOptions) => Promise<void>;

  constructor({ model, encoder, decoder }: NetworkParts, description: NetworkDescription) {
    const { inputShape, pixels, origin, isBlank = false } = description;
    this.model = model;
    this.encoder = encoder;
    this.decoder = decoder;
    this.inputShape = inputShape;
    this.pixels = pixels;
    this.origin = origin;
    this.isBlank = isBlank;
    this.blocks = BlockNetwork.of(encoder, decoder);
    this.zonalCode = encoder.layers.find((layer): layer is ZonalCode => layer instanceof ZonalCode);
  }

  /** Returns `sample` if the network takes it; otherwise throws INVALID_SAMPLE naming its `index`. */
  checkSample(sample: Sample | undefined, index: number): Sample {
    return checkSample(sample, index, this.inputShape, this.#rules);
  }

  /** Fetches samples in the order of `indices`; throws INVALID_SAMPLE naming the first one that the network does not take. */
  fetchSamples(source: SampleSource, indices: ArrayLike<number>): Promise<Sample[]> {
    return fetchSamples(source, indices, this.inputShape, this.#rules);
  }

  get #rules() {
    return { anySize: this.blocks !== undefined, advice: otherSizesAdvice };
  }

  /** Returns the shape of the code of an image of `size`. */
  codeShape(size: readonly [height: number, width: number]): readonly number[] {
    return (
      this.blocks?.codeShape(size) ?? [
        this.encoder.outputs[0].shape.slice(1).reduce<number>((product, each) => product * (each as number), 1),
      ]
    );
  }

  /** Reconstructs images `[N, H, W, C]`, with their own masks, in the same shape. */
  forward(images: tf.Tensor4D): tf.Tensor4D {
    const { blocks } = this;
    const size = sizeOf(images);
    if (!blocks || this.#isOwn(size)) return tf.tidy(() => this.model.apply(images) as tf.Tensor4D);
    return tf.tidy(() => blocks.decode(blocks.encode(images), size));
  }

  /** Runs the encoder on images `[N, H, W, C]`. */
  encode(images: tf.Tensor4D): Encoding {
    const { blocks } = this;
    const size = sizeOf(images);
    const codeShape = this.codeShape(size);
    if (blocks && !this.#isOwn(size)) {
      const code = tf.tidy(() => tf.reshape(blocks.encode(images), [images.shape[0], -1]) as tf.Tensor2D);
      return { code, codeShape, masks: [] };
    }
    const [code, ...masks] = tf.tidy(() => [this.encoder.apply(images)].flat() as tf.Tensor[]);
    return { code: code as tf.Tensor2D, codeShape, masks: masks as tf.Tensor4D[] };
  }

  /** Runs the decoder on codes of images of `size`, flat or as small images, and as many masks as `encode` returns with them. */
  decode(code: tf.Tensor2D | tf.Tensor4D, masks: readonly tf.Tensor4D[], size: ImageSize = this.size): tf.Tensor4D {
    const { blocks, decoder } = this;
    return tf.tidy(() => {
      if (!blocks) return decoder.apply(masks.length === 0 ? code : [code, ...masks]) as tf.Tensor4D;
      const own = decoder.inputs[0].shape.slice(1) as number[];
      if (this.#isOwn(size)) return decoder.apply(tf.reshape(code, [code.shape[0], ...own])) as tf.Tensor4D;
      return blocks.decode(tf.reshape(code, [code.shape[0], ...blocks.codeShape(size)]), size);
    });
  }

  /** Height and width of the images that it was made for. */
  get size(): ImageSize {
    return [this.inputShape[0], this.inputShape[1]];
  }

  #isOwn([height, width]: ImageSize): boolean {
    return height === this.inputShape[0] && width === this.inputShape[1];
  }

  /** Frees the weights and all three models. */
  dispose(): void {
    const weights = Object.values(weightsOf(this.model));
    for (const part of [this.model, this.encoder, this.decoder]) release(part);
    // The three models share their layers, which count their users and free the weights with the last one, but miscount layers that are
    // used twice.
    for (const weight of weights) if (!weight.isDisposed) weight.dispose();
  }
}

function sizeOf({ shape }: tf.Tensor4D): ImageSize {
  return [shape[1], shape[2]];
}

/** Frees a model. A nested network complains, harmlessly, that it has already been freed with another model that contains it. */
function release(model: LayersModel): void {
  try {
    model.dispose();
  } catch (error) {
    if (!/already disposed/.test(String(error))) throw error;
  }
}
