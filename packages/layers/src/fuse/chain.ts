/** Runs a chain of groups, forward and backward, as a single operation on the tape. */
import { customGrad, engine, type GradSaveFunc, type NamedTensorMap, type Tensor } from '@tensorflow/tfjs-core';
import { ReluGrad } from '../contracts/training-kernels';
import type { Group, Masks } from './groups';

/** A chain of groups. */
export interface Chain {
  readonly groups: readonly Group[];
  /** Whether x is added to the output of the groups. The first and the last group must support adding. */
  readonly residual?: boolean;
}

/** Computes the output of a chain. Differentiable with respect to x and the weights of all groups. */
export function runChain(chain: Chain, x: Tensor): Tensor {
  const { groups } = chain;
  if (!engine().isTapeOn()) return computeOnly(chain, x);
  const weights = groups.flatMap((group) => group.weights());
  return customGrad((...args: Array<Tensor | GradSaveFunc>) => {
    const save = args.pop() as GradSaveFunc;
    const { y, inputs, masks } = compute(chain, args[0] as Tensor);
    const kept = new Saved(save, { inputs, masks, y: (groups.at(-1) as Group).relu ? y : undefined });
    return {
      value: y,
      gradFunc: (dy: Tensor, saved: Tensor[]) => gradients(chain, dy, kept.restore(saved)) as unknown as Tensor,
    };
  })(x, ...weights);
}

/** Computes without gradients: every intermediate result is freed when the next group has used it. */
function computeOnly({ groups, residual }: Chain, x: Tensor): Tensor {
  const masks: Masks = new Map();
  let y = x;
  for (const group of groups) {
    const input = y;
    y = group.forward(input, masks, residual && group === groups.at(-1) ? x : undefined);
    if (input !== x) input.dispose();
  }
  for (const mask of masks.values()) mask.dispose();
  return y;
}

/** What the gradients need from the forward pass: the inputs of the groups that save them, the masks, and y for a final ReLU. */
interface Intermediates {
  inputs: ReadonlyMap<Group, Tensor>;
  masks: Masks;
  y: Tensor | undefined;
}

function compute({ groups, residual }: Chain, x: Tensor): Omit<Intermediates, 'y'> & { y: Tensor } {
  const inputs = new Map<Group, Tensor>();
  const masks: Masks = new Map();
  let y = x;
  for (const group of groups) {
    if (group.savesInput) inputs.set(group, y);
    y = group.forward(y, masks, residual && group === groups.at(-1) ? x : undefined);
  }
  return { y, inputs, masks };
}

/** Hands intermediate tensors to the tape, which keeps and frees them, and returns them by their roles. */
class Saved {
  readonly #groups: Group[];
  readonly #maskNumbers: number[];

  constructor(save: GradSaveFunc, { inputs, masks, y }: Intermediates) {
    this.#groups = [...inputs.keys()];
    this.#maskNumbers = [...masks.keys()];
    save([...inputs.values(), ...masks.values(), ...(y ? [y] : [])]);
  }

  restore(saved: readonly Tensor[]): Intermediates {
    const afterInputs = this.#groups.length;
    return {
      inputs: new Map(this.#groups.map((group, index) => [group, saved[index]])),
      masks: new Map(this.#maskNumbers.map((number, index) => [number, saved[afterInputs + index]])),
      y: saved[afterInputs + this.#maskNumbers.length],
    };
  }
}

/** Computes the gradients for x and for the weights of all groups, in the order of the groups. */
function gradients({ groups, residual }: Chain, dyOfChain: Tensor, { inputs, masks, y }: Intermediates): Tensor[] {
  let dy = y ? (engine().runKernel(ReluGrad, { dy: dyOfChain, y } as NamedTensorMap) as Tensor) : dyOfChain;
  const ofWeights: Tensor[][] = [];
  for (let index = groups.length - 1; index >= 0; index--) {
    const group = groups[index] as Group;
    const neighbors = { maskInput: comesFromRelu(groups, index), deferInput: index === 0 };
    const added = residual && index === 0 ? dyOfChain : undefined;
    const [dx, ...ofGroup] = group.backward(dy, inputs.get(group) as Tensor, masks, neighbors, added) as [
      Tensor,
      ...Tensor[],
    ];
    ofWeights.unshift(ofGroup);
    if (dy !== dyOfChain) dy.dispose();
    dy = dx;
  }
  return [dy, ...ofWeights.flat()];
}

/** Tells whether the input of a group is the output of a ReLU in this chain, possibly reshaped. */
function comesFromRelu(groups: readonly Group[], index: number): boolean {
  for (let before = index - 1; before >= 0; before--) {
    const group = groups[before] as Group;
    if (group.relu) return true;
    if (group.savesInput) return false;
  }
  return false;
}
