import { serialization, type Tensor, type Tensor4D, tidy } from '@tensorflow/tfjs-core';
import { layers, type Shape } from '@tensorflow/tfjs-layers';
import { formatShape, GraphError, MaskError, ShapeError } from '../errors';
import { checkOptions } from '../ops/checks';
import { checkMaskMode, checkMaskShape, checkOutputSize, type MaskMode, maxUnpool } from '../ops/max-unpool';
import { windowsAreDisjoint } from '../ops/pool-geometry';
import { markAutoNamed } from './auto-name';
import type { LayerArgs, MaxPooling2D } from './max-pooling-2d';

/** Options of {@link maxUnpooling2d}. */
export interface MaxUnpooling2DArgs extends LayerArgs {
  /**
   * The pool that this layer undoes: the layer, or its name, which only `Sequential` can look up. In a `Sequential` it may be omitted: the
   * last pool that is not tied yet is used.
   */
  pool?: MaxPooling2D | string;
  /** `[H, W]` of the output. Default: the input size of the pool. */
  outputSize?: readonly [number, number];
  /** How the mask must match; see {@link MaskMode}. Default `'strict'`. */
  mask?: MaskMode;
  /** See `MaxUnpoolOptions.distinctIndices`. Default: true for a pool whose windows do not overlap, otherwise false. */
  distinctIndices?: boolean;
}

/**
 * Puts values back where a pool found them: `[values [N, h, w, C], indices [N, h, w, C]]` -> `[N, H, W, C]`.
 *
 * See {@link maxUnpool}. Registered as `MaxUnpooling2D`.
 */
export class MaxUnpooling2D extends layers.Layer {
  static readonly className = 'MaxUnpooling2D';

  readonly maskMode: MaskMode;
  /** The pool as it was given: a layer, a name that has not been looked up yet, or nothing. */
  readonly pool: MaxPooling2D | string | undefined;

  #outputSize?: readonly [number, number];
  #distinctIndices?: boolean;

  /** Checks the options. @throws InvalidOptionError `INVALID_OPTION` */
  constructor(args: MaxUnpooling2DArgs = {}) {
    checkOptions('max-unpooling', args, 'outputSize: [64, 64]');
    super(args);
    const where = `layer "${this.name}"`;
    const { mask = 'strict', outputSize, pool, distinctIndices } = args;
    checkMaskMode(where, mask);
    if (outputSize) checkOutputSize(where, outputSize);
    this.maskMode = mask;
    this.pool = pool;
    this.#outputSize = outputSize && [...outputSize];
    this.#distinctIndices = distinctIndices;
  }

  /**
   * Takes what was not given explicitly from a pool whose input is `[H, W]`. `Sequential` calls this.
   *
   * @throws MaskError `MASK_MISMATCH` if another output size was given: the indices would refer to other positions in it.
   */
  tie(pool: MaxPooling2D, inputSize: readonly [number, number]): void {
    const given = this.#outputSize;
    if (given && (given[0] !== inputSize[0] || given[1] !== inputSize[1])) {
      throw new MaskError({
        where: `layer "${this.name}"`,
        expected: `the outputSize ${formatShape(inputSize)}, which is the input of its pool "${pool.name}"`,
        received: formatShape(given),
        todo: 'leave outputSize out',
      });
    }
    this.#outputSize = [...inputSize];
    this.#distinctIndices ??= windowsAreDisjoint(pool.options);
  }

  /** Infers shapes: `[[N, h, w, C], [N, h, w, M]]` -> `[N, H, W, C]`. @throws MaskError `MASK_MISMATCH`, ShapeError `SHAPE_MISMATCH`, GraphError `INVALID_GRAPH` */
  override computeOutputShape(inputShape: Shape | Shape[]): Shape {
    const where = `layer "${this.name}"`;
    if (inputShape.length !== 2 || !Array.isArray(inputShape[0]) || !Array.isArray(inputShape[1])) {
      throw new GraphError({
        where,
        expected: 'two inputs, values and mask',
        received: 'one',
        todo: "connect it to its pool's indices",
      });
    }
    const [values, mask] = inputShape as Shape[];
    if (values.length !== 4) {
      throw new ShapeError({
        where,
        expected: 'values of height x width x channels',
        received: formatShape(values.slice(1)),
      });
    }
    checkMaskShape(where, values.slice(1), mask.slice(1), this.maskMode);
    return [values[0], ...this.#requireOutputSize(), values[3]];
  }

  /** Unpools `[values, indices]` -> float32 `[N, H, W, C]`. */
  override call(inputs: Tensor | Tensor[]): Tensor {
    const [values, indices] = inputs as Tensor4D[];
    const distinctIndices = this.#distinctIndices;
    return tidy(() => maxUnpool(values, indices, this.#requireOutputSize(), { mask: this.maskMode, distinctIndices }));
  }

  override getConfig(): serialization.ConfigDict {
    const { maskMode: mask } = this;
    const distinctIndices = this.#distinctIndices ?? false;
    return { ...super.getConfig(), outputSize: [...this.#requireOutputSize()], mask, distinctIndices };
  }

  #requireOutputSize(): readonly [number, number] {
    if (!this.#outputSize && this.pool && typeof this.pool === 'object' && this.pool.inputSize) {
      this.tie(this.pool, this.pool.inputSize);
    }
    if (this.#outputSize) return this.#outputSize;
    throw new GraphError({
      where: `layer "${this.name}"`,
      state: 'its output size is unknown: it has neither outputSize nor a connected pool',
      todo: 'pass one of them, or add the layer to a Sequential after its pool',
    });
  }
}

serialization.registerClass(MaxUnpooling2D);

/**
 * Makes a max-unpooling layer. Connect it with `apply([values, indices])`, or let `Sequential` do so.
 *
 * | here | Torch7 `SpatialMaxUnpooling` | PyTorch `MaxUnpool2d` | Keras |
 * |---|---|---|---|
 * | `pool` | the pool module | `kernel_size, stride, padding` | none |
 * | `outputSize` (default: the pool's input) | the pool's input | `output_size` | |
 * | second input, or `pool` | read from the pool module | second argument, `indices` | |
 *
 * @throws InvalidOptionError `INVALID_OPTION`
 */
export function maxUnpooling2d(args: MaxUnpooling2DArgs = {}): MaxUnpooling2D {
  return markAutoNamed(new MaxUnpooling2D(args), 'max_unpooling2d', args);
}
