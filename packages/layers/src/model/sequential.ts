import { inWords } from '@ae/ground/in-words';
import { input, type LayersModel, layers, model, type SymbolicTensor } from '@tensorflow/tfjs-layers';
import { formatShape, GraphError, InvalidOptionError, ShapeError } from '../errors';
import { autoNameKind, keepName } from '../layers/auto-name';
import { MaxPooling2D } from '../layers/max-pooling-2d';
import { checkOptions } from '../ops/checks';
import { checkBackend } from '../ops/run-kernel';
import { connectLayer, type SequentialStep } from './connect-layer';
import { LayerNames } from './layer-names';
import type { SampleShape } from './layer-shape';
import { Residual } from './residual';
import { type SplitModel, splitModel } from './split-model';

/** Options of {@link Sequential}. */
export interface SequentialOptions {
  /** `[H, W, C]` of the images, or any other shape without the batch. */
  inputShape: SampleShape;
  /** Name of the model. */
  name?: string;
}

/**
 * A chain of layers, in which each unpooling finds the pool it undoes.
 *
 * Shapes are inferred and checked by `add`, so that a mistake is reported at the layer that causes it. No tensor is created before `build`,
 * which returns an ordinary tf.LayersModel.
 */
export class Sequential {
  readonly inputShape: SampleShape;
  readonly name?: string;

  readonly #steps: SequentialStep[] = [];
  readonly #names = new LayerNames(this.#steps);
  #built?: LayersModel;

  /** Starts an empty chain. @throws InvalidOptionError `INVALID_OPTION` unless inputShape consists of integers >= 1 */
  constructor(options: SequentialOptions) {
    checkOptions('Sequential', options, 'inputShape: [64, 64, 3]');
    const { inputShape, name } = options;
    const valid = Array.isArray(inputShape) && inputShape.length > 0;
    if (!valid || !inputShape.every((size) => Number.isInteger(size) && size >= 1)) {
      throw new InvalidOptionError({
        where: 'Sequential',
        expected: 'inputShape as integers of at least 1, such as [64, 64, 3]',
        received: inWords(inputShape),
      });
    }
    this.inputShape = [...inputShape];
    if (name !== undefined) this.name = name;
  }

  /** Returns the layers that were added, in order, with their shapes. */
  get steps(): readonly SequentialStep[] {
    return this.#steps;
  }

  /** Returns the output shape, without the batch. */
  get outputShape(): SampleShape {
    return this.#steps.at(-1)?.outputShape ?? this.inputShape;
  }

  /**
   * Adds a layer and infers its output shape.
   *
   * A {@link Residual} adds its layers, and then the sum of their result and the input of the first one. An unpooling is tied to its
   * `pool`, or else to the last pool that is not tied yet. A layer without its own name gets one: its kind and number, such as `conv2d_1`.
   * If this throws, the chain is unchanged.
   *
   * @throws ShapeError `SHAPE_MISMATCH`, MaskError `MASK_MISMATCH`: naming the layer, the shape it received and the shape it needs
   * @throws GraphError `INVALID_GRAPH` if there is no pool to tie, the layer or its name already exists, or the model has been built
   * @throws InvalidOptionError `INVALID_OPTION` for something that is not a layer, a name that tf.layers does not accept, or an
   * activityRegularizer
   */
  add(layer: layers.Layer | Residual): this {
    if (layer instanceof Residual) return this.#addResidual(layer);
    if (typeof layer?.computeOutputShape !== 'function') {
      throw new InvalidOptionError({
        where: 'Sequential',
        expected: 'a layer of tf.layers or of this package',
        received: typeof layer,
      });
    }
    if (this.#built) {
      throw new GraphError({
        where: 'Sequential',
        state: 'the model is already built',
        todo: `add layer "${layer.name}" before build()`,
      });
    }
    const kind = autoNameKind(layer);
    if (kind !== undefined && !layer.built) layer.name = this.#names.next(kind);
    this.#names.check(layer);
    checkRegularizers(layer);
    this.#steps.push(connectLayer(layer, this.outputShape, this.#steps));
    if (kind !== undefined) this.#names.count(kind);
    keepName(layer);
    return this;
  }

  /**
   * Creates the weights and returns the model. Calling it again returns the same model. The caller disposes of it.
   *
   * @throws GraphError `INVALID_GRAPH` if no layer was added
   * @throws MissingKernelError `MISSING_KERNEL` if TensorFlow.js has no backend
   */
  build(): LayersModel {
    if (this.#built) return this.#built;
    if (this.#steps.length === 0)
      throw new GraphError({ where: 'Sequential', state: 'it has no layers yet', todo: 'add one before build()' });
    checkBackend('Sequential');
    const image = input({ shape: [...this.inputShape], name: 'input' });
    const masks = new Map<MaxPooling2D, SymbolicTensor>();
    const results = [image];
    let current = image;
    for (const { layer, pool, branchedAt } of this.#steps) {
      if (branchedAt !== undefined) {
        current = layer.apply([results[branchedAt], current]) as SymbolicTensor;
      } else if (layer instanceof MaxPooling2D) {
        const [values, indices] = layer.apply(current) as SymbolicTensor[];
        masks.set(layer, indices);
        current = values;
      } else {
        current = layer.apply(pool ? [current, masks.get(pool)!] : current) as SymbolicTensor;
      }
      results.push(current);
    }
    this.#built = model({ inputs: image, outputs: current, ...(this.name !== undefined && { name: this.name }) });
    return this.#built;
  }

  /**
   * Splits the built model after the code layer; see {@link splitModel}. Both parts share its weights.
   *
   * @param codeLayerName Default: the layer with the smallest output; the first of equals.
   */
  split(codeLayerName?: string): SplitModel {
    return splitModel(this.build(), codeLayerName);
  }

  /** Adds a branch and the sum that ends it; all of it, or, if it throws, nothing. */
  #addResidual({ layers: branch, name }: Residual): this {
    const before = this.#steps.length;
    const inputShape = this.outputShape;
    const restoreNames = this.#names.save();
    try {
      for (const layer of branch) this.add(layer);
      if (formatShape(this.outputShape) !== formatShape(inputShape)) {
        throw new ShapeError({
          where: 'residual',
          expected: `layers that end in ${formatShape(inputShape)}, their input shape`,
          received: formatShape(this.outputShape),
        });
      }
      const sum = layers.add({ name: name ?? this.#names.next('add') });
      this.#names.check(sum);
      this.#steps.push({ layer: sum, inputShape, outputShape: inputShape, branchedAt: before });
      return this;
    } catch (error) {
      this.#steps.length = before;
      restoreNames();
      throw error;
    }
  }
}

/** Refuses activityRegularizer, which tf.layers accepts but which then fails whenever the layer runs. */
function checkRegularizers(layer: layers.Layer): void {
  const { activityRegularizer } = layer as { activityRegularizer?: unknown };
  if (activityRegularizer === undefined || activityRegularizer === null) return;
  throw new InvalidOptionError({
    where: `layer "${layer.name}"`,
    state: 'tf.layers does not implement activityRegularizer',
    todo: 'leave it out, or regularize the weights with kernelRegularizer and biasRegularizer',
  });
}
