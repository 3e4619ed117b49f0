import { BlockTransform2D, InverseBlockTransform2D } from '@ae/layers';
import { extendImages } from '@ae/layers/ops';
import * as tf from '@tensorflow/tfjs-core';
import type { LayersModel, layers } from '@tensorflow/tfjs-layers';
import { blockLayersOf, isWhole, reachOf } from './block-layers';
import { runLayers } from './graph-parts';
import { planTiles, type Span } from './tiles';

/** Pixels per tile: the features of preset transform then take about 100 MB. */
const tilePixels = 2 ** 20;

/**
 * Runs a transform network on images of any size with its existing weights: its convolutions take any size, and its linear code splits a
 * larger image into more blocks. Images are padded to whole blocks with their mirror images, and the results are cropped again. Large
 * images are computed in tiles that overlap as far as convolutions reach, so that there are no seams.
 */
export class BlockNetwork {
  /** Height and width of a block. */
  readonly blockSize: readonly [number, number];
  /** Number of values in the code of a block. */
  readonly numbers: number;
  /** Pixels per tile. */
  readonly #tilePixels: number;
  readonly #encoder: LayersModel;
  readonly #decoder: LayersModel;

  private constructor(encoder: LayersModel, decoder: LayersModel, plan: BlockPlanOf, pixels: number) {
    this.#encoder = encoder;
    this.#decoder = decoder;
    this.blockSize = plan.blockSize;
    this.numbers = plan.numbers;
    this.#tilePixels = pixels;
  }

  /** Returns the means to run a network on any size; undefined if it takes only its own size. */
  static of(encoder: LayersModel, decoder: LayersModel, pixels = tilePixels): BlockNetwork | undefined {
    const plan = blockLayersOf(encoder, decoder);
    return plan && new BlockNetwork(encoder, decoder, plan, pixels);
  }

  /** Returns the shape of the code of an image of a size: rows and columns of blocks, and the numbers of each. */
  codeShape([height, width]: readonly [number, number]): [number, number, number] {
    return [Math.ceil(height / this.blockSize[0]), Math.ceil(width / this.blockSize[1]), this.numbers];
  }

  /** Returns the size of images with this many rows and columns of whole blocks. */
  wholeSize([rows, columns]: readonly [number, number]): [number, number] {
    return [rows * this.blockSize[0], columns * this.blockSize[1]];
  }

