import type { layers } from '@tensorflow/tfjs-layers';
import { formatShape, GraphError, MaskError } from '../errors';
import { MaxPooling2D } from '../layers/max-pooling-2d';
import { MaxUnpooling2D } from '../layers/max-unpooling-2d';
import { checkMaskShape } from '../ops/max-unpool';
import { inferOutputShape, type SampleShape } from './layer-shape';

/** One layer of a {@link Sequential}, with what is known about it before it has weights. */
export interface SequentialStep {
  readonly layer: layers.Layer;
  /** Without the batch. */
  readonly inputShape: SampleShape;
  /** Without the batch; for a pool, the shape of its values. */
  readonly outputShape: SampleShape;
  /** The pool that an unpooling is tied to. */
  readonly pool?: MaxPooling2D;
  /** For the sum that ends a residual branch: the number of steps before the branch, whose result is added to its own. */
  readonly branchedAt?: number;
}

/**
 * Infers what is known about a layer that follows the last of `steps`, and ties an unpooling to its pool among them.
 *
 * @throws ShapeError, MaskError, GraphError as in `Sequential.add`
 */
export function connectLayer(
  layer: layers.Layer,
  inputShape: SampleShape,
  steps: readonly SequentialStep[],
): SequentialStep {
  if (layer instanceof MaxUnpooling2D) return connectUnpooling(layer, inputShape, steps);
  if (layer instanceof MaxPooling2D) {
    const [values] = layer.computeOutputShape([null, ...inputShape]);
    return { layer, inputShape, outputShape: values.slice(1) as number[] };
  }
  return { layer, inputShape, outputShape: inferOutputShape(layer, inputShape) };
}

function connectUnpooling(
  layer: MaxUnpooling2D,
  inputShape: SampleShape,
  steps: readonly SequentialStep[],
): SequentialStep {
  const poolStep = findPool(layer, steps);
  const pool = poolStep.layer as MaxPooling2D;
  checkMask(layer, inputShape, poolStep);
  const [height, width] = poolStep.inputShape;
  layer.tie(pool, [height, width]);
  const shapes = [
    [null, ...inputShape],
    [null, ...poolStep.outputShape],
  ];
  return { layer, inputShape, outputShape: layer.computeOutputShape(shapes).slice(1) as number[], pool };
}

function checkMask(
  layer: MaxUnpooling2D,
  inputShape: SampleShape,
  { layer: pool, outputShape: mask }: SequentialStep,
): void {
  try {
    checkMaskShape('', inputShape, mask, layer.maskMode);
  } catch {
    const more = layer.maskMode === 'torch7' ? ' (or fewer channels)' : '';
    throw new MaskError({
      where: `layer "${layer.name}"`,
      expected: `an input of ${formatShape(mask)}${more}, the shape of the mask of its pool "${pool.name}"`,
      received: formatShape(inputShape),
      todo: 'change the layers in between, or pass the pool it undoes',
    });
  }
}

function findPool(layer: MaxUnpooling2D, steps: readonly SequentialStep[]): SequentialStep {
  const where = `layer "${layer.name}":`;
  const wanted = layer.pool;
  const pools = steps.filter((step) => step.layer instanceof MaxPooling2D);
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
  const tied = new Set(steps.map((step) => step.pool));
  const free = pools.filter((step) => !tied.has(step.layer as MaxPooling2D)).at(-1);
  if (free) return free;
  const state = pools.length === 0 ? 'there is no pool before it' : 'all pools before it are already tied';
  throw new GraphError({
    state: `${where} ${state}`,
    todo: 'add maxPooling2d of this package (tf.layers.maxPooling2d keeps no indices), or pass one as pool',
  });
}
