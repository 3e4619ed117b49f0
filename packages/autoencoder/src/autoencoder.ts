import { Sequential, splitModel } from '@ae/layers';
import * as tf from '@tensorflow/tfjs-core';
import type { LayersModel, layers } from '@tensorflow/tfjs-layers';
import { type Codes, type EncodeOptions, encodeAll, encodeBatches } from './codes/codes';
import { type InterpolateOptions, interpolateImages } from './codes/interpolate';
import { type SampleImagesOptions, sampleImages } from './codes/sample';
import { type PixelFormat, resolvePixels } from './data/pixels';
import { Random } from './data/random';
import type { ImageShape, Sample, SampleSource } from './data/samples';
import { withRandom } from './data/with-random';
import { useBackend } from './engines/backend';
import { AutoencoderError, checkKeys, checkNumber, checkText, inWords } from './errors';
import { type CompareOptions, type Comparison, compareModel } from './evaluation/baselines/compare';
import { type EvaluateOptions, type Evaluation, evaluateModel, reconstructSamples } from './evaluation/evaluate';
import { checkScheme, type InitializationScheme, initializeWeights } from './network/initialization';
import { hasOwnKernels } from './network/initialization-scope';
import { type Coder, type CodeSizes, type MaskMode, measureSizes } from './network/masks';
import { loadModel, type ModelMetadata, saveModel } from './network/model-folder';
import { weightsOf } from './network/named-variables';
import type { TrainableModel } from './network/network';
import { codeLayerName, type PresetName, presets } from './network/presets';
import { type TrainOptions, trainModel } from './training/train';
import type { TrainingHistory } from './training/training-events';

export interface AutoencoderOptions {
  /** An architecture by name. Default 'mirror'. */
  readonly preset?: PresetName;
  /** Or the layers themselves, input to output; the one named 'code' ends the encoder. */
  readonly layers?: readonly layers.Layer[];
  /** `[height, width, channels]` of the images. Default [64, 64, 3]. */
  readonly inputShape?: ImageShape;
  /** How many numbers the code of a preset has. Default 1568 for 64x64 images, and for any as many as memory allows. */
  readonly codeSize?: number;
  /** Make a preset's code a Gaussian for each image, which training draws from and `sample` can. Default false. */
  readonly variational?: boolean;
  readonly pixels?: Partial<PixelFormat>;
}

export interface InitializeOptions {
  readonly seed?: number;
  readonly scheme?: InitializationScheme;
}

/** What the encoder makes of images: the code, and one mask for each pooling layer, first pool first. */
export interface Encoding {
  /** float32 `[N, codeSize]`. */
  readonly code: tf.Tensor2D;
  /** int32 `[N, h, w, C]`: where each maximum was, as `(y * W + x) * C + c` of the pooled input. */
  readonly masks: tf.Tensor4D[];
}

interface Network extends TrainableModel {
  readonly encoder: LayersModel;
  readonly decoder: LayersModel;
}

/**
 * A convolutional autoencoder: images to a code and pooling masks, and back.
 *
 *     const ae = new Autoencoder();
 *     await ae.initialize({ seed: 1 });
 *     await ae.train(samples, { epochs: 15 });
 *     await ae.save('model');
 *
 * Tensors that methods return belong to the caller; `dispose()` frees the network.
 */
export class Autoencoder {
  readonly inputShape: ImageShape;
  readonly pixels: PixelFormat;
  private network?: Network;
  private oddities: readonly string[] = [];
  private disposed = false;