  /** Encodes images `[N, H, W, C]` of any size to `[N, rows, columns, numbers]`. */
  encode(images: tf.Tensor4D): tf.Tensor4D {
    return tf.tidy(() => {
      const extended = extendImages(images, this.blockSize);
      return this.#runTiles(
        this.#encoder,
        extended,
        this.codeShape([images.shape[1], images.shape[2]]),
        (row, column) => this.#encodeTile(extended, row, column),
      );
    });
  }

  /** Decodes codes `[N, rows, columns, numbers]` to images of `size`. */
  decode(code: tf.Tensor4D, [height, width]: readonly [number, number]): tf.Tensor4D {
    return tf.tidy(() => {
      const grid = [code.shape[1], code.shape[2]] as const;
      const images = this.#runTiles(this.#decoder, code, grid, (row, column) => this.#decodeTile(code, row, column));
      return tf.slice(images, [0, 0, 0, 0], [-1, height, width, -1]);
    });
  }

  /** Computes tiles one after the other and assembles them. */
  #runTiles(
    model: LayersModel,
    { shape }: tf.Tensor4D,
    [rowCount, columnCount]: readonly number[],
    run: (row: Span, column: Span) => tf.Tensor4D,
  ): tf.Tensor4D {
    const { reach, align } = reachOf(model);
    const pixels = Math.max(1, Math.floor(this.#tilePixels / shape[0]));
    const rules = { blockSize: this.blockSize, grid: [rowCount, columnCount] as const, reach, align, pixels };
    const { rows, columns } = planTiles(rules);
    const strips = rows.map((row) =>
      tf.tidy(() =>
        joined(
          columns.map((column) => tf.tidy(() => run(row, column))),
          2,
        ),
      ),
    );
    return joined(strips, 1);
  }

  #encodeTile(images: tf.Tensor4D, row: Span, column: Span): tf.Tensor4D {
    const [height, width] = this.blockSize;
    const part = cut(images, [row.begin, row.end], [column.begin, column.end]);
    return runLayers(this.#encoder, part, (layer, inputs) => {
      if (!(layer instanceof BlockTransform2D)) return runOnAnySize(layer, inputs);
      const rows = [row.from * height - row.begin, row.to * height - row.begin] as const;
      const columns = [column.from * width - column.begin, column.to * width - column.begin] as const;
      return layer.call(cut(inputs[0] as tf.Tensor4D, rows, columns));
    }) as tf.Tensor4D;
  }

  #decodeTile(code: tf.Tensor4D, row: Span, column: Span): tf.Tensor4D {
    const [height, width] = this.blockSize;
    const [firstRow, firstColumn] = [Math.floor(row.begin / height), Math.floor(column.begin / width)];
    const rows = [firstRow, Math.ceil(row.end / height)] as const;
    const part = cut(code, rows, [firstColumn, Math.ceil(column.end / width)]);
    const images = runLayers(this.#decoder, part, (layer, inputs) => {
      if (!(layer instanceof InverseBlockTransform2D)) return runOnAnySize(layer, inputs);
      const [top, left] = [firstRow * height, firstColumn * width];
      const whole = layer.wholeBlocks(inputs[0] as tf.Tensor4D);
      return cut(whole, [row.begin - top, row.end - top], [column.begin - left, column.end - left]);
    }) as tf.Tensor4D;
    const inside = (from: number, to: number, size: number, begin: number) =>
      [from * size - begin, to * size - begin] as const;
    return cut(
      images,
      inside(row.from, row.to, height, row.begin),
      inside(column.from, column.to, width, column.begin),
    );
  }
}

type BlockPlanOf = NonNullable<ReturnType<typeof blockLayersOf>>;

/** Runs a layer on images of another size than it was built for. */
function runOnAnySize(layer: layers.Layer, inputs: tf.Tensor[]): tf.Tensor {
  switch (layer.getClassName()) {
    case 'Conv2D':
      return layer.call(toWholeStrides(inputs[0] as tf.Tensor4D, layer), {}) as tf.Tensor;
    case 'Add':
      return sumOf(inputs as tf.Tensor4D[]);
    // What these do depends on the size.
    case 'ZeroPadding2D':
    case 'Cropping2D':
    case 'Flatten':
    case 'Reshape':
      return inputs[0];
    default:
      return layer.call(inputs, {}) as tf.Tensor;
  }
}

/** Pads images with zeros at the bottom and right, to whole strides of a convolution. */
function toWholeStrides(images: tf.Tensor4D, layer: layers.Layer): tf.Tensor4D {
  const strides = layer.getConfig().strides as [number, number];
  const missing = strides.map((stride, i) => (stride - (images.shape[i + 1] % stride)) % stride);
  if (missing.every(isWhole)) return images;
  return tf.pad(images, [
    [0, 0],
    [0, missing[0]],
    [0, missing[1]],
    [0, 0],
  ]);
}

/** Adds images of which some extend farther to the right and bottom than others; the sum has the smallest size. */
function sumOf(images: tf.Tensor4D[]): tf.Tensor4D {
  const [height, width] = [1, 2].map((axis) => Math.min(...images.map(({ shape }) => shape[axis])));
  return tf.addN(images.map((each) => cut(each, [0, height], [0, width])));
}

function cut(images: tf.Tensor4D, rows: readonly [number, number], columns: readonly [number, number]): tf.Tensor4D {
  const size = [rows[1] - rows[0], columns[1] - columns[0]];
  if (images.shape[1] === size[0] && images.shape[2] === size[1]) return images;
  return tf.slice(images, [0, rows[0], columns[0], 0], [-1, size[0], size[1], -1]);
}

function joined(parts: tf.Tensor4D[], axis: number): tf.Tensor4D {
  return parts.length === 1 ? tf.clone(parts[0]) : tf.concat(parts, axis);
}
