/**
 * SgdStep and AdamStep in place, with TensorFlow's own ResourceApply ops: one pass over the values, where plain ops make several copies.
 *
 * These ops work on TensorFlow's variables. A tensor is assigned to a variable that is kept for this purpose, updated, and read back; none
 * of this copies, because TensorFlow's tensors share their values.
 */
import type { KernelFunc, TensorInfo } from '@tensorflow/tfjs-core';
import type { AdamStepAttrs, SgdStepAttrs } from '../../contracts/training-kernels';
import { NativeOps, type NodeBackend, type TensorId } from './native-ops';

const T = { T: 'float32' } as const;

/** `{variable, gradient, velocity?}` */
export const sgdStep: KernelFunc = ({ inputs, backend, attrs }) => {
  const { variable, gradient, velocity } = inputs as Record<'variable' | 'gradient' | 'velocity', TensorInfo>;
  const { learningRate, momentum, gradientWeight, nesterov, weightDecay } = attrs as unknown as SgdStepAttrs;
  NativeOps.run(backend, (ops) => {
    const rate = ops.scalar(learningRate, 'float32');
    const direction = penalized(ops, variable, gradient, weightDecay);
    if (!velocity) {
      return inPlace(ops, backend, [variable], ([weights]) => {
        const attrs = { types: T, bools: { use_locking: false } };
        ops.ops('ResourceApplyGradientDescent', [weights, rate, direction], attrs, 0);
      });
    }
    const weighted = scaled(ops, direction, gradientWeight);
    inPlace(ops, backend, [variable, velocity], ([weights, speed]) => {
      const attrs = { types: T, bools: { use_locking: false, use_nesterov: nesterov } };
      const settings = [rate, weighted, ops.scalar(momentum, 'float32')];
      ops.ops('ResourceApplyMomentum', [weights, speed, ...settings], attrs, 0);
    });
  });
  return [];
};

/** `{variable, gradient, m, v}` */
export const adamStep: KernelFunc = ({ inputs, backend, attrs }) => {
  const { variable, gradient, m, v } = inputs as Record<'variable' | 'gradient' | 'm' | 'v', TensorInfo>;
  const { beta1, beta2, epsilon, l2, keep, stepSize, inverseRootCorrection2 } = attrs as unknown as AdamStepAttrs;
  NativeOps.run(backend, (ops) => {
    const direction = penalized(ops, variable, gradient, l2);
    if (keep !== 1) replace(backend, variable, ops.take(scaled(ops, ops.input(variable), keep)));
    // TensorFlow's form of Adam does not apply the correction to epsilon, so epsilon is divided by it here. Powers of 0 turn off its own
    // corrections.
    const rate = stepSize / inverseRootCorrection2;
    const numbers = [0, 0, rate, beta1, beta2, epsilon / inverseRootCorrection2];
    const settings = numbers.map((number) => ops.scalar(number, 'float32'));
    inPlace(ops, backend, [variable, m, v], (states) => {
      const attrs = { types: T, bools: { use_locking: false, use_nesterov: false } };
      ops.ops('ResourceApplyAdam', [...states, ...settings, direction], attrs, 0);
    });
  });
  return [];
};

/** Returns gradient + decay * variable */
function penalized(ops: NativeOps, variable: TensorInfo, gradient: TensorInfo, decay: number): TensorId {
  if (decay === 0) return ops.input(gradient);
  const penalty = scaled(ops, ops.input(variable), decay);
  return ops.op('AddV2', [ops.input(gradient), penalty], { types: T });
}

function scaled(ops: NativeOps, values: TensorId, factor: number): TensorId {
  return factor === 1 ? values : ops.op('Mul', [values, ops.scalar(factor, 'float32')], { types: T });
}

/** TensorFlow's variables that tensors are assigned to, first to third. */
const variables = new WeakMap<object, TensorId[]>();

/** The tensors whose values belong to TensorFlow, with their ids at that time. Others may be a typed array of the caller. */
const ownValues = new WeakMap<object, TensorId>();

/** Assigns tensors to variables, lets `update` change those, and gives the tensors the results. */
function inPlace(
  ops: NativeOps,
  backend: object,
  tensors: readonly TensorInfo[],
  update: (variables: TensorId[]) => void,
): void {
  const places = variablesOf(ops, backend, tensors.length);
  for (const [i, tensor] of tensors.entries()) {
    const id = ops.input(tensor);
    const own = ownValues.get(tensor.dataId) === id ? id : ops.op('DeepCopy', [id], { types: T });
    const attrs = { types: { dtype: 'float32' }, bools: { validate_shape: false } } as const;
    ops.ops('AssignVariableOp', [places[i], own], attrs, 0);
    // The variable must be the only holder of its values: otherwise the update starts with a copy.
    ops.free(own);
    replace(backend, tensor, undefined);
  }
  try {
    update(places);
  } finally {
    for (const [i, tensor] of tensors.entries()) {
      const id = ops.take(ops.op('ReadVariableOp', [places[i]], { types: { dtype: 'float32' } }));
      replace(backend, tensor, id);
    }
  }
}

function variablesOf(ops: NativeOps, backend: object, count: number): TensorId[] {
  const made = variables.get(backend) ?? [];
  variables.set(backend, made);
  while (made.length < count) {
    const strings = { container: '', shared_name: `@ae/layers optimizer ${made.length}` };
    made.push(ops.take(ops.op('VarHandleOp', [], { types: { dtype: 'float32' }, strings, shapes: { shape: [] } })));
  }
  return made;
}

/** Gives a tensor values owned by TensorFlow, or none for now: frees its previous ones, and takes `id`. */
function replace(backend: object, { dataId }: TensorInfo, id: TensorId | undefined): void {
  const { tensorMap, binding } = backend as NodeBackend;
  const stored = tensorMap.get(dataId);
  if (stored.id !== NO_VALUES) binding.deleteTensor(stored.id);
  stored.id = id ?? NO_VALUES;
  if (id !== undefined) ownValues.set(dataId, id);
}

/** What tfjs-node uses instead of an id if there are no values yet. */
const NO_VALUES = -1;