  /** Describes a network; nothing is allocated before `initialize`. Throws INVALID_OPTION. */
  constructor(private readonly options: AutoencoderOptions = {}) {
    checkKeys('new Autoencoder', options, ['preset', 'layers', 'inputShape', 'codeSize', 'variational', 'pixels']);
    const { preset = 'mirror', inputShape = [64, 64, 3] } = options;
    if (!Object.hasOwn(presets, preset)) {
      const known = Object.keys(presets).join(', ');
      throw new AutoencoderError('INVALID_OPTION', `preset: expected one of ${known}, received ${inWords(preset)}.`);
    }
    if (options.layers && (options.preset || options.codeSize !== undefined || options.variational)) {
      throw new AutoencoderError(
        'INVALID_OPTION',
        'layers: expected neither preset, codeSize nor variational beside a list of layers.',
      );
    }
    if (!Array.isArray(inputShape) || inputShape.length !== 3) {
      throw new AutoencoderError(
        'INVALID_OPTION',
        `inputShape: expected [height, width, channels], received ${inWords(inputShape)}.`,
      );
    }
    for (const size of inputShape) checkNumber('inputShape', size, { min: 1, integer: true });
    if (options.codeSize !== undefined) checkNumber('codeSize', options.codeSize, { min: 1, integer: true });
    this.inputShape = inputShape;
    this.pixels = resolvePixels(options.pixels);
  }

  /**
   * Builds the network and draws its weights from `seed` (default 0): the same on every backend. `scheme` says how kernels
   * and biases of convolutions and linear layers are drawn, by default as 'projection', which learns fastest; 'torch' is
   * the original's. Other layers, and those that were given a kernelInitializer or weights, begin as they would elsewhere.
   * Uses the backend that is set, or else the best one (`useBackend('auto')`). Throws when sizes don't work out, naming the
   * layer.
   */
  async initialize(options: InitializeOptions = {}): Promise<void> {
    checkKeys('initialize', options, ['seed', 'scheme']);
    const { seed = 0, scheme = 'projection' } = options;
    checkNumber('seed', seed, { integer: true });
    if (this.network || this.disposed) {
      throw new AutoencoderError(
        'INVALID_OPTION',
        'initialize: expected a new Autoencoder, this one has been initialized already.',
      );
    }
    checkScheme(scheme);
    await useBackend();
    // What layers draw by themselves comes from the seed too.
    const { model, isOwn } = withRandom(new Random(seed, 3), () => this.buildModel());
    initializeWeights(model, { seed, scheme, pixels: this.pixels, isOwn });
    const { preset = 'mirror', layers, codeSize, variational } = this.options;
    this.adopt(model, { ...(!layers && { preset, codeSize, variational }), initialization: { scheme, seed } });
  }

  /** Builds the model, and says which of its layers have weights, or initializers, that the caller chose. */
  private buildModel(): { model: LayersModel; isOwn: (layer: layers.Layer) => boolean } {
    const hadWeights = new Set(this.options.layers?.filter((layer) => layer?.built && layer.weights?.length > 0));
    const net = new Sequential({ inputShape: [...this.inputShape], name: 'autoencoder' });
    if (this.options.layers) for (const layer of this.options.layers) net.add(layer);
    else presets[this.options.preset ?? 'mirror'](net, this.options);
    const expected = this.inputShape.join('x');
    const received = net.outputShape.join('x');
    if (expected !== received) {
      throw new AutoencoderError(
        'SHAPE_MISMATCH',
        `network: expected an output of the input's size ${expected} (height x width x channels), received ${received}; ` +
          'choose an input size that the pooling layers divide, or other layers.',
      );
    }
    // A preset's initializers only save the time to draw what is replaced.
    const isOwn = (layer: layers.Layer) => !!this.options.layers && (hadWeights.has(layer) || hasOwnKernels(layer));
    if (this.options.layers) checkCodeLayer(net);
    return { model: buildNetwork(net), isOwn };
  }

  private adopt(
    model: LayersModel,
    origin?: TrainableModel['origin'],
    { encoder, decoder }: Coder = splitModel(model, codeLayerName),
  ): void {
    this.network = { model, encoder, decoder, inputShape: this.inputShape, pixels: this.pixels, origin };
  }

  private get ready(): Network {
    if (this.disposed)
      throw new AutoencoderError('DISPOSED', 'this Autoencoder has been disposed of; make or load another.');
    if (!this.network) {
      throw new AutoencoderError(
        'NOT_INITIALIZED',
        'this Autoencoder has no weights yet; call initialize() and wait for it.',
      );
    }
    return this.network;
  }

  /** The network as an ordinary tf.LayersModel, images to reconstructions; it stays this object's own. */
  get model(): LayersModel {
    return this.ready.model;
  }

