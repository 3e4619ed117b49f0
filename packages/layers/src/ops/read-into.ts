import { engine, getBackend, getKernel, type Tensor } from '@tensorflow/tfjs-core';
import { ReadInto, type ReadIntoAttrs } from '../contracts/training-kernels';
import { InvalidOptionError } from '../errors';

/**
 * Copies the values of a float32 tensor to `target`, which must have the same length.
 *
 * `tensor.data()` allocates new memory each time, which takes longer than copying; if the active backend has the kernel `ReadInto`, nothing
 * is allocated.
 *
 * @throws InvalidOptionError `INVALID_OPTION` for another length
 */
export async function readInto(target: Float32Array, tensor: Tensor): Promise<void> {
  if (target.length !== tensor.size) {
    throw new InvalidOptionError({
      where: 'readInto',
      expected: `room for ${tensor.size} values`,
      received: `${target.length}`,
      todo: "pass an array of the tensor's size",
    });
  }
  if (!getKernel(ReadInto, getBackend())) {
    target.set(await tensor.data<'float32'>());
    return;
  }
  const attrs: ReadIntoAttrs = { target };
  engine().runKernel(ReadInto, { x: tensor }, { ...attrs });
}
