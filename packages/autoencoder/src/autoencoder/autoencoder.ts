import type { ImageFolder, RawImage } from '@ae/images';
import type * as tf from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { type Codes, type EncodeOptions, encodeAll, encodeBatches } from '../codes/codes';
import { type InterpolateOptions, interpolateImages } from '../codes/interpolate';
import { type SampleImagesOptions, sampleImages } from '../codes/sample';
import { type ImageInputs, type Images, isPicture, type Picture, splitOptions, toPicture } from '../data/images';
import { type PixelFormat, resolvePixels } from '../data/pixels';
import type { ImageShape, Sample } from '../data/samples';
import { useBackend } from '../engines/backend';
import { AutoencoderError, checkChoice, checkKeys } from '../errors/errors';
import { type CompareOptions, type Comparison, compareNetwork } from '../evaluation/baselines/compare';
import { type EvaluateOptions, type Evaluation, evaluateNetwork } from '../evaluation/evaluate';
import { checkImages, isTensor } from '../network/check-tensors';
import { checkCode, sizesOf } from '../network/code-shapes';
import { countWeights, type WeightCount, weightCountOf } from '../network/count-weights';
import { type CodeSizes, measureSizes } from '../network/masks';
import { loadModel, type SaveOptions, saveModel } from '../network/model-folder';
import { type Encoding, Network } from '../network/network';
import { type LoadPlace, openModelFiles, type SavePlace } from '../network/saved-model/model-files';
import type { LinearStartOptions } from '../network/transform/linear-start';
import { openRun } from '../run/open-run';
import { trainNetwork } from '../training/train';
import type { TrainOptions } from '../training/train-options';
import type { TrainingHistory } from '../training/training-events';
import {
  type AutoencoderOptions,
  checkAutoencoderOptions,
  type InitializeOptions,
  type ReconstructOptions,
} from './autoencoder-options';
import { computeStart, createNetwork } from './create-network';
import { reconstructImages, takeImages } from './images-in-and-out';