  /** What is odd about the network that was loaded, such as weights that are NaN: a sentence each, without a full stop. */
  get warnings(): readonly string[] {
    return this.oddities;
  }

  /** How many numbers the code of an image has. */
  get codeSize(): number {
    return this.sizes.codeNumbers;
  }

  /** How many bytes an image, its code and its masks take. */
  get sizes(): CodeSizes {
    return measureSizes(this.ready);
  }

  /** Returns a table of the layers, their output shapes and parameters. */
  summary(): string {
    const lines: string[] = [];
    this.ready.model.summary(undefined, undefined, (line: string) => lines.push(line));
    return lines.join('\n');
  }

  /** Runs images `[N, H, W, C]`, in the network's units and channel order, to reconstructions of the same shape. */
  forward(images: tf.Tensor4D): tf.Tensor4D {
    const { model } = this.ready;
    this.checkImages(images);
    return tf.tidy(() => model.apply(images) as tf.Tensor4D);
  }

  /** Runs the encoder on images `[N, H, W, C]`, in the network's units and channel order. */
  encode(images: tf.Tensor4D): Encoding {
    const { encoder } = this.ready;
    this.checkImages(images);
    const outputs = tf.tidy(() => [encoder.apply(images)].flat() as tf.Tensor[]);
    return { code: outputs[0] as tf.Tensor2D, masks: outputs.slice(1) as tf.Tensor4D[] };
  }

  /** Runs the decoder on codes `[N, codeSize]` and as many masks as `encode` returned with them, or others of their shape. */
  decode(code: tf.Tensor2D, masks: readonly tf.Tensor4D[]): tf.Tensor4D {
    const { decoder } = this.ready;
    const inputs = [code, ...masks];
    const expected = decoder.inputs.map(({ shape }) => describe([code.shape[0], ...shape.slice(1)])).join(' and ');
    const received = inputs.map(({ shape }) => describe(shape)).join(' and ');
    if (expected !== received) {
      throw new AutoencoderError(
        'SHAPE_MISMATCH',
        `decode: expected a code and masks of ${expected}, received ${received}.`,
      );
    }
    return tf.tidy(() => decoder.apply(inputs.length === 1 ? code : [...inputs]) as tf.Tensor4D);
  }

  /**
   * Returns the reconstructions of samples as samples: bytes, planar, blue first; with their own masks, or with those
   * that `masks` names.
   */
  reconstruct(samples: readonly Sample[], options?: { masks?: MaskMode }): Promise<Sample<Uint8Array>[]> {
    return reconstructSamples(this.ready, samples, options);
  }

  /**
   * Trains on samples by a recipe, by default one that learns well (docs/recipes.md). Resolves to the history by epoch.
   *
   * Throws INVALID_OPTION, INVALID_SAMPLE for a sample of another size, DIVERGED when the loss explodes or is no number
   * (the network then has its best weights back), WEIGHTS_NOT_FINITE when it can't begin with those it has,
   * ABORTED when `options.signal` says so; with `options.run` also OUTPUT_EXISTS, RUN_NOT_FOUND, RUN_IN_USE, OPTIONS_CHANGED when
   * resuming is impossible, and CHECKPOINT_FAILED when the trained network can't be written.
   */
  train(samples: SampleSource, options?: TrainOptions): Promise<TrainingHistory> {
    return trainModel(this.ready, samples, options);
  }

  /** Scores the reconstructions of all samples: with their own masks, or with those that `options.masks` names. */
  evaluate(samples: SampleSource, options?: EvaluateOptions): Promise<Evaluation> {
    return evaluateModel(this.ready, samples, options);
  }

  /** Returns the codes of a whole source, which must fit into memory (4 bytes a number), with keys and labels. */
  encodeAll(samples: SampleSource, options?: EncodeOptions): Promise<Codes> {
    return encodeAll(this.ready, samples, options);
  }

  /** Yields the codes of a source batch by batch, for sources of any size. */
  encodeBatches(samples: SampleSource, options?: EncodeOptions): AsyncGenerator<Codes> {
    return encodeBatches(this.ready, samples, options);
  }

