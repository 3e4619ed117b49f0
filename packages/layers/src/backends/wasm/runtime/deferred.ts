/**
 * Tensors that are computed when they are first read.
 *
 * The gradient of a dense layer's kernel is as large as the kernel and is usually read once, by the optimizer, which can consume it while
 * it is computed. The gradient for a batch of images is usually not read at all.
 */
import type { TensorInfo } from '@tensorflow/tfjs-core';
import { engine as tfjsEngine, util } from '@tensorflow/tfjs-core';
import type { Engine } from './engine';

/** transpose(x) * dy, for x `[steps, rows]` and dy `[steps, columns]`. */
export interface OuterProduct {
  x: TensorInfo;
  dy: TensorInfo;
}

/** The record that TensorFlow.js keeps for a tensor. */
interface TensorRecord {
  id: number;
  memoryOffset: number;
  shape: number[];
  dtype: 'float32';
  refCount: number;
}

const outerProducts = new WeakMap<object, OuterProduct>();

/** Returns the factors of a tensor that is an outer product and has not been computed yet. */
export function deferredOuterProduct(tensor: TensorInfo): OuterProduct | undefined {
  return outerProducts.get(tensor.dataId);
}

/** Creates a deferred outer product. */
export function deferOuterProduct(engine: Engine, product: OuterProduct, compute: (to: number) => void): TensorInfo {
  const shape = [product.x.shape[1], product.dy.shape[1]];
  const tensor = defer(engine, shape, [product.x, product.dy], compute, () => outerProducts.delete(tensor.dataId));
  outerProducts.set(tensor.dataId, product);
  return tensor;
}

/**
 * Creates a float32 tensor whose values are computed when something first asks where they are.
 *
 * @param inputs kept alive until then
 * @param compute writes the values
 * @param onSettled called when the inputs are no longer needed
 */
export function defer(
  engine: Engine,
  shape: number[],
  inputs: readonly TensorInfo[],
  compute: (to: number) => void,
  onSettled: () => void = () => {},
): TensorInfo {
  const { backend } = engine;
  const [dataId, id] = [{ id: nextId(engine) }, nextId(engine)];
  const size = util.sizeFromShape(shape);
  let [references, offset]: [number, number | undefined] = [1, undefined];
  for (const { dataId } of inputs) backend.incRef(dataId);

  const settle = (at: number) => {
    offset = at;
    backend.wasm.tfjs.registerTensor(id, size, at);
    for (const { dataId } of inputs) release(engine, dataId);
    onSettled();
  };
  const materialize = () => {
    if (offset !== undefined) return;
    const at = engine.allocate(Math.max(4 * size, 1));
    compute(at);
    // Who asks for the record is about to look.
    engine.settle();
    settle(at);
  };
  const record: TensorRecord = {
    shape,
    dtype: 'float32',
    get id() {
      materialize();
      return id;
    },
    get memoryOffset() {
      materialize();
      return offset as number;
    },
    get refCount() {
      return references;
    },
    set refCount(count) {
      references = count;
      if (count === 0 && offset === undefined) settle(0); // disposed without having been read: nothing to free
    },
  };
  backend.dataIdMap.set(dataId, record);
  return { dataId, shape, dtype: 'float32' };
}

/** Releases a reference to a tensor's data, and tells TensorFlow.js if that was the last one. */
function release({ backend }: Engine, dataId: object): void {
  if (backend.disposeData(dataId)) tfjsEngine().removeDataId(dataId, backend);
}

/** Takes an id from the backend's own sequence, as its tensors do. */
function nextId({ backend }: Engine): number {
  return (backend as unknown as { dataIdNextNumber: number }).dataIdNextNumber++;
}
