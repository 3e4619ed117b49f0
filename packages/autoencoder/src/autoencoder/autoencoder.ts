import { ImageFolder, type RawImage } from '@ae/images';
import { splitModel } from '@ae/layers';
import type * as tf from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { type Codes, type EncodeOptions, encodeAll, encodeBatches } from '../codes/codes';
import { type InterpolateOptions, interpolateImages } from '../codes/interpolate';
import { type SampleImagesOptions, sampleImages } from '../codes/sample';
import {
  type ImageInputs,
  type ImageSource,
  type Images,
  type ImageUse,
  isOneImage,
  isPicture,
  type Picture,
  samplesOf,
  splitOptions,
  toPicture,
} from '../data/images';
import { type PixelFormat, resolvePixels } from '../data/pixels';
import { Random } from '../data/random';
import type { ImageShape, Sample, SampleSource } from '../data/samples';
import { withRandom } from '../data/with-random';
import { useBackend } from '../engines/backend';
import { AutoencoderError, checkChoice, checkKeys, checkNumber, invalidOption } from '../errors/errors';
import { checkOption, checkOptions } from '../errors/option-kinds';
import { type CompareOptions, type Comparison, compareNetwork } from '../evaluation/baselines/compare';
import { type EvaluateOptions, type Evaluation, evaluateNetwork, reconstructSamples } from '../evaluation/evaluate';
import { assembleModel } from '../network/assemble';
import { checkImages, checkMasks, checkTensors, isTensor, shapeInWords } from '../network/check-tensors';
import { countWeights, type WeightCount } from '../network/count-weights';
import { initializeWeights } from '../network/initialization';
import { type CodeSizes, type MaskMode, measureSizes } from '../network/masks';
import { loadModel, type SaveOptions, saveModel } from '../network/model-folder';
import { type Encoding, Network } from '../network/network';
import { networkOptions } from '../network/options';
import { codeLayerName } from '../network/presets';
import { type LoadPlace, openModelFiles, type SavePlace } from '../network/saved-model/model-files';
import { linearPartOf, setLinearCode } from '../network/transform/linear-code';
import { computeLinearCode, type LinearStartOptions } from '../network/transform/linear-start';
import { openRun } from '../run/open-run';
import { trainingOptions } from '../training/options';
import { namedRecipe, recipeFor, recipes } from '../training/recipes';
import { trainNetwork } from '../training/train';
import type { TrainOptions } from '../training/train-options';
import type { TrainingHistory } from '../training/training-events';
import {
  type AutoencoderOptions,
  checkAutoencoderOptions,
  type InitializeOptions,
  type ReconstructOptions,
} from './autoencoder-options';

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
    checkAutoencoderOptions(options);
    this.#options = options;
    this.inputShape = options.inputShape ?? [64, 64, 3];
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
    const { preset = 'mirror', layers, codeSize, coefficients, variational } = this.#options;
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
    const origin = {
      ...(!layers && { preset, codeSize, coefficients, variational }),
      initialization: { scheme, seed },
    };
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
  async computeStart(images: Images, options: LinearStartOptions & ImageInputs = {}): Promise<void> {
    const network = this.#ready;
    const [samples, own = {}] = this.#take('computeStart', images, options, { keeps: true });
    checkKeys('computeStart', own, ['seed', 'signal', 'beta', 'onProgress']);
    const { beta = recipes.transform.beta } = own;
    checkOption('beta', trainingOptions.beta, beta);
    setLinearCode(network.model, await computeLinearCode(samples, network, own), beta);
    network.start = undefined;
  }

  /** Returns images as samples that the network takes, and the options that are not on them. */
  #take<T extends object>(
    where: string,
    images: unknown,
    options: (T & ImageInputs) | undefined,
    use: Pick<ImageUse, 'keeps'> & { readonly size?: 'own' | 'network' } = {},
  ): [SampleSource, T | undefined] {
    const { takesAnySize, inputShape } = this;
    const [inputs, own] = splitOptions<T>(options);
    const size = inputs.images?.size ?? use.size;
    if (inputs.images?.size === 'own' && !takesAnySize) throw ownSizeAlone();
    const keepsSize = () => takesAnySize && size === 'own';
    const { images: given, onWarning } = inputs;
    return [samplesOf(images, { where, inputShape, keeps: use.keeps, keepsSize, options: given, onWarning }), own];
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
    checkSides(size);
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
    checkImages(images, this);
    return network.forward(images);
  }

  /**
   * Runs the encoder: on a tensor of images `[N, H, W, C]`, in the network's units and channel order, to tensors at once; on one or many images
   * as `encodeAll` does.
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
    const inputs = checkTensors('decode', [code, ...checkMasks(masks)]);
    const { blocks } = network;
    const isImage = blocks && code.shape.length === 4;
    const whole = isImage ? blocks.wholeSize([code.shape[1], code.shape[2]]) : network.size;
    const { size = whole } = options;
    const { codeNumbers, codeShape } = this.sizesOf(size);
    const shapes = network.decoder.inputs.map(({ shape }) => shape.slice(1));
    if (blocks) shapes[0] = isImage ? [...codeShape] : [codeNumbers];
    const expected = shapes.map((shape) => shapeInWords([code.shape[0], ...shape])).join(' and ');
    const received = inputs.map(({ shape }) => shapeInWords(shape)).join(' and ');
    if (expected === received) return network.decode(code, masks, size);
    const what = { where: 'decode', expected: `a code and masks of ${expected}`, received };
    throw new AutoencoderError('SHAPE_MISMATCH', what);
  }

  /**
   * Returns the reconstruction of an image, or of each of several: as a RawImage of @ae/images, and of planar samples as such (bytes, blue
   * first); with their own masks, or with those that `masks` names. A network that `takesAnySize` keeps the size of images, unless
   * `options.images.size` is 'network'.
   */
  reconstruct(image: Picture, options?: ReconstructOptions): Promise<RawImage>;
  reconstruct(images: readonly Picture[] | ImageFolder, options?: ReconstructOptions): Promise<RawImage[]>;
  reconstruct(samples: readonly Sample[], options?: ReconstructOptions): Promise<Sample<Uint8Array>[]>;
  reconstruct(
    images: Images,
    options?: ReconstructOptions,
  ): Promise<RawImage | Sample<Uint8Array> | (RawImage | Sample<Uint8Array>)[]>;
  async reconstruct(images: Images, options?: ReconstructOptions) {
    const network = this.#ready;
    const [source, own] = this.#take<{ masks?: MaskMode }>('reconstruct', images, options, { size: 'own' });
    const samples: Sample[] = [];
    for (let i = 0; i < source.length; i++) samples.push(network.checkSample(await source.at(i), i));
    const made = await reconstructSamples(network, samples, own);
    const isOne = isOneImage(images);
    const isPictureAt = (i: number) => (isOne ? isPicture(images) : isSourceOfPictures(images as ImageSource, i));
    const all = made.map((sample, i) => (isPictureAt(i) ? toPicture({ ...sample, ...namesOf(samples[i]) }) : sample));
    return isOne ? all[0] : all;
  }

  /**
   * Trains on samples by a recipe, by default one that learns well (docs/recipes.md). Resolves to the history by epoch.
   *
   * Throws INVALID_OPTION, INVALID_SAMPLE for a sample of another size, DIVERGED when the loss explodes or is no number
   * (the network then has its best weights back), WEIGHTS_NOT_FINITE when it can't begin with those it has,
   * ABORTED when `options.signal` says so; with `options.run` also OUTPUT_EXISTS, RUN_NOT_FOUND, RUN_IN_USE, OPTIONS_CHANGED when
   * resuming is impossible, and CHECKPOINT_FAILED when the trained network can't be written.
   */
  async train(images: Images, options?: TrainOptions): Promise<TrainingHistory> {
    return trainNetwork(this.#ready, images, options, openRun);
  }

  /** Scores the reconstructions of all samples: with their own masks, or with those that `options.masks` names. */
  async evaluate(images: Images, options?: EvaluateOptions & ImageInputs): Promise<Evaluation> {
    const network = this.#ready;
    return evaluateNetwork(network, ...this.#take<EvaluateOptions>('evaluate', images, options));
  }

  /** Returns the codes of a whole source, which must fit in memory (4 bytes per number), with keys and labels. */
  async encodeAll(images: Images, options?: EncodeOptions & ImageInputs): Promise<Codes> {
    const network = this.#ready;
    return encodeAll(network, ...this.#take<EncodeOptions>('encodeAll', images, options));
  }

  /** Yields the codes of a source batch by batch, for sources of any size. */
  encodeBatches(images: Images, options?: EncodeOptions & ImageInputs): AsyncGenerator<Codes> {
    const network = this.#ready;
    return encodeBatches(network, ...this.#take<EncodeOptions>('encodeBatches', images, options));
  }

  /** Decodes codes between those of two images, with the masks that `options.masks` names; see {@link InterpolationMasks}. */
  interpolate(first: Picture, second: Picture, options: InterpolateOptions & ImageInputs): Promise<RawImage[]>;
  interpolate(first: Sample, second: Sample, options: InterpolateOptions): Promise<Sample<Uint8Array>[]>;
  async interpolate(first: Picture | Sample, second: Picture | Sample, options: InterpolateOptions & ImageInputs) {
    const network = this.#ready;
    const [source, own] = this.#take<InterpolateOptions>('interpolate', [first, second], options);
    const [from, to] = [await source.at(0), await source.at(1)] as Sample[];
    const made = await interpolateImages(network, from, to, own as InterpolateOptions);
    return isPicture(first) ? made.map(toPicture) : made;
  }

  /**
   * Makes images from codes drawn at random: from a mixture of Gaussians fitted to the codes of `codesOf`, or, of a variational network, from
   * the standard normal distribution. Throws INVALID_OPTION where there is neither, INVALID_SAMPLE, ABORTED.
   */
  async sample(
    options?: Omit<SampleImagesOptions, 'codesOf'> & ImageInputs & { readonly codesOf?: Images },
  ): Promise<Sample<Uint8Array>[]> {
    const network = this.#ready;
    const [inputs, own] = splitOptions(options);
    const { codesOf, ...others } = own ?? {};
    if (codesOf === undefined) return sampleImages(network, own as SampleImagesOptions);
    const [samples] = this.#take('sample, codesOf', codesOf, inputs, { keeps: true });
    return sampleImages(network, { ...others, codesOf: samples });
  }

  /** Scores the network with all three kinds of masks beside PCA, JPEG and thumbnails at equal bytes. */
  async compare(
    images: Images,
    options?: Omit<CompareOptions, 'trainingSamples'> & ImageInputs & { readonly trainingSamples?: Images },
  ): Promise<Comparison> {
    const network = this.#ready;
    const [samples, own] = this.#take('compare', images, options, { keeps: true });
    const { trainingSamples } = own ?? {};
    if (trainingSamples === undefined) return compareNetwork(network, samples, own as CompareOptions);
    const { images: fit } = options ?? {};
    const [known] = this.#take('compare, trainingSamples', trainingSamples, { images: fit }, { keeps: true });
    return compareNetwork(network, samples, { ...own, trainingSamples: known });
  }

  /**
   * Writes model.json and weights.bin, which tf.loadLayersModel reads too, into a new folder; the folder appears whole
   * or not at all. In place of a folder, an address such as 'indexeddb://name' or a handler of tf.io says where the network is kept.
   * Throws OUTPUT_EXISTS for a folder that exists, unless `overwrite` is set and it holds a saved model, SAVE_FAILED where a handler does, and
   * WEIGHTS_NOT_FINITE for a network that holds NaN.
   */
  async save(place: SavePlace, options: SaveOptions = {}): Promise<void> {
    checkKeys('save', options, ['overwrite', 'weights']);
    const { overwrite = false, weights = 'float32' } = options;
    checkChoice('weights', weights, ['float32', 'float16']);
    await saveModel(this.#ready.model, { version: 1, pixels: this.pixels }, place, { overwrite, weights });
  }

  /**
   * Reads what `save` wrote, on whatever backend is set; `warnings` says what is odd about it. The files may be anybody's; in place of a folder
   * they can be given themselves, as those of an `<input type="file" multiple>` of a page. Throws MODEL_NOT_FOUND or MODEL_INVALID.
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

  /** Frees the network's weights; harmless when called twice. */
  dispose(): void {
    this.#network?.dispose();
    this.#network = undefined;
    this.#isDisposed = true;
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

/** What an image was called, for its reconstruction. */
function namesOf({ label, key }: Sample): Pick<Sample, 'label' | 'key'> {
  return { ...(label !== undefined && { label }), ...(key !== undefined && { key }) };
}

/** Tells whether what a source gives at a place is an image and no sample: of a folder it is known, and arrays are looked into. */
function isSourceOfPictures(source: ImageSource, i: number): boolean {
  return ImageFolder.isImageFolder(source) || (Array.isArray(source) && isPicture(source[i]));
}

function ownSizeAlone(): AutoencoderError {
  const todo = 'train one of preset transform for any size';
  return invalidOption('images.size', "'network', for this network takes images of its own size alone", 'own', todo);
}

function checkSides(size: readonly [height: number, width: number]): void {
  if (!Array.isArray(size) || size.length !== 2) throw invalidOption('size', '[height, width]', size);
  for (const side of size) checkNumber('size', side, { min: 1, integer: true });
}

function sizeFromShape(shape: readonly (number | null)[]): number {
  return shape.reduce<number>((product, size) => product * (size ?? 1), 1);
}
