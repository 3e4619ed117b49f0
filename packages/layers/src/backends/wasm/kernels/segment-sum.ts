/** UnsortedSegmentSum, which the stock wasm backend lacks: the gradient of tf.gather, and thus of embeddings. */
import { type TensorInfo, type UnsortedSegmentSumAttrs, util } from '@tensorflow/tfjs-core';
import type { Engine } from '../runtime/engine';
import { registerWasmKernel } from './register';

/** Registers UnsortedSegmentSum. */
export function registerSegmentSum(engine: Engine): void {
  registerWasmKernel<{ x: TensorInfo; segmentIds: TensorInfo }, UnsortedSegmentSumAttrs>(
    'UnsortedSegmentSum',
    ({ x, segmentIds }, { numSegments }) => {
      const rank = segmentIds.shape.length;
      const sums = engine.makeTensor([numSegments, ...x.shape.slice(rank)]);
      const columns = util.sizeFromShape(x.shape.slice(rank));
      const to = engine.floats(engine.pointer(sums), numSegments * columns).fill(0);
      const from = engine.backend.typedArrayFromHeap(x) as Float32Array | Int32Array;
      const segments = engine.backend.typedArrayFromHeap(segmentIds) as Int32Array;
      for (const [row, segment] of segments.entries()) {
        if (segment < 0 || segment >= numSegments) continue;
        for (let c = 0; c < columns; c++) {
          const at = segment * columns + c;
          to[at] = to[at] + from[row * columns + c];
        }
      }
      return sums;
    },
  );
}
