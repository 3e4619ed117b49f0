import { type Residual, splitModel } from '@ae/layers';
import type * as tf from '@tensorflow/tfjs-core';
import type { LayersModel, layers } from '@tensorflow/tfjs-layers';
import { type Codes, type EncodeOptions, encodeAll, encodeBatches } from './codes/codes';
import { type InterpolateOptions, interpolateImages } from './codes/interpolate';
import { type SampleImagesOptions, sampleImages } from './codes/sample';
import { type PixelFormat, resolvePixels } from './data/pixels';
import { Random } from './data/random';
import { checkSource, type ImageShape, type Sample, type SampleSource } from './data/samples';
import { withRandom } from './data/with-random';
import { useBackend } from './engines/backend';
import { AutoencoderError, checkKeys, checkNumber, checkText, invalidOption } from './errors';
import { type CompareOptions, type Comparison, compareNetwork } from './evaluation/baselines/compare';
import { type EvaluateOptions, type Evaluation, evaluateNetwork, reconstructSamples } from './evaluation/evaluate';
import { assembleModel } from './network/assemble';
import { countWeights, type WeightCount } from './network/count-weights';
import { initializeWeights } from './network/initialization';
import { type CodeSizes, type MaskMode, measureSizes } from './network/masks';
import { loadModel, type ModelMetadata, saveModel } from './network/model-folder';
import { type Encoding, Network } from './network/network';
import { type InitializationScheme, networkOptions, type PresetName } from './network/options';
import { codeLayerName } from './network/presets';
import { linearPartOf, setLinearCode } from './network/transform/linear-code';
import { computeLinearCode, type LinearStartOptions } from './network/transform/linear-start';
import { checkOption, checkOptions } from './option-kinds';
import { openRun } from './run/open-run';
import { trainingOptions } from './training/options';
import { namedRecipe, type RecipeName, recipeFor, recipes } from './training/recipes';
import { trainNetwork } from './training/train';
import type { TrainOptions } from './training/train-options';
import type { TrainingHistory } from './training/training-events';

export interface AutoencoderOptions {
  /** An architecture by name. Default 'mirror'. */
  readonly preset?: PresetName;
  /**
   * Or the layers themselves, input to output, branches made by `residual` among them; the one named 'code' ends the encoder. With layers named
   * as those of preset transform, a list has its start, too: see the README.
   */
  readonly layers?: readonly (layers.Layer | Residual)[];
  /** `[height, width, channels]` of the images. Default [64, 64, 3]. */
  readonly inputShape?: ImageShape;
  /**
   * How many numbers the code of a preset has. Default 1568 for 64x64 images, and for any as many as memory allows. Preset transform has as many
   * for each block of an image, so its code has the nearest possible number, which `codeSize` of the Autoencoder says; by default an eighth of
   * the values of an image.
   */
  readonly codeSize?: number;
  /** Make a preset's code a Gaussian for each image, which training draws from and `sample` can. Default false. */
  readonly variational?: boolean;
  readonly pixels?: Partial<PixelFormat>;
}

export interface InitializeOptions {
  /** Default 0. */
  readonly seed?: number;
  /** Default: the recipe's. */
  readonly scheme?: InitializationScheme;
  /** Whose first weights to draw. Default: the recipe that suits the preset, as in `train`. */
  readonly recipe?: RecipeName;
  /** false leaves the weights at 0, for those that are to come from elsewhere. Default true. */
  readonly draw?: boolean;
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
  readonly #options: AutoencoderOptions;
  #network?: Network;
  #warnings: readonly string[] = [];
  #isDisposed = false;

