/** Reads and makes tensors of the tfjs wasm backend: the few places of tfjs that this engine leans on. */

import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import type { DataType, TensorInfo } from '@tensorflow/tfjs-core';

/** Says where a tensor's values begin in the memory, in bytes. Valid until the tensor is disposed; memory never moves. */
export function pointerOf(backend: BackendWasm, tensor: TensorInfo): number {
  return backend.dataIdMap.get(tensor.dataId).memoryOffset;
}

/** Allocates a tensor whose values are not set yet. May grow the memory: views made before are then stale. */
export function makeTensor(backend: BackendWasm, shape: number[], dtype: DataType = 'float32'): TensorInfo {
  return backend.makeOutput(shape, dtype);
}

/** Views a float32 tensor's values. The view is stale after the next allocation. */
export function floatsOf(backend: BackendWasm, tensor: TensorInfo): Float32Array {
  return backend.typedArrayFromHeap(tensor) as Float32Array;
}

/** Views an int32 tensor's values. The view is stale after the next allocation. */
export function intsOf(backend: BackendWasm, tensor: TensorInfo): Int32Array {
  return backend.typedArrayFromHeap(tensor) as Int32Array;
}
