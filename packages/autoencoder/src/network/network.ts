import * as tf from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import type { PixelFormat } from '../data/pixels';
import { checkSample, fetchSamples, type ImageShape, type Sample, type SampleSource } from '../data/samples';
import { weightsOf } from './named-variables';
import { BlockNetwork } from './transform/block-network';
import type { LinearStartOptions } from './transform/linear-start';

/** Output of the encoder: the code, and one mask per pooling layer, first pool first. */
export interface Encoding {
  /** float32 `[N, codeSize]`; of images of another size than the network's, as many numbers as `codeShape` says. */
  readonly code: tf.Tensor2D;
  /** The code of one image as a small image: rows and columns of blocks, and the numbers of each. `[codeSize]` where the code is no image. */
  readonly codeShape: readonly number[];
  /** int32 `[N, h, w, C]`: where each maximum was, as `(y * W + x) * C + c` of the pooled input. */
  readonly masks: tf.Tensor4D[];
}

/** Height and width of images in pixels. */
export type ImageSize = readonly [height: number, width: number];

const otherSizesAdvice =
  'resize all images to one size when importing, build the network for this size, or train a network with preset transform, which takes any size';

/** A model whole and in its two halves, which share its layers. */
export interface NetworkParts {
  /** Images to reconstructions. */
  readonly model: LayersModel;
  /** Images to `[code, ...masks]`. */
  readonly encoder: LayersModel;
  /** `[code, ...masks]` to reconstructions. */
  readonly decoder: LayersModel;
}

/** What the numbers that go into a network mean, and where it comes from. */
export interface NetworkDescription {
  readonly inputShape: ImageShape;
  readonly pixels: PixelFormat;
  /** Where the network and its weights come from: plain data for a run's config.json. */
  readonly origin?: Readonly<Record<string, unknown>>;
  /** Its weights were not drawn: they are to come from elsewhere. */
  readonly isBlank?: boolean;
}

/** A network of images to a code and masks, and back: what training, evaluation and codes work on. */
export class Network implements NetworkParts, NetworkDescription {
  readonly model: LayersModel;
  readonly encoder: LayersModel;
  readonly decoder: LayersModel;
  readonly inputShape: ImageShape;
  readonly pixels: PixelFormat;
  readonly origin?: Readonly<Record<string, unknown>>;
  readonly isBlank: boolean;

  /** How it runs on images of other sizes than `inputShape`, where it can. */
  readonly blocks?: BlockNetwork;

  /** Computes the first weights from training samples, where the network has a start of that kind and waits for it. */
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
  }

  /** Returns `sample` if the network takes it; throws INVALID_SAMPLE naming it by `index` otherwise. */
  checkSample(sample: Sample | undefined, index: number): Sample {
    return checkSample(sample, index, this.inputShape, this.#rules);
  }

  /** Fetches samples in the order of `indices`; throws INVALID_SAMPLE naming the first that the network does not take. */
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

  /** Runs images `[N, H, W, C]` to reconstructions of the same shape, with their own masks. */
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
    // The three share their layers, which count their users and free the weights with the last; but lose count of layers used twice.
    for (const weight of weights) if (!weight.isDisposed) weight.dispose();
  }
}

function sizeOf({ shape }: tf.Tensor4D): ImageSize {
  return [shape[1], shape[2]];
}

/** Frees a model. A network inside it complains of what is no harm: that it has been freed with another model that it is in. */
function release(model: LayersModel): void {
  try {
    model.dispose();
  } catch (error) {
    if (!/already disposed/.test(String(error))) throw error;
  }
}