  /** Describes a network; nothing is allocated before `initialize`. Throws INVALID_OPTION. */
  constructor(options: AutoencoderOptions = {}) {
    checkKeys('new Autoencoder', options, ['preset', 'layers', 'inputShape', 'codeSize', 'variational', 'pixels']);
    const { preset = 'mirror', inputShape = [64, 64, 3] } = options;
    checkOption('preset', networkOptions.preset, preset);
    if (options.layers && (options.preset || options.codeSize !== undefined || options.variational)) {
      throw new AutoencoderError(
        'INVALID_OPTION',
        'layers: a list of layers can have neither preset, codeSize nor variational beside it.',
        { where: 'layers' },
      );
    }
    if (!Array.isArray(inputShape) || inputShape.length !== 3) {
      throw invalidOption('inputShape', '[height, width, channels]', inputShape);
    }
    for (const size of inputShape) checkNumber('inputShape', size, { min: 1, integer: true });
    checkOption('codeSize', networkOptions.codeSize, options.codeSize);
    this.#options = options;
    this.inputShape = inputShape;
    this.pixels = resolvePixels(options.pixels);
  }

  /**
   * Builds the network and draws its weights from `seed`: the same on every backend. `scheme` says how kernels and biases of
   * convolutions and linear layers are drawn: as 'projection', which learns fastest, or as
   * 'torch', the original's; preset transform knows 'linear' alone, a linear code that `computeStart` fits to images. Other layers, and those
   * that were given a kernelInitializer or weights, begin as they would elsewhere.
   * Uses the backend that is set, or else the best one (`useBackend('auto')`). Throws when sizes don't work out, naming the
   * layer.
   */
  async initialize(options: InitializeOptions = {}): Promise<void> {
    checkKeys('initialize', options, ['seed', 'scheme', 'recipe', 'draw']);
    const { preset = 'mirror', layers, codeSize, variational } = this.#options;
    const { recipe = recipeFor(layers ? undefined : preset), seed = 0, draw = true } = options;
    const named = namedRecipe(recipe).scheme;
    checkOptions('initialization', networkOptions.initialization.options, { seed, scheme: options.scheme });
    if (this.#network || this.#isDisposed) {
      throw new AutoencoderError(
        'INVALID_OPTION',
        'initialize: this Autoencoder has been initialized already; make another.',
      );
    }
    await useBackend();
    // What layers draw by themselves comes from the seed too.
    const { inputShape, pixels } = this;
    const { model, isOwn } = withRandom(new Random(seed, 3), () => assembleModel(inputShape, this.#options));
    // A list of layers that has the linear part of preset transform begins as that does.
    const { scheme = layers && linearPartOf(model) ? 'linear' : named } = options;
    if (draw) initializeWeights(model, { seed, scheme, pixels, isOwn });
    const origin = { ...(!layers && { preset, codeSize, variational }), initialization: { scheme, seed } };
    this.#network = new Network(
      { model, ...splitModel(model, codeLayerName) },
      { inputShape, pixels, origin, isBlank: !draw },
    );
    if (draw && scheme === 'linear') {
      this.#network.start = (samples, options) => this.computeStart(samples, { seed, ...options });
    }
  }

  /**
   * Gives the linear part of a network of preset `transform` the best weights that closed formulas find for these samples, in seconds. `train`
   * does so by itself with its samples before the first step, unless this was called before. The same samples and seed give the same bits on
   * every engine. Throws INVALID_OPTION for other networks, INVALID_SAMPLE, ABORTED.
   */
  async computeStart(samples: SampleSource, options: LinearStartOptions = {}): Promise<void> {
    checkSource('computeStart', samples);
    checkKeys('computeStart', options, ['seed', 'signal', 'beta', 'onProgress']);
    const { beta = recipes.transform.beta } = options;
    checkOption('beta', trainingOptions.beta, beta);
    const network = this.#ready;
    setLinearCode(network.model, await computeLinearCode(samples, network, options), beta);
    network.start = undefined;
  }

  get #ready(): Network {
    if (this.#isDisposed) {
      throw new AutoencoderError('DISPOSED', 'this Autoencoder has been disposed of; make or load another.');
    }
    if (this.#network) return this.#network;
    throw new AutoencoderError(
      'NOT_INITIALIZED',
      'this Autoencoder has no weights yet; call initialize() and wait for it.',
    );
  }

  /** The network as an ordinary tf.LayersModel, images to reconstructions; it stays this object's own. */
  get model(): LayersModel {
    return this.#ready.model;
  }

  /** What is odd about the network that was loaded, such as weights that are NaN: a sentence each, without a full stop. */
  get warnings(): readonly string[] {
    return this.#warnings;
  }

  /** How many numbers the network holds. Of a preset's it is known before `initialize`, and before memory is taken for them. */
  get weightCount(): WeightCount {
    const { preset = 'mirror', layers } = this.#options;
    if (!this.#network && !layers) return countWeights(this.inputShape, preset, this.#options);
    const { model } = this.#ready;
    const trained = model.trainableWeights.reduce((sum, { shape }) => sum + sizeFromShape(shape), 0);
    return { all: model.countParams(), trained };
  }

  /** How many numbers the code of an image has. */
  get codeSize(): number {
    return this.sizes.codeNumbers;
  }

  /** How many bytes an image, its code and its masks take. */
  get sizes(): CodeSizes {
    return measureSizes(this.#ready);
  }

  /** Whether it takes images of any height and width, not only of `inputShape`: networks of preset transform do. */
  get takesAnySize(): boolean {
    return this.#ready.blocks !== undefined;
  }

  /** Returns the same of images of another size; throws SHAPE_MISMATCH where the network takes its own size alone. */
  sizesOf(size: readonly [height: number, width: number]): CodeSizes {
    const network = this.#ready;
    for (const side of size) checkNumber('size', side, { min: 1, integer: true });
    this.#checkSize('size', size);
    return measureSizes(network, [size[0], size[1], this.inputShape[2]]);
  }

  /** Returns a table of the layers, their output shapes and parameters. */
  summary(): string {
    const lines: string[] = [];
    this.#ready.model.summary(undefined, undefined, (line: string) => lines.push(line));
    return lines.join('\n');
  }

  /**
   * Runs images `[N, H, W, C]`, in the network's units and channel order, to reconstructions of the same shape. Where `takesAnySize`, they may
   * have any height and width; large ones are computed in tiles that leave no seams.
   */
  forward(images: tf.Tensor4D): tf.Tensor4D {
    const network = this.#ready;
    this.#checkImages(images);
    return network.forward(images);
  }

  /** Runs the encoder on images `[N, H, W, C]`, in the network's units and channel order. */
  encode(images: tf.Tensor4D): Encoding {
    const network = this.#ready;
    this.#checkImages(images);
    return network.encode(images);
  }

  /**
   * Runs the decoder on codes `[N, codeSize]` and as many masks as `encode` returned with them, or others of their shape. Where
   * `takesAnySize`, codes may be those of images of another `size`, and small images `[N, rows, columns, numbers]` as well, by default of
   * images of whole blocks.
   */
  decode(
    code: tf.Tensor2D | tf.Tensor4D,
    masks: readonly tf.Tensor4D[],
    options: { readonly size?: readonly [height: number, width: number] } = {},
  ): tf.Tensor4D {
    const network = this.#ready;
    checkKeys('decode', options, ['size']);
    const { blocks } = network;
    const isImage = blocks && code.shape.length === 4;
    const whole = isImage ? blocks.wholeSize([code.shape[1], code.shape[2]]) : network.size;
    const { size = whole } = options;
    const { codeNumbers, codeShape } = this.sizesOf(size);
    const inputs = [code, ...masks];
    const shapes = network.decoder.inputs.map(({ shape }) => shape.slice(1));
    if (blocks) shapes[0] = isImage ? [...codeShape] : [codeNumbers];
    const expected = shapes.map((shape) => describe([code.shape[0], ...shape])).join(' and ');
    const received = inputs.map(({ shape }) => describe(shape)).join(' and ');
    if (expected === received) return network.decode(code, masks, size);
    const what = { where: 'decode', expected: `a code and masks of ${expected}`, received };
    throw new AutoencoderError('SHAPE_MISMATCH', what);
  }

  /**
   * Returns the reconstructions of samples as samples: bytes, planar, blue first; with their own masks, or with those
   * that `masks` names.
   */
  reconstruct(samples: readonly Sample[], options?: { masks?: MaskMode }): Promise<Sample<Uint8Array>[]> {
    return reconstructSamples(this.#ready, samples, options);
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
    return trainNetwork(this.#ready, samples, options, openRun);
  }

  /** Scores the reconstructions of all samples: with their own masks, or with those that `options.masks` names. */
  evaluate(samples: SampleSource, options?: EvaluateOptions): Promise<Evaluation> {
    return evaluateNetwork(this.#ready, samples, options);
  }

  /** Returns the codes of a whole source, which must fit into memory (4 bytes per number), with keys and labels. */
  encodeAll(samples: SampleSource, options?: EncodeOptions): Promise<Codes> {
    return encodeAll(this.#ready, samples, options);
  }

  /** Yields the codes of a source batch by batch, for sources of any size. */
  encodeBatches(samples: SampleSource, options?: EncodeOptions): AsyncGenerator<Codes> {
    return encodeBatches(this.#ready, samples, options);
  }

  /** Decodes codes between those of two images, with the masks that `options.masks` names; see {@link InterpolationMasks}. */
  interpolate(first: Sample, second: Sample, options: InterpolateOptions): Promise<Sample<Uint8Array>[]> {
    return interpolateImages(this.#ready, first, second, options);
  }

  /**
   * Makes images from codes drawn at random: from a mixture of Gaussians fitted to the codes of `codesOf`, or, of a variational network, from
   * the standard normal distribution. Throws INVALID_OPTION where there is neither, INVALID_SAMPLE, ABORTED.
   */
  sample(options?: SampleImagesOptions): Promise<Sample<Uint8Array>[]> {
    return sampleImages(this.#ready, options);
  }

  /** Scores the network with all three kinds of masks beside PCA, JPEG and thumbnails at equal bytes. */
  compare(samples: SampleSource, options?: CompareOptions): Promise<Comparison> {
    return compareNetwork(this.#ready, samples, options);
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
    await saveModel(this.#ready.model, metadata, folder, options.overwrite ?? false);
  }

  /**
   * Reads what `save` wrote, on whatever backend is set; `warnings` says what is odd about it. The files may be anybody's. Throws
   * MODEL_NOT_FOUND or MODEL_INVALID.
   */
  static async load(folder: string): Promise<Autoencoder> {
    checkText('load, folder', folder);
    await useBackend();
    const { metadata, warnings, ...parts } = await loadModel(folder);
    const [height, width, channels] = parts.model.inputs[0].shape.slice(1) as number[];
    const autoencoder = new Autoencoder({ inputShape: [height, width, channels], pixels: metadata.pixels });
    autoencoder.#network = new Network(parts, autoencoder);
    autoencoder.#warnings = warnings;
    return autoencoder;
  }

  /** Frees the network's weights; harmless when called twice. */
  dispose(): void {
    this.#network?.dispose();
    this.#network = undefined;
    this.#isDisposed = true;
  }

  #checkImages(images: tf.Tensor4D): void {
    const [, height, width, channels] = images.shape;
    const isLike = images.shape.length === 4 && channels === this.inputShape[2];
    const isOwn = height === this.inputShape[0] && width === this.inputShape[1];
    if (isLike && (isOwn || (this.takesAnySize && height > 0 && width > 0))) return;
    const shape = this.takesAnySize
      ? `a tensor [N, height, width, ${this.inputShape[2]}]`
      : `a tensor [N, ${this.inputShape.join(', ')}]`;
    throw new AutoencoderError('SHAPE_MISMATCH', {
      where: 'images',
      expected: shape,
      received: describe(images.shape),
    });
  }

  #checkSize(where: string, [height, width]: readonly [number, number]): void {
    const [ownHeight, ownWidth] = this.inputShape;
    if (this.takesAnySize || (height === ownHeight && width === ownWidth)) return;
    throw new AutoencoderError('SHAPE_MISMATCH', {
      where,
      expected: `${ownHeight}x${ownWidth} (height x width), the only one that this network takes`,
      received: `${height}x${width}`,
      todo: 'train one of preset transform for any size',
    });
  }
}

function sizeFromShape(shape: readonly (number | null)[]): number {
  return shape.reduce<number>((product, size) => product * (size ?? 1), 1);
}

function describe(shape: readonly (number | null)[]): string {
  return `[${shape.join(', ')}]`;
}
