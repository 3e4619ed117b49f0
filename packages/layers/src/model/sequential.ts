import { input, type LayersModel, type layers, model, type SymbolicTensor } from '@tensorflow/tfjs-layers';
import { formatShape, GraphError, InvalidOptionError, MaskError } from '../errors';
import { autoNameKind, keepName } from '../layers/auto-name';
import { MaxPooling2D } from '../layers/max-pooling-2d';
import { MaxUnpooling2D } from '../layers/max-unpooling-2d';
import { checkMaskShape } from '../ops/max-unpool';
import { inferOutputShape, type SampleShape } from './layer-shape';
import { type SplitModel, splitModel } from './split-model';

/** What {@link Sequential} takes. */
export interface SequentialOptions {
  /** `[H, W, C]` of the pictures, or any other shape without the batch. */
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
}

/** What tf.layers takes as a name, though it says so no earlier than when the layer is connected. */
const LAYER_NAME = /^[A-Za-z0-9][-A-Za-z0-9._/]*$/;

/**
 * A chain of layers, in which each unpooling finds the pool it undoes.
 *
 * Shapes are inferred and checked by `add`, so that a mistake is reported at the layer that makes it. No tensor is created before
 * `build`, which makes an ordinary tf.LayersModel.
 */
export class Sequential {
  readonly inputShape: SampleShape;
  readonly name?: string;

  private readonly addedSteps: SequentialStep[] = [];
  private readonly kindCounts = new Map<string, number>();
  private built?: LayersModel;

  /** Throws InvalidOptionError unless inputShape holds integers >= 1. */
  constructor({ inputShape, name }: SequentialOptions) {
    const valid = Array.isArray(inputShape) && inputShape.length > 0;
    if (!valid || !inputShape.every((size) => Number.isInteger(size) && size >= 1)) {
      throw new InvalidOptionError(
        `Sequential: expected inputShape as integers of at least 1, such as [64, 64, 3], received ${JSON.stringify(inputShape)}.`,
      );
    }
    this.inputShape = [...inputShape];
    if (name !== undefined) this.name = name;
  }

  /** The layers that were added, in order, with their shapes. */
  get steps(): readonly SequentialStep[] {
    return this.addedSteps;
  }

  /** Shape of what comes out, without the batch. */
  get outputShape(): SampleShape {
    return this.addedSteps.at(-1)?.outputShape ?? this.inputShape;
  }

  /**
   * Adds a layer and infers its output shape.
   *
   * An unpooling is tied to its `pool`, or else to the last pool that isn't tied yet. A layer that has no name of its own gets one: its
   * kind and number, such as `conv2d_1`.
   *
   * @throws ShapeError or MaskError, naming the layer, the shape it got and the shape it needs; GraphError if there is no pool to tie,
   *   the layer or its name is there already, or the model has been built; InvalidOptionError for what is no layer, has a name that
   *   tf.layers doesn't take, or an activityRegularizer. After an error the chain is as it was before.
   */
  add(layer: layers.Layer): this {
    if (this.built) {
      throw new GraphError(`Sequential: expected add() before build(), received layer "${layer.name}" after it.`);
    }
    if (typeof layer?.computeOutputShape !== 'function') {
      throw new InvalidOptionError(
        `Sequential: expected a layer of tf.layers or of this package, received ${typeof layer}.`,
      );
    }
    const kind = autoNameKind(layer);
    if (kind !== undefined && !layer.built) layer.name = this.freeName(kind);
    this.checkName(layer);
    checkRegularizers(layer);
    this.addedSteps.push(this.connect(layer));
    if (kind !== undefined) this.kindCounts.set(kind, this.countOf(kind) + 1);
    keepName(layer);
    return this;
  }

  /**
   * Creates the weights and returns the model. Calling it again returns the same model. The caller disposes it.
   *
   * @throws GraphError if no layer was added.
   */
  build(): LayersModel {
    if (this.built) return this.built;
    if (this.addedSteps.length === 0)
      throw new GraphError('Sequential: expected at least one layer before build(), received none.');
    const image = input({ shape: [...this.inputShape], name: 'input' });
    const masks = new Map<MaxPooling2D, SymbolicTensor>();
    let current = image;
    for (const { layer, pool } of this.addedSteps) {
      if (layer instanceof MaxPooling2D) {
        const [values, indices] = layer.apply(current) as SymbolicTensor[];
        masks.set(layer, indices);
        current = values;
      } else {
        current = layer.apply(pool ? [current, masks.get(pool)!] : current) as SymbolicTensor;
      }
    }
    this.built = model({ inputs: image, outputs: current, ...(this.name !== undefined && { name: this.name }) });
    return this.built;
  }

