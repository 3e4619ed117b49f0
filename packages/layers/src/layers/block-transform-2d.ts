import { inWords } from '@ae/ground/in-words';
import { serialization, type Tensor, type Tensor1D, type Tensor2D, type Tensor4D, tidy } from '@tensorflow/tfjs-core';
import { initializers, layers, type Shape } from '@tensorflow/tfjs-layers';
import { formatShape, InvalidOptionError, ShapeError } from '../errors';
import { analyzeBlocks, cropImages, extendImages, synthesizeBlocks } from '../ops/block-transform';
import { checkOptions } from '../ops/checks';
import { resolveSize2D, type Size2D } from '../ops/pool-geometry';
import { markAutoNamed } from './auto-name';
import type { LayerArgs } from './max-pooling-2d';

type WeightVariable = ReturnType<layers.Layer['addWeight']>;

/** Options of {@link blockTransform2d}. */
export interface BlockTransform2DArgs extends LayerArgs {
  /** Height and width of the blocks, in pixels. */
  blockSize: Size2D;
  /** Number of coefficients per block to keep, from 1 to the number of values in a block. */
  coefficients: number;
}

/** What both layers share: blocks, and weights that are not trained. */
abstract class BlockLayer extends layers.Layer {
  /** Height and width of the blocks, in pixels. */
  readonly blockSize: readonly [number, number];

  #colors!: WeightVariable;
  #places!: WeightVariable;

  /** @throws InvalidOptionError */
  constructor(args: LayerArgs & { blockSize: Size2D }) {
    checkOptions('block transform', args, 'blockSize: 8');
    super(args);
    this.blockSize = resolveSize2D(this.where, 'blockSize', args.blockSize);
  }

  /** Prefix of messages. */
  protected get where(): string {
    return `layer "${this.name}"`;
  }

  /** Adds the directions in color space, and the list of the positions of coefficients. */
  protected addFixedWeights(channels: number, listName: string, listLength: number): void {
    const add = (name: string, shape: number[], initializer: Parameters<layers.Layer['addWeight']>[3]) =>
      this.addWeight(name, shape, 'float32', initializer, undefined, false);
    this.#colors = add('colors', [channels, channels], initializers.identity({}));
    this.#places = add(listName, [listLength], initializers.zeros());
  }

  /** Reads both. */
  protected readFixedWeights(): { colors: Tensor2D; list: Tensor1D } {
    return { colors: this.#colors.read() as Tensor2D, list: this.#places.read() as Tensor1D };
  }

  override getConfig(): serialization.ConfigDict {
    return { ...super.getConfig(), blockSize: [...this.blockSize] };
  }
}

/**
 * Transforms blocks of images to the coefficients of a cosine transform and keeps some: `[N, H, W, C]` -> `[N, h, w, coefficients]` with h
 * = ceil(H / height of a block), and w likewise. Beyond its edges, the image is continued by its mirror image.
 *
 * Which coefficients, and which directions in color space, are weights that are not trained: `positions` `[coefficients]` and `colors` `[C,
 * C]`, see {@link analyzeBlocks}. Registered as `BlockTransform2D`.
 */
export class BlockTransform2D extends BlockLayer {
  static readonly className = 'BlockTransform2D';

  /** Number of coefficients per block that are kept. */
  readonly coefficients: number;

  /** @throws InvalidOptionError */
  constructor(args: BlockTransform2DArgs) {
    super(args);
    this.coefficients = args.coefficients;
    if (Number.isInteger(this.coefficients) && this.coefficients >= 1) return;
    throw new InvalidOptionError({
      where: this.where,
      expected: 'coefficients as an integer of at least 1',
      received: inWords(args.coefficients),
    });
  }

  override build(inputShape: Shape | Shape[]): void {
    const channels = channelsOf(this.where, inputShape);
    this.#checkCount(channels);
    this.addFixedWeights(channels, 'positions', this.coefficients);
    super.build(inputShape);
  }

  /** `[N, H, W, C]` -> `[N, h, w, coefficients]`. Throws ShapeError. */
  override computeOutputShape(inputShape: Shape | Shape[]): Shape {
    this.#checkCount(channelsOf(this.where, inputShape));
    const [batch, height, width] = inputShape as Shape;
    const [rows, columns] = [height, width].map((size, i) =>
      size === null ? null : Math.ceil(size / this.blockSize[i]),
    );
    return [batch, rows, columns, this.coefficients];
  }

  /** float32 `[N, H, W, C]` -> `[N, h, w, coefficients]`. */
  override call(inputs: Tensor | Tensor[]): Tensor {
    const images = [inputs].flat()[0] as Tensor4D;
    return tidy(() => {
      const { colors, list } = this.readFixedWeights();
      return analyzeBlocks(extendImages(images, this.blockSize), { blockSize: this.blockSize, colors }, list);
    });
  }

