import { inWords } from '@ae/ground/in-words';
import { input, type LayersModel, layers, model, type SymbolicTensor } from '@tensorflow/tfjs-layers';
import { formatShape, GraphError, InvalidOptionError, MaskError, ShapeError } from '../errors';
import { autoNameKind, keepName } from '../layers/auto-name';
import { MaxPooling2D } from '../layers/max-pooling-2d';
import { MaxUnpooling2D } from '../layers/max-unpooling-2d';
import { checkMaskShape } from '../ops/max-unpool';
import { checkBackend } from '../ops/run-kernel';
import { inferOutputShape, type SampleShape } from './layer-shape';
import { Residual } from './residual';
import { type SplitModel, splitModel } from './split-model';

/** What {@link Sequential} takes. */
export interface SequentialOptions {
  /** `[H, W, C]` of the images, or any other shape without the batch. */
  inputShape: SampleShape;
  /** Name of the model. */
  name?: string;
}

/** One layer of a {@link Sequential}, with what is known of it before it has weights. */
export interface SequentialStep {
  readonly layer: layers.Layer;
  /** Without the batch. */
  readonly inputShape: SampleShape;
  /** Without the batch; of a pool, the shape of its values. */
  readonly outputShape: SampleShape;
  /** The pool that an unpooling is tied to. */
  readonly pool?: MaxPooling2D;
  /** Of the sum that ends a residual branch: how many steps came before the branch, whose result is added to its own. */
  readonly branchedAt?: number;
}

/** What tf.layers takes as a name, though it says so no earlier than when the layer is connected. */
const layerName = /^[A-Za-z0-9][-A-Za-z0-9._/]*$/;

/**
 * A chain of layers, in which each unpooling finds the pool it undoes.
 *
 * Shapes are inferred and checked by `add`, so that a mistake is reported at the layer that makes it. No tensor is created before
 * `build`, which makes an ordinary tf.LayersModel.
 */
export class Sequential {
  readonly inputShape: SampleShape;
  readonly name?: string;

  readonly #steps: SequentialStep[] = [];
  readonly #kindCounts = new Map<string, number>();
  #built?: LayersModel;

  /** Begins an empty chain. @throws InvalidOptionError `INVALID_OPTION` unless inputShape holds integers >= 1 */
  constructor({ inputShape, name }: SequentialOptions) {
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

  /** Returns the shape of what comes out, without the batch. */
  get outputShape(): SampleShape {
    return this.#steps.at(-1)?.outputShape ?? this.inputShape;
  }

  /**
   * Adds a layer and infers its output shape.
   *
   * A {@link Residual} adds its layers, and then the sum of their result and what went into the first. An unpooling is tied to its `pool`,
   * or else to the last pool that isn't tied yet. A layer that has no name of its own gets one: its kind and number, such as `conv2d_1`.
   *
   * After an error the chain is as it was before.
   *
   * @throws ShapeError `SHAPE_MISMATCH`, MaskError `MASK_MISMATCH`: naming the layer, the shape it got and the shape it needs
   * @throws GraphError `INVALID_GRAPH` if there is no pool to tie, the layer or its name is there already, or the model has been built
   * @throws InvalidOptionError `INVALID_OPTION` for what is no layer, has a name that tf.layers doesn't take, or an activityRegularizer
   */
  add(layer: layers.Layer | Residual): this {
    if (layer instanceof Residual) return this.#addResidual(layer);
    if (this.#built) {
      throw new GraphError({
        where: 'Sequential',
        state: 'the model is built already',
        todo: `add layer "${layer.name}" before build()`,
      });
    }
    if (typeof layer?.computeOutputShape !== 'function') {
      throw new InvalidOptionError({
        where: 'Sequential',
        expected: 'a layer of tf.layers or of this package',
        received: typeof layer,
      });
    }
    const kind = autoNameKind(layer);
    if (kind !== undefined && !layer.built) layer.name = this.#freeName(kind);
    this.#checkName(layer);
    checkRegularizers(layer);
    this.#steps.push(this.#connect(layer));
    if (kind !== undefined) this.#kindCounts.set(kind, this.#countOf(kind) + 1);
    keepName(layer);
    return this;
  }

  /**
   * Creates the weights and returns the model. Calling it again returns the same model. The caller disposes it.
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

  /** Adds a branch and the sum that ends it; all of it or, where it throws, nothing. */
  #addResidual({ layers: branch, name }: Residual): this {
    const before = this.#steps.length;
    const inputShape = this.outputShape;
    const counts = new Map(this.#kindCounts);
    try {
      for (const layer of branch) this.add(layer);
      if (formatShape(this.outputShape) !== formatShape(inputShape)) {
        throw new ShapeError({
          where: 'residual',
          expected: `layers that end in ${formatShape(inputShape)}, the shape that goes into them`,
          received: formatShape(this.outputShape),
        });
      }
      const sum = layers.add({ name: name ?? this.#freeName('add') });
      this.#checkName(sum);
      this.#steps.push({ layer: sum, inputShape, outputShape: inputShape, branchedAt: before });
      return this;
    } catch (error) {
      this.#steps.length = before;
      this.#kindCounts.clear();
      for (const [kind, count] of counts) this.#kindCounts.set(kind, count);
      throw error;
    }
  }

  #countOf(kind: string): number {
    return this.#kindCounts.get(kind) ?? 0;
  }

  /** Returns the next name of its kind, leaving out those that callers gave themselves. */
  #freeName(kind: string): string {
    const taken = new Set(this.#steps.map((step) => step.layer.name));
    let number = this.#countOf(kind) + 1;
    while (taken.has(`${kind}_${number}`)) number++;
    return `${kind}_${number}`;
  }

  #checkName(layer: layers.Layer): void {
    if (!layerName.test(layer.name)) {
      throw new InvalidOptionError({
        where: 'Sequential',
        expected: "a layer's name of letters, digits and - . _ / that starts with a letter or digit",
        received: `"${layer.name}"`,
      });
    }
    for (const step of this.#steps) {
      if (step.layer !== layer && step.layer.name !== layer.name) continue;
      const state = step.layer === layer ? 'it is in the model already' : 'the model has a layer of this name already';
      throw new GraphError({
        where: `layer "${layer.name}"`,
        state,
        todo: step.layer === layer ? 'make another' : 'choose another name',
      });
    }
  }

  #connect(layer: layers.Layer): SequentialStep {
    const inputShape = this.outputShape;
    if (layer instanceof MaxUnpooling2D) return this.#connectUnpooling(layer, inputShape);
    if (layer instanceof MaxPooling2D) {
      const [values] = layer.computeOutputShape([null, ...inputShape]);
      return { layer, inputShape, outputShape: values.slice(1) as number[] };
    }
    return { layer, inputShape, outputShape: inferOutputShape(layer, inputShape) };
  }

