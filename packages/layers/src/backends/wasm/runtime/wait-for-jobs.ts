/**
 * Workers go on with the engine's last job while the calling thread prepares the next one: the job only has to be done before something
 * else looks at memory. The kernels of TensorFlow.js and its reads of tensors do that by a tensor's record, and freeing writes to memory.
 */
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';

/** What finishes jobs, and frees memory once they are done. */
interface Jobs {
  settle(): void;
  free(pointer: number): void;
}

/** Makes a backend finish the last job before it hands out the record of a tensor, except to count references. */
export function waitForJobs(backend: BackendWasm, jobs: Jobs): void {
  const { dataIdMap, wasm } = backend;
  const record = dataIdMap.get.bind(dataIdMap);
  let isCounting = false;
  dataIdMap.get = (dataId) => {
    if (!isCounting) jobs.settle();
    return record(dataId);
  };
  const counting = <Result>(method: (dataId: object, force?: boolean) => Result): typeof method => {
    const counted = method.bind(backend);
    return (dataId, force) => {
      isCounting = true;
      try {
        return counted(dataId, force);
      } finally {
        isCounting = false;
      }
    };
  };
  backend.disposeData = counting(backend.disposeData);
  backend.incRef = counting(backend.incRef);
  backend.refCount = counting(backend.refCount);
  (wasm as unknown as { _free(pointer: number): void })._free = (pointer) => jobs.free(pointer);
}
