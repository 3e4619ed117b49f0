import { serialization, type Tensor, type Tensor4D, tidy } from '@tensorflow/tfjs-core';
import { layers, type Shape, type SymbolicTensor } from '@tensorflow/tfjs-layers';
import { formatShape, ShapeError } from '../errors';
import { checkOptions } from '../ops/checks';
import { maxPoolWithArgmax } from '../ops/max-pool-with-argmax';
import {
  computePoolGeometry,
  type PoolOptions,
  type ResolvedPoolOptions,
  resolvePoolOptions,
} from '../ops/pool-geometry';
import { markAutoNamed } from './auto-name';

/** Options of all tf.layers layers: `name`, `trainable`, `inputShape` and so on. */
export type LayerArgs = NonNullable<ConstructorParameters<typeof layers.Layer>[0]>;

/** Options of {@link maxPooling2d}. */
export interface MaxPooling2DArgs extends LayerArgs, PoolOptions {}

/**
 * Max-pooling that also returns where the maxima were: `[N, H, W, C]` -> `[values, indices]`, both `[N, h, w, C]`.
 *
 * The indices are int32 and follow {@link maxPoolWithArgmax}. It is registered as `MaxPoolingWithIndices2D`, because Keras has a
 * `MaxPooling2D` with a single output.
 */
export class MaxPooling2D extends layers.Layer {
  static readonly className = 'MaxPoolingWithIndices2D';

  /** The options with all defaults filled in. */
  readonly options: ResolvedPoolOptions;

  #inputSize?: [number, number];

  /** Checks the options. @throws InvalidOptionError `INVALID_OPTION` */
  constructor(args: MaxPooling2DArgs) {
    checkOptions('max-pooling', args, 'poolSize: 2');
    super(args);
    this.options = resolvePoolOptions(`layer "${this.name}"`, args);
  }

  /** Returns `[H, W]` of the input that this layer was connected to, once it is known. An unpooling restores this size. */
  get inputSize(): readonly [number, number] | undefined {
    return this.#inputSize;
  }

  override build(inputShape: Shape | Shape[]): void {
    const [, height, width] = this.#checkInputShape(inputShape);
    if (height !== null && width !== null) this.#inputSize = [height, width];
    super.build(inputShape);
  }

  /** Infers shapes: `[N, H, W, C]` -> two times `[N, h, w, C]`; null for an unknown size. @throws ShapeError `SHAPE_MISMATCH` */
  override computeOutputShape(inputShape: Shape | Shape[]): Shape[] {
    const [batch, height, width, channels] = this.#checkInputShape(inputShape);
    const known = height !== null && width !== null;
    const outputSize = known
      ? computePoolGeometry(`layer "${this.name}"`, [height, width, channels ?? 1], this.options).outputSize
      : [null, null];
    const shape: Shape = [batch, ...outputSize, channels];
    return [shape, [...shape]];
  }

  /** Pools float32 `[N, H, W, C]` -> `[values, indices]`. */
  override call(inputs: Tensor | Tensor[]): Tensor[] {
    const x = (Array.isArray(inputs) ? inputs[0] : inputs) as Tensor4D;
    return tidy(() => {
      const { values, indices } = maxPoolWithArgmax(x, this.options);
      return [values, indices];
    });
  }

  override apply(
    inputs: Tensor | Tensor[] | SymbolicTensor | SymbolicTensor[],
    kwargs?: Parameters<layers.Layer['apply']>[1],
  ): Tensor | Tensor[] | SymbolicTensor | SymbolicTensor[] {
    const outputs = super.apply(inputs, kwargs) as Tensor[] | SymbolicTensor[];
    // tf.layers assumes that every output is float32; a decoder's inputs are created from what is written here.
    if (!('dataId' in outputs[1])) (outputs[1] as { dtype: string }).dtype = 'int32';
    return outputs;
  }

  override getConfig(): serialization.ConfigDict {
    return { ...super.getConfig(), ...this.options };
  }

  #checkInputShape(inputShape: Shape | Shape[]): Shape {
    const shape = (Array.isArray(inputShape[0]) ? inputShape[0] : inputShape) as Shape;
    if (shape.length === 4) return shape;
    throw new ShapeError({
      where: `layer "${this.name}"`,
      expected: 'an input of height x width x channels',
      received: formatShape(shape.slice(1)),
    });
  }
}

serialization.registerClass(MaxPooling2D);

/**
 * Makes a max-pooling layer with two outputs, values and indices.
 *
 * | here | Torch7 `SpatialMaxPooling` | PyTorch `MaxPool2d` | Keras `MaxPooling2D` |
 * |---|---|---|---|
 * | `poolSize` | `kW, kH` | `kernel_size` | `pool_size` |
 * | `strides` (default: poolSize) | `dW, dH` | `stride` | `strides` |
 * | `padding` (default: 'valid') | `padW, padH` | `padding` | `padding` |
 * | `[[0, 1], [0, 1]]` as padding, where the input needs it | `:ceil()` | `ceil_mode=True` | |
 * | always | always | `return_indices=True` | |
 *
 * @throws InvalidOptionError `INVALID_OPTION`
 */
export function maxPooling2d(args: MaxPooling2DArgs): MaxPooling2D {
  return markAutoNamed(new MaxPooling2D(args), 'max_pooling2d', args);
}