  /** Decodes codes between those of two images, with the masks that `options.masks` names; see {@link InterpolationMasks}. */
  interpolate(first: Sample, second: Sample, options: InterpolateOptions): Promise<Sample<Uint8Array>[]> {
    return interpolateImages(this.ready, first, second, options);
  }

  /** Makes images from codes drawn at random; only a variational network can. Throws INVALID_OPTION. */
  sample(options?: SampleImagesOptions): Promise<Sample<Uint8Array>[]> {
    return sampleImages(this.ready, options);
  }

  /** Scores the network with all three kinds of masks beside PCA and JPEG at equal bytes. */
  compare(samples: SampleSource, options?: CompareOptions): Promise<Comparison> {
    return compareModel(this.ready, samples, options);
  }

  /**
   * Writes model.json and weights.bin, which tf.loadLayersModel reads too, into a new folder; the folder appears whole
   * or not at all. Throws OUTPUT_EXISTS for a folder that exists, unless `overwrite` is set and it holds a saved model,
   * and WEIGHTS_NOT_FINITE for a network that holds NaN.
   */
  async save(folder: string, options: { overwrite?: boolean } = {}): Promise<void> {
    checkText('save, folder', folder);
    checkKeys('save', options, ['overwrite']);
    const metadata: ModelMetadata = { version: 1, pixels: this.pixels };
    await saveModel(this.ready.model, metadata, folder, options.overwrite ?? false);
  }

  /**
   * Reads what `save` wrote, on whatever backend is set; `warnings` says what is odd about it. The files may be anybody's. Throws
   * MODEL_NOT_FOUND or MODEL_INVALID.
   */
  static async load(folder: string): Promise<Autoencoder> {
    checkText('load, folder', folder);
    await useBackend();
    const { model, metadata, warnings, ...parts } = await loadModel(folder);
    const inputShape = model.inputs[0].shape.slice(1) as number[] as unknown as ImageShape;
    const autoencoder = new Autoencoder({ inputShape, pixels: metadata.pixels });
    autoencoder.adopt(model, undefined, parts);
    autoencoder.oddities = warnings;
    return autoencoder;
  }

  /** Frees the network's weights; harmless when called twice. */
  dispose(): void {
    const { model, encoder, decoder } = this.network ?? {};
    const weights = model ? Object.values(weightsOf(model)) : [];
    for (const part of [model, encoder, decoder]) if (part) release(part);
    // The three share their layers, which count their users and free the weights with the last; but lose count of layers used twice.
    for (const weight of weights) if (!weight.isDisposed) weight.dispose();
    this.network = undefined;
    this.disposed = true;
  }

  private checkImages(images: tf.Tensor4D): void {
    const expected = describe([images.shape[0], ...this.inputShape]);
    const received = describe(images.shape);
    if (images.shape.length !== 4 || expected !== received) {
      throw new AutoencoderError(
        'SHAPE_MISMATCH',
        `images: expected a tensor [N, ${this.inputShape.join(', ')}], received ${received}.`,
      );
    }
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

function describe(shape: readonly (number | null)[]): string {
  return `[${shape.join(', ')}]`;
}

/** Throws INVALID_OPTION unless a layer before the last is the code. */
function checkCodeLayer({ steps }: Sequential): void {
  if (steps.length === 0 || steps.slice(0, -1).some(({ layer }) => layer.name === codeLayerName)) return;
  const names = steps.map(({ layer }) => layer.name).join(', ');
  throw new AutoencoderError(
    'INVALID_OPTION',
    `layers: expected one before the last that is named "${codeLayerName}", where the encoder ends, received ${names}; ` +
      `give one of them that name, such as linear({ units: 32, name: '${codeLayerName}' }).`,
  );
}

/** Creates the weights; what tf.layers can't build becomes one error that says so. */
function buildNetwork(net: Sequential): LayersModel {
  try {
    return net.build();
  } catch (cause) {
    if ((cause as { code?: unknown }).code !== undefined) throw cause;
    throw new AutoencoderError(
      'INVALID_OPTION',
      `layers: tf.layers can't build this network: ${(cause as Error).message}.`,
      {
        cause,
      },
    );
  }
}