  /**
   * Splits the built model behind the code layer; see {@link splitModel}. Both parts share its weights.
   *
   * @param codeLayerName Default: the layer with the smallest output; the first of equals.
   */
  split(codeLayerName?: string): SplitModel {
    return splitModel(this.build(), codeLayerName);
  }

  private countOf(kind: string): number {
    return this.kindCounts.get(kind) ?? 0;
  }

  /** The next name of its kind, leaving out those that callers gave themselves. */
  private freeName(kind: string): string {
    const taken = new Set(this.addedSteps.map((step) => step.layer.name));
    let number = this.countOf(kind) + 1;
    while (taken.has(`${kind}_${number}`)) number++;
    return `${kind}_${number}`;
  }

  private checkName(layer: layers.Layer): void {
    if (!LAYER_NAME.test(layer.name)) {
      throw new InvalidOptionError(
        `layer "${layer.name}": expected a name of letters, digits and - . _ / that starts with a letter or digit, received that one.`,
      );
    }
    for (const step of this.addedSteps) {
      if (step.layer !== layer && step.layer.name !== layer.name) continue;
      const received = step.layer === layer ? 'the same layer again' : 'another of this name';
      throw new GraphError(
        `layer "${layer.name}": expected a layer that isn't in the model yet, received ${received}.`,
      );
    }
  }

  private connect(layer: layers.Layer): SequentialStep {
    const inputShape = this.outputShape;
    if (layer instanceof MaxUnpooling2D) return this.connectUnpooling(layer, inputShape);
    if (layer instanceof MaxPooling2D) {
      const [values] = layer.computeOutputShape([null, ...inputShape]);
      return { layer, inputShape, outputShape: values.slice(1) as number[] };
    }
    return { layer, inputShape, outputShape: inferOutputShape(layer, inputShape) };
  }

  private connectUnpooling(layer: MaxUnpooling2D, inputShape: SampleShape): SequentialStep {
    const poolStep = this.findPool(layer);
    const pool = poolStep.layer as MaxPooling2D;
    this.checkMask(layer, inputShape, poolStep);
    const [height, width] = poolStep.inputShape;
    layer.tie(pool, [height, width]);
    const shapes = [
      [null, ...inputShape],
      [null, ...poolStep.outputShape],
    ];
    return { layer, inputShape, outputShape: layer.computeOutputShape(shapes).slice(1) as number[], pool };
  }

  private checkMask(
    layer: MaxUnpooling2D,
    inputShape: SampleShape,
    { layer: pool, outputShape: mask }: SequentialStep,
  ): void {
    try {
      checkMaskShape('', inputShape, mask, layer.maskMode);
    } catch {
      const more = layer.maskMode === 'torch7' ? ' (or fewer channels)' : '';
      throw new MaskError(
        `layer "${layer.name}": expected an input of ${formatShape(mask)}${more}, the shape of the mask of its pool "${pool.name}", ` +
          `received ${formatShape(inputShape)}; change the layers between, or give the pool it undoes.`,
      );
    }
  }

  private findPool(layer: MaxUnpooling2D): SequentialStep {
    const where = `layer "${layer.name}": expected`;
    const wanted = layer.pool;
    const pools = this.addedSteps.filter((step) => step.layer instanceof MaxPooling2D);
    if (wanted !== undefined) {
      const found = pools.find((step) => step.layer === wanted || step.layer.name === wanted);
      if (found) return found;
      const name = typeof wanted === 'string' ? wanted : wanted.name;
      const known = pools.map((step) => `"${step.layer.name}"`).join(', ') || 'none';
      throw new GraphError(`${where} its pool "${name}" among the layers before it, received the pools ${known}.`);
    }
    const tied = new Set(this.addedSteps.map((step) => step.pool));
    const free = pools.filter((step) => !tied.has(step.layer as MaxPooling2D)).at(-1);
    if (free) return free;
    const counts =
      pools.length === 0 ? 'no pool' : `${pools.length} that ${pools.length === 1 ? 'is' : 'are'} tied already`;
    throw new GraphError(
      `${where} a pool before it that isn't tied yet, received ${counts}; ` +
        'add maxPooling2d of this package (tf.layers.maxPooling2d keeps no indices), or give one as pool.',
    );
  }
}

/** tf.layers takes such a regularizer and then fails whenever the layer runs. */
function checkRegularizers(layer: layers.Layer): void {
  const { activityRegularizer } = layer as { activityRegularizer?: unknown };
  if (activityRegularizer === undefined || activityRegularizer === null) return;
  throw new InvalidOptionError(
    `layer "${layer.name}": tf.layers does not implement activityRegularizer; leave it out, or regularize the weights ` +
      'with kernelRegularizer and biasRegularizer.',
  );
}
