/** Which tensor of PyTorch corresponds to which weight here, and the conversion between them: the same numbers in another order. */
import type { layers } from '@tensorflow/tfjs-layers';
import { permuted, reshaped, type Weight } from '../weights';

/** A variable of a layer of tf.layers. */
export type LayerVariable = layers.Layer['weights'][number];

/** One tensor of a module's state. */
export interface TorchTensor {
  /** As in `state_dict()`: 'conv1.weight'. */
  readonly name: string;
  /** The variable here; undefined for tensors that only PyTorch has. */
  readonly variable?: LayerVariable;
  /** The value of all its numbers, if there is no variable. */
  readonly constant?: number;
  /** The shape of the variable with its axes split. */
  readonly view: readonly number[];
  /** Axis i in PyTorch is axis `order[i]` of the view. */
  readonly order: readonly number[];
  /** In PyTorch. */
  readonly shape: readonly number[];
  readonly type: 'F32' | 'I64';
}

/** Describes a tensor that has a variable's axes in another order; the axes of a group are merged in PyTorch. */
export function torchTensor(
  name: string,
  variable: LayerVariable,
  groups: readonly (readonly number[])[],
  view: readonly number[] = variable.shape as number[],
): TorchTensor {
  const shape = groups.map((axes) => axes.reduce((product, axis) => product * view[axis], 1));
  return { name, variable, view, order: groups.flat(), shape, type: 'F32' };
}

/** Returns a variable's values in PyTorch's order. */
export async function toTorch({ variable, constant, view, order, shape }: TorchTensor): Promise<Weight> {
  if (!variable) return { shape, values: new Float32Array(sizeOf(shape)).fill(constant ?? 0) };
  const values = (await variable.read().data()) as Float32Array;
  return reshaped(permuted({ shape: view, values }, order), shape);
}

/** Undoes `toTorch`: returns values in the variable's order. */
export function fromTorch({ view, order }: TorchTensor, values: Float32Array): Float32Array {
  const back = order.map((_, axis) => order.indexOf(axis));
  const shape = order.map((axis) => view[axis]);
  return permuted({ shape, values }, back).values;
}

export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}