  override getConfig(): serialization.ConfigDict {
    return { ...super.getConfig(), coefficients: this.coefficients };
  }

  #checkCount(channels: number): void {
    const most = this.blockSize[0] * this.blockSize[1] * channels;
    if (this.coefficients <= most) return;
    throw new ShapeError({
      where: this.where,
      expected: `at most ${most} coefficients of blocks of ${formatShape([...this.blockSize, channels])}`,
      received: `${this.coefficients}`,
    });
  }
}

/** Options of {@link inverseBlockTransform2d}. */
export interface InverseBlockTransform2DArgs extends LayerArgs {
  /** Height and width of the blocks, in pixels. */
  blockSize: Size2D;
  /** Height, width and channels of the images. */
  outputShape: readonly [height: number, width: number, channels: number];
}

/**
 * Makes images from the coefficients that {@link BlockTransform2D} kept: `[N, h, w, M]` -> `[N, H, W, C]`.
 *
 * Its weights, which are not trained, are `colors` `[C, C]`, as there, and `places` `[height * width * C of a block]`: the index of each
 * coefficient among those that were kept, or M if it was left out. Registered as `InverseBlockTransform2D`.
 */
export class InverseBlockTransform2D extends BlockLayer {
  static readonly className = 'InverseBlockTransform2D';

  /** Height, width and channels of the images. */
  readonly imageShape: readonly [number, number, number];

  /** @throws InvalidOptionError */
  constructor(args: InverseBlockTransform2DArgs) {
    super(args);
    this.imageShape = args.outputShape;
    const sizes: unknown[] = Array.isArray(args.outputShape) ? args.outputShape : [];
    if (sizes.length === 3 && sizes.every((size) => Number.isInteger(size) && (size as number) >= 1)) return;
    throw new InvalidOptionError({
      where: this.where,
      expected: 'outputShape as [height, width, channels]',
      received: inWords(args.outputShape),
    });
  }

  override build(inputShape: Shape | Shape[]): void {
    const [, , channels] = this.imageShape;
    this.addFixedWeights(channels, 'places', this.blockSize[0] * this.blockSize[1] * channels);
    super.build(inputShape);
  }

  /** `[N, h, w, M]` -> `[N, H, W, C]`. Throws ShapeError. */
  override computeOutputShape(inputShape: Shape | Shape[]): Shape {
    channelsOf(this.where, inputShape);
    const [batch, rows, columns] = inputShape as Shape;
    const [height, width] = this.imageShape;
    const expected = [Math.ceil(height / this.blockSize[0]), Math.ceil(width / this.blockSize[1])];
    if ([rows, columns].every((size, i) => size === null || size === expected[i])) return [batch, ...this.imageShape];
    throw new ShapeError({
      where: this.where,
      expected: `${formatShape(expected)} blocks for images of ${formatShape([height, width])}`,
      received: formatShape([rows, columns]),
    });
  }

  /** float32 `[N, h, w, M]` -> `[N, H, W, C]`. */
  override call(inputs: Tensor | Tensor[]): Tensor {
    return tidy(() => cropImages(this.wholeBlocks([inputs].flat()[0] as Tensor4D), this.imageShape));
  }

  /** Makes images from any number of blocks, without cropping: float32 `[N, h, w, M]` -> `[N, h * height, w * width, C]`. */
  wholeBlocks(coefficients: Tensor4D): Tensor4D {
    return tidy(() => {
      const { colors, list } = this.readFixedWeights();
      return synthesizeBlocks(coefficients, { blockSize: this.blockSize, colors, places: list });
    });
  }

  override getConfig(): serialization.ConfigDict {
    return { ...super.getConfig(), outputShape: [...this.imageShape] };
  }
}

serialization.registerClass(BlockTransform2D);
serialization.registerClass(InverseBlockTransform2D);

/** Creates a layer that transforms blocks of images; see {@link BlockTransform2D}. @throws InvalidOptionError */
export function blockTransform2d(args: BlockTransform2DArgs): BlockTransform2D {
  return markAutoNamed(new BlockTransform2D(args), 'block_transform2d', args);
}

/** Creates a layer that makes images from the coefficients of blocks; see {@link InverseBlockTransform2D}. @throws InvalidOptionError */
export function inverseBlockTransform2d(args: InverseBlockTransform2DArgs): InverseBlockTransform2D {
  return markAutoNamed(new InverseBlockTransform2D(args), 'inverse_block_transform2d', args);
}

function channelsOf(where: string, shape: Shape | Shape[]): number {
  const channels = (shape as Shape)[3];
  if (shape.length === 4 && typeof channels === 'number') return channels;
  throw new ShapeError({
    where,
    expected: 'an input of height x width x channels',
    received: formatShape((shape as Shape).slice(1)),
  });
}