/**
 * A convolutional autoencoder: it encodes images to codes and pooling masks, and decodes them.
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
  readonly #options: AutoencoderOptions;
  #network?: Network;
  #warnings: readonly string[] = [];
  #isDisposed = false;

  /** Describes a network; nothing is allocated before `initialize`. Throws INVALID_OPTION. */
  constructor(options: AutoencoderOptions = {}) {
    checkAutoencoderOptions(options);
    this.#options = options;
    this.inputShape = options.inputShape ?? [64, 64, 3];
    this.pixels = resolvePixels(options.pixels);
  }

  /**
   * Builds the network and draws its initial weights from `seed`: the same on every backend. `scheme` determines the kernels and biases of
   * convolutions and linear layers: 'projection', which learns fastest, or 'torch', that of the original; preset transform has only
   * 'linear', a linear code that `computeStart` fits to images. Other layers, and those with their own kernelInitializer or weights, are
   * initialized as usual. Uses the active backend, or else the best one (`useBackend('auto')`). Throws if the sizes of the layers do not
   * match, naming the layer.
   */
  async initialize(options: InitializeOptions = {}): Promise<void> {
    if (this.#network || this.#isDisposed) {
      throw new AutoencoderError(
        'INVALID_OPTION',
        'initialize: this Autoencoder is already initialized; create another one.',
      );
    }
    this.#network = await createNetwork(this.#options, this, options);
  }

  /**
   * Computes the best weights in closed form, in seconds, for the linear part of a network with preset `transform` and these samples.
   * `train` does this with its samples before the first step, unless it was done before. The same samples and seed give the same bits on
   * every engine. Throws INVALID_OPTION for other networks, INVALID_SAMPLE, ABORTED.
   */
  async computeStart(images: Images, options: LinearStartOptions & ImageInputs = {}): Promise<void> {
    const network = this.#ready;
    const [samples, own] = takeImages<LinearStartOptions>(network, 'computeStart', images, options, { keeps: true });
    await computeStart(network, samples, own);
  }

  get #ready(): Network {
    if (this.#isDisposed) {
      throw new AutoencoderError('DISPOSED', 'this Autoencoder has been disposed of; create or load another one.');
    }
    if (this.#network) return this.#network;
    throw new AutoencoderError('NOT_INITIALIZED', 'this Autoencoder has no weights yet; await initialize() first.');
  }

  /** The network as an ordinary tf.LayersModel from images to reconstructions; this object keeps ownership of it. */
  get model(): LayersModel {
    return this.#ready.model;
  }

  /** Warnings about the network that was loaded, such as NaN weights: one sentence each, without a period. */
  get warnings(): readonly string[] {
    return this.#warnings;
  }

  /** Number of weights in the network; for a preset, it is known before `initialize` and before memory is allocated. */
  get weightCount(): WeightCount {
    const { preset = 'mirror', layers } = this.#options;
    if (!this.#network && !layers) return countWeights(this.inputShape, preset, this.#options);
    return weightCountOf(this.#ready.model);
  }

  /** Number of values in the code of an image. */
  get codeSize(): number {
    return this.sizes.codeNumbers;
  }

  /** Sizes of an image, its code and its masks in bytes. */
  get sizes(): CodeSizes {
    return measureSizes(this.#ready);
  }

  /** Whether it takes images of any height and width, not only of `inputShape`, as networks with preset transform do. */
  get takesAnySize(): boolean {
    return this.#ready.blocks !== undefined;
  }

  /** Returns the same for images of another size; throws SHAPE_MISMATCH if the network takes only its own size. */
  sizesOf(size: readonly [height: number, width: number]): CodeSizes {
    return sizesOf(this.#ready, size);
  }

  /** Returns a table of the layers, their output shapes and parameters. */
  summary(): string {
    const lines: string[] = [];
    this.#ready.model.summary(undefined, undefined, (line: string) => lines.push(line));
    return lines.join('\n');
  }

  /**
   * Reconstructs images `[N, H, W, C]`, in the network's units and channel order, as a tensor of the same shape. If `takesAnySize`, they
   * may have any height and width; large ones are processed in tiles without visible seams.
   */
  forward(images: tf.Tensor4D): tf.Tensor4D {
    const network = this.#ready;
    checkImages(images, this);
    return network.forward(images);
  }

  /**
   * Runs the encoder. For a tensor of images `[N, H, W, C]`, in the network's units and channel order, it returns tensors synchronously;
   * for one or many images it does what `encodeAll` does.
   */
  encode(images: tf.Tensor4D): Encoding;
  encode(images: Images, options?: EncodeOptions & ImageInputs): Promise<Codes>;
  encode(images: tf.Tensor4D | Images, options?: EncodeOptions & ImageInputs): Encoding | Promise<Codes> {
    const network = this.#ready;
    if (!isTensor(images)) return this.encodeAll(images, options);
    checkImages(images, this);
    return network.encode(images);
  }

  /**
   * Runs the decoder on codes `[N, codeSize]`, and as many masks as `encode` returned with them, or others of the same shape. If
   * `takesAnySize`, codes may belong to images of another `size`, and small images `[N, rows, columns, numbers]` are accepted as well, by
   * default for images made of whole blocks.
   */
  decode(
    code: tf.Tensor2D | tf.Tensor4D,
    masks: readonly tf.Tensor4D[],
    options: { readonly size?: readonly [height: number, width: number] } = {},
  ): tf.Tensor4D {
    const network = this.#ready;
    checkKeys('decode', options, ['size']);
    return network.decode(code, masks, checkCode(network, code, masks, options.size));
  }

  /**
   * Returns the reconstruction of an image, or of each of several: as RawImages of @ae/images, or, for planar samples, as planar samples
   * (bytes, blue first). They are decoded with their own masks, or with those that `masks` selects. A network that `takesAnySize` keeps the
   * size of the images, unless `options.images.size` is 'network'.
   */
  reconstruct(image: Picture, options?: ReconstructOptions): Promise<RawImage>;
  reconstruct(images: readonly Picture[] | ImageFolder, options?: ReconstructOptions): Promise<RawImage[]>;
  reconstruct(samples: readonly Sample[], options?: ReconstructOptions): Promise<Sample<Uint8Array>[]>;
  reconstruct(
    images: Images,
    options?: ReconstructOptions,
  ): Promise<RawImage | Sample<Uint8Array> | (RawImage | Sample<Uint8Array>)[]>;
  async reconstruct(images: Images, options?: ReconstructOptions) {
    return reconstructImages(this.#ready, images, options);
  }

  /**
   * Trains on samples with a recipe, by default one that learns well (docs/recipes.md). Resolves to the history of the epochs.
   *
   * Throws INVALID_OPTION, INVALID_SAMPLE for a sample of another size, DIVERGED if the loss explodes or becomes NaN (the network's best
   * weights are then restored), WEIGHTS_NOT_FINITE if the current weights are not finite, and ABORTED if `options.signal` is aborted; with
   * `options.run` also OUTPUT_EXISTS, RUN_NOT_FOUND, RUN_IN_USE, OPTIONS_CHANGED if the run cannot be resumed, and CHECKPOINT_FAILED if the
   * trained network cannot be written.
   */
  async train(images: Images, options?: TrainOptions): Promise<TrainingHistory> {
    return trainNetwork(this.#ready, images, options, openRun);
  }

  /** Scores the reconstructions of all samples, with their own masks or with those that `options.masks` selects. */
  async evaluate(images: Images, options?: EvaluateOptions & ImageInputs): Promise<Evaluation> {
    const network = this.#ready;
    return evaluateNetwork(network, ...takeImages<EvaluateOptions>(network, 'evaluate', images, options));
  }

  /** Returns the codes of a whole source, which must fit in memory (4 bytes per number), with keys and labels. */
  async encodeAll(images: Images, options?: EncodeOptions & ImageInputs): Promise<Codes> {
    const network = this.#ready;
    return encodeAll(network, ...takeImages<EncodeOptions>(network, 'encodeAll', images, options));
  }

  /** Yields the codes of a source batch by batch, for sources of any size. */
  encodeBatches(images: Images, options?: EncodeOptions & ImageInputs): AsyncGenerator<Codes> {
    const network = this.#ready;
    return encodeBatches(network, ...takeImages<EncodeOptions>(network, 'encodeBatches', images, options));
  }

  /** Decodes codes between those of two images, with the masks that `options.masks` selects; see {@link InterpolationMasks}. */
  interpolate(first: Picture, second: Picture, options: InterpolateOptions & ImageInputs): Promise<RawImage[]>;
  interpolate(first: Sample, second: Sample, options: InterpolateOptions): Promise<Sample<Uint8Array>[]>;
  async interpolate(first: Picture | Sample, second: Picture | Sample, options: InterpolateOptions & ImageInputs) {
    const network = this.#ready;
    const [source, own] = takeImages<InterpolateOptions>(network, 'interpolate', [first, second], options);
    const [from, to] = [await source.at(0), await source.at(1)] as Sample[];
    const made = await interpolateImages(network, from, to, own as InterpolateOptions);
    return isPicture(first) ? made.map(toPicture) : made;
  }

  /**
   * Makes images from random codes: drawn from a mixture of Gaussians fitted to the codes of `codesOf`, or, for a variational network, from
   * the standard normal distribution. Throws INVALID_OPTION if there is neither, INVALID_SAMPLE, ABORTED.
   */
  async sample(
    options?: Omit<SampleImagesOptions, 'codesOf'> & ImageInputs & { readonly codesOf?: Images },
  ): Promise<Sample<Uint8Array>[]> {
    const network = this.#ready;
    const [inputs, own] = splitOptions(options);
    const { codesOf, ...others } = own ?? {};
    if (codesOf === undefined) return sampleImages(network, own as SampleImagesOptions);
    const [samples] = takeImages(network, 'sample, codesOf', codesOf, inputs, { keeps: true });
    return sampleImages(network, { ...others, codesOf: samples });
  }

  /** Scores the network with all three kinds of masks, and PCA, JPEG and thumbnails of the same size. */
  async compare(
    images: Images,
    options?: Omit<CompareOptions, 'trainingSamples'> & ImageInputs & { readonly trainingSamples?: Images },
  ): Promise<Comparison> {
    const network = this.#ready;
    const [samples, own] = takeImages(network, 'compare', images, options, { keeps: true });
    const { trainingSamples } = own ?? {};
    if (trainingSamples === undefined) return compareNetwork(network, samples, own as CompareOptions);
    const { images: fit } = options ?? {};
    const [known] = takeImages(network, 'compare, trainingSamples', trainingSamples, { images: fit }, { keeps: true });
    return compareNetwork(network, samples, { ...own, trainingSamples: known });
  }

  /**
   * Writes model.json and weights.bin, which tf.loadLayersModel can read as well, to a new folder, which appears complete or not at all.
   * Instead of a folder, an address such as 'indexeddb://name' or a handler of tf.io determines where the network is saved. Throws
   * OUTPUT_EXISTS if the folder exists, unless `overwrite` is set and it contains a saved model, SAVE_FAILED if a handler fails, and
   * WEIGHTS_NOT_FINITE for a network that contains NaN.
   */
  async save(place: SavePlace, options: SaveOptions = {}): Promise<void> {
    checkKeys('save', options, ['overwrite', 'weights']);
    const { overwrite = false, weights = 'float32' } = options;
    checkChoice('weights', weights, ['float32', 'float16']);
    await saveModel(this.#ready.model, { version: 1, pixels: this.pixels }, place, { overwrite, weights });
  }

  /**
   * Loads what `save` wrote, on the active backend; `warnings` describes anything unusual about it. The files need not be trusted. Instead
   * of a folder, the files themselves can be given, such as those of an `<input type="file" multiple>`. Throws MODEL_NOT_FOUND or
   * MODEL_INVALID.
   */
  static async load(place: LoadPlace): Promise<Autoencoder> {
    const files = await openModelFiles(place);
    await useBackend();
    const { metadata, warnings, ...parts } = await loadModel(files);
    const [height, width, channels] = parts.model.inputs[0].shape.slice(1) as number[];
    const autoencoder = new Autoencoder({ inputShape: [height, width, channels], pixels: metadata.pixels });
    autoencoder.#network = new Network(parts, autoencoder);
    autoencoder.#warnings = warnings;
    return autoencoder;
  }

  /** Frees the network's weights; calling it twice is harmless. */
  dispose(): void {
    this.#network?.dispose();
    this.#network = undefined;
    this.#isDisposed = true;
  }
}