  #connectUnpooling(layer: MaxUnpooling2D, inputShape: SampleShape): SequentialStep {
    const poolStep = this.#findPool(layer);
    const pool = poolStep.layer as MaxPooling2D;
    this.#checkMask(layer, inputShape, poolStep);
    const [height, width] = poolStep.inputShape;
    layer.tie(pool, [height, width]);
    const shapes = [
      [null, ...inputShape],
      [null, ...poolStep.outputShape],
    ];
    return { layer, inputShape, outputShape: layer.computeOutputShape(shapes).slice(1) as number[], pool };
  }

  #checkMask(layer: MaxUnpooling2D, inputShape: SampleShape, { layer: pool, outputShape: mask }: SequentialStep): void {
    try {
      checkMaskShape('', inputShape, mask, layer.maskMode);
    } catch {
      const more = layer.maskMode === 'torch7' ? ' (or fewer channels)' : '';
      throw new MaskError({
        where: `layer "${layer.name}"`,
        expected: `an input of ${formatShape(mask)}${more}, the shape of the mask of its pool "${pool.name}"`,
        received: formatShape(inputShape),
        todo: 'change the layers between, or give the pool it undoes',
      });
    }
  }

  #findPool(layer: MaxUnpooling2D): SequentialStep {
    const where = `layer "${layer.name}":`;
    const wanted = layer.pool;
    const pools = this.#steps.filter((step) => step.layer instanceof MaxPooling2D);
    if (wanted !== undefined) {
      const found = pools.find((step) => step.layer === wanted || step.layer.name === wanted);
      if (found) return found;
      const name = typeof wanted === 'string' ? wanted : wanted.name;
      const known = pools.map((step) => `"${step.layer.name}"`).join(', ') || 'none';
      throw new GraphError({
        state: `${where} its pool "${name}" is not among the layers before it`,
        todo: `the pools there: ${known}`,
      });
    }
    const tied = new Set(this.#steps.map((step) => step.pool));
    const free = pools.filter((step) => !tied.has(step.layer as MaxPooling2D)).at(-1);
    if (free) return free;
    const state = pools.length === 0 ? 'no pool stands before it' : 'all pools before it are tied already';
    throw new GraphError({
      state: `${where} ${state}`,
      todo: 'add maxPooling2d of this package (tf.layers.maxPooling2d keeps no indices), or give one as pool',
    });
  }
}

/** Refuses activityRegularizer: tf.layers takes it and then fails whenever the layer runs. */
function checkRegularizers(layer: layers.Layer): void {
  const { activityRegularizer } = layer as { activityRegularizer?: unknown };
  if (activityRegularizer === undefined || activityRegularizer === null) return;
  throw new InvalidOptionError({
    where: `layer "${layer.name}"`,
    state: 'tf.layers does not implement activityRegularizer',
    todo: 'leave it out, or regularize the weights with kernelRegularizer and biasRegularizer',
  });
}
