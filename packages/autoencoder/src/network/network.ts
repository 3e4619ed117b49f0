import * as tf from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import type { PixelFormat } from '../data/pixels';
import type { ImageShape, SampleSource } from '../data/samples';
import { weightsOf } from './named-variables';
import type { LinearStartOptions } from './transform/linear-start';

/** What the encoder makes of images: the code, and one mask for each pooling layer, first pool first. */
export interface Encoding {
  /** float32 `[N, codeSize]`. */
  readonly code: tf.Tensor2D;
  /** int32 `[N, h, w, C]`: where each maximum was, as `(y * W + x) * C + c` of the pooled input. */
  readonly masks: tf.Tensor4D[];
}

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
  }

  /** Runs images `[N, H, W, C]` to reconstructions of the same shape, with their own masks. */
  forward(images: tf.Tensor4D): tf.Tensor4D {
    return tf.tidy(() => this.model.apply(images) as tf.Tensor4D);
  }

  /** Runs the encoder on images `[N, H, W, C]`. */
  encode(images: tf.Tensor4D): Encoding {
    const [code, ...masks] = tf.tidy(() => [this.encoder.apply(images)].flat() as tf.Tensor[]);
    return { code: code as tf.Tensor2D, masks: masks as tf.Tensor4D[] };
  }

  /** Runs the decoder on codes `[N, codeSize]` and as many masks as `encode` returns with them. */
  decode(code: tf.Tensor2D, masks: readonly tf.Tensor4D[]): tf.Tensor4D {
    return tf.tidy(() => this.decoder.apply(masks.length === 0 ? code : [code, ...masks]) as tf.Tensor4D);
  }

  /** Frees the weights and all three models. */
  dispose(): void {
    const weights = Object.values(weightsOf(this.model));
    for (const part of [this.model, this.encoder, this.decoder]) release(part);
    // The three share their layers, which count their users and free the weights with the last; but lose count of layers used twice.
    for (const weight of weights) if (!weight.isDisposed) weight.dispose();
  }
}

/** Frees a model. A network inside it complains of what is no harm: that it has been freed with another model that it is in. */
function release(model: LayersModel): void {
  try {
    model.dispose();
  } catch (error) {
    if (!/already disposed/.test(String(error))) throw error;
  }
}
