import { adamStep, sgdStep } from '@ae/layers';
import * as tf from '@tensorflow/tfjs-core';
import { AutoencoderError, checkKeys, checkNumber, checkObject, inWords } from '../errors';
import type { NamedVariables } from '../network/named-variables';

/** Stochastic gradient descent as torch.optim.SGD has it. */
export interface SgdOptions {
  readonly name: 'sgd';
  /** Default 0.01, as the Torch original has it. */
  readonly learningRate?: number;
  /** In [0, 1]. Default 0. */
  readonly momentum?: number;
  /** How much less than the whole gradient enters the momentum, in [0, 1). Default 0. */
  readonly dampening?: number;
  /** Look ahead along the momentum, which must then be above 0, with a dampening of 0. Default false. */
  readonly nesterov?: boolean;
  /** L2 penalty added to the gradient. Default 0. */
  readonly weightDecay?: number;
}

/** Adam as torch.optim.Adam has it, and as torch.optim.AdamW has it under the name 'adamw'. */
export interface AdamOptions {
  readonly name: 'adam' | 'adamw';
  /** Default 0.001. */
  readonly learningRate?: number;
  /** Decay of the running mean of gradients, in [0, 1). Default 0.9. */
  readonly beta1?: number;
  /** Decay of the running mean of squared gradients, in [0, 1). Default 0.999. */
  readonly beta2?: number;
  /** Added to the denominator. Default 1e-8. */
  readonly epsilon?: number;
  /** Added to the gradient by 'adam' (default 0); shrinks the weights themselves in 'adamw' (default 0.01). */
  readonly weightDecay?: number;
}

/** RMSProp as torch.optim.RMSprop has it. */
export interface RmsPropOptions {
  readonly name: 'rmsprop';
  /** Default 0.01. */
  readonly learningRate?: number;
  /** Decay of the running mean of squared gradients, in [0, 1). Default 0.99. */
  readonly alpha?: number;
  /** Added to the denominator. Default 1e-8. */
  readonly epsilon?: number;
  /** In [0, 1]. Default 0. */
  readonly momentum?: number;
  /** Divide by the gradients' standard deviation instead of their root mean square. Default false. */
  readonly centered?: boolean;
  /** L2 penalty added to the gradient. Default 0. */
  readonly weightDecay?: number;
}

/** Adagrad as torch.optim.Adagrad has it. */
export interface AdagradOptions {
  readonly name: 'adagrad';
  /** Default 0.01. */
  readonly learningRate?: number;
  /** The learning rate of step n is divided by `1 + (n - 1) * learningRateDecay`. Default 0. */
  readonly learningRateDecay?: number;
  /** Where the sums of squared gradients begin. Default 0. */
  readonly initialAccumulator?: number;
  /** Added to the denominator. Default 1e-10. */
  readonly epsilon?: number;
  /** L2 penalty added to the gradient. Default 0. */
  readonly weightDecay?: number;
}

/** Adds to the options of each optimiser how dense layers differ from others. */
interface DenseOptions {
  /**
   * The learning rate of dense layers, relative to that of others. Where each weight moves by about the learning rate,
   * as with Adam, a unit that sums thousands of inputs moves far more than a convolution, which sums dozens. Default 1.
   */
  readonly denseFactor?: number;
  /**
   * Updates dense layers in every n-th step only, by that step's gradient. They have nearly all of a network's weights and
   * so take nearly all of an update's time; convolutions can go on learning from small batches meanwhile. A network
   * without other kernels updates them in every step. Default 1.
   */
  readonly denseEvery?: number;
}

export type OptimizerOptions = (SgdOptions | AdamOptions | RmsPropOptions | AdagradOptions) & DenseOptions;

/** One step of one variable. */
interface Update {
  readonly variable: tf.Variable;
  readonly gradient: tf.Tensor;
  /** The state of this variable, by the names of the algorithm's slots. */
  readonly slots: Record<string, tf.Variable>;
  readonly learningRate: number;
  /** Counted from 1. */
  readonly step: number;
}

/** What distinguishes one optimiser from another. `O` is its options, each with a value. */
interface Algorithm<O> {
  readonly defaults: O;
  /** Throws INVALID_OPTION for options that don't go together. */
  check?(options: O): void;
  /** The state it keeps of each variable: names, and the value to begin with. */
  slots(options: O): Record<string, number>;
  /** Changes the variable and its slots in place. */
  update(update: Update, options: O): void;
}

type Resolved<O> = Required<Omit<O, 'name'>>;

const sgd: Algorithm<Resolved<SgdOptions>> = {
  defaults: { learningRate: 0.01, momentum: 0, dampening: 0, nesterov: false, weightDecay: 0 },
  check({ momentum, dampening, nesterov }) {
    if (!nesterov || (momentum > 0 && dampening === 0)) return;
    throw new AutoencoderError(
      'INVALID_OPTION',
      `nesterov: expected a momentum above 0 and no dampening with it, received momentum ${momentum} and dampening ${dampening}.`,
    );
  },
  slots: ({ momentum }): Record<string, number> => (momentum > 0 ? { velocity: 0 } : {}),
  update({ variable, gradient, slots, learningRate, step }, options) {
    sgdStep(variable, gradient, slots.velocity ?? null, { ...options, learningRate, step });
  },
};

const adamDefaults = { learningRate: 1e-3, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0 };

function adamLike(decoupled: boolean, weightDecay: number): Algorithm<Resolved<AdamOptions>> {
  return {
    defaults: { ...adamDefaults, weightDecay },
    slots: () => ({ mean: 0, square: 0 }),
    update({ variable, gradient, slots, learningRate, step }, options) {
      adamStep(variable, gradient, slots.mean, slots.square, { ...options, learningRate, step, decoupled });
    },
  };
}

const rmsprop: Algorithm<Resolved<RmsPropOptions>> = {
  defaults: { learningRate: 0.01, alpha: 0.99, epsilon: 1e-8, momentum: 0, centered: false, weightDecay: 0 },
  slots: ({ momentum, centered }) => ({
    square: 0,
    ...(centered && { mean: 0 }),
    ...(momentum > 0 && { velocity: 0 }),
  }),
  update({ variable, gradient, slots, learningRate }, { alpha, epsilon, momentum, centered, weightDecay }) {
    tf.tidy(() => {
      const direction = penalized(variable, gradient, weightDecay);
      decayTowards(slots.square, tf.square(direction), alpha);
      if (centered) decayTowards(slots.mean, direction, alpha);
      const variance = centered ? tf.sub(slots.square, tf.square(slots.mean)) : slots.square;
      const scaled = tf.div(direction, tf.add(tf.sqrt(variance), epsilon));
      if (momentum > 0) slots.velocity.assign(tf.add(tf.mul(slots.velocity, momentum), scaled));
      variable.assign(tf.sub(variable, tf.mul(momentum > 0 ? slots.velocity : scaled, learningRate)));
    });
  },
};

const adagrad: Algorithm<Resolved<AdagradOptions>> = {
  defaults: { learningRate: 0.01, learningRateDecay: 0, initialAccumulator: 0, epsilon: 1e-10, weightDecay: 0 },
  slots: ({ initialAccumulator }) => ({ square: initialAccumulator }),
  update({ variable, gradient, slots, learningRate, step }, { learningRateDecay, epsilon, weightDecay }) {
    tf.tidy(() => {
      const direction = penalized(variable, gradient, weightDecay);
      slots.square.assign(tf.add(slots.square, tf.square(direction)));
      const scaled = tf.div(direction, tf.add(tf.sqrt(slots.square), epsilon));
      variable.assign(tf.sub(variable, tf.mul(scaled, learningRate / (1 + (step - 1) * learningRateDecay))));
    });
  },
};

function penalized(variable: tf.Variable, gradient: tf.Tensor, weightDecay: number): tf.Tensor {
  return weightDecay === 0 ? gradient : tf.add(gradient, tf.mul(variable, weightDecay));
}

/** slot = decay * slot + (1 - decay) * value */
function decayTowards(slot: tf.Variable, value: tf.Tensor, decay: number): void {
  slot.assign(tf.add(tf.mul(slot, decay), tf.mul(value, 1 - decay)));
}

const algorithms = { sgd, adam: adamLike(false, 0), adamw: adamLike(true, 0.01), rmsprop, adagrad };

/** The algorithm of that name; its options are known to be its own only once `resolveOptimizer` has checked them. */
function algorithmOf(name: OptimizerOptions['name']): Algorithm<object> {
  if (Object.hasOwn(algorithms, name)) return algorithms[name] as Algorithm<object>;
  const known = Object.keys(algorithms).join(', ');
  throw new AutoencoderError('INVALID_OPTION', `optimizer: expected one of ${known}, received ${inWords(name)}.`);
}

/** An optimiser's options with a value for each. */
export interface ResolvedOptimizer {
  readonly name: OptimizerOptions['name'];
  readonly learningRate: number;
  readonly denseFactor: number;
  readonly denseEvery: number;
}

/** Fills in what is missing; throws INVALID_OPTION for unknown names, unknown options and values out of range. */
export function resolveOptimizer(options: OptimizerOptions): ResolvedOptimizer {
  checkObject('optimizer', options, "{ name: 'adam' }");
  const { defaults: own, check } = algorithmOf(options.name);
  const defaults = { ...own, denseFactor: 1, denseEvery: 1 };
  checkKeys(`optimizer ${options.name}`, options, ['name', ...Object.keys(defaults)]);
  const resolved: Record<string, unknown> = { name: options.name };
  for (const [key, fallback] of Object.entries(defaults)) {
    const value = (options as unknown as Record<string, unknown>)[key] ?? fallback;
    if (typeof fallback === 'boolean') checkBoolean(key, value);
    else if (key === 'denseEvery') checkNumber(key, value, { min: 1, integer: true });
    else checkNumber(key, value, { min: 0, ...ranges[key] });
    resolved[key] = value;
  }
  check?.(resolved);
  return resolved as unknown as ResolvedOptimizer;
}

/** What torch.optim refuses, and alpha and dampening of 1, with which no gradient would ever come in. */
const ranges: Readonly<Record<string, { max?: number; below?: number }>> = {
  momentum: { max: 1 },
  ...{ dampening: { below: 1 }, beta1: { below: 1 }, beta2: { below: 1 }, alpha: { below: 1 } },
};

function checkBoolean(name: string, value: unknown): void {
  if (typeof value === 'boolean') return;
  throw new AutoencoderError('INVALID_OPTION', `${name}: expected true or false, received ${String(value)}.`);
}

/** Updates variables in place from their gradients and owns the state that takes. */
export class Optimizer {
  /** May be set between steps, as schedules do. */
  learningRate: number;
  /** How many steps have been made; to set only when a checkpoint is restored. */
  steps = 0;
  private readonly options: ResolvedOptimizer;
  private readonly algorithm: Algorithm<object>;
  private readonly slots: Readonly<Record<string, NamedVariables>>;

  /** Throws INVALID_OPTION; see `resolveOptimizer`. */
  constructor(
    options: OptimizerOptions,
    private readonly variables: NamedVariables,
  ) {
    const resolved = resolveOptimizer(options);
    this.options = hasOtherKernels(variables) ? resolved : { ...resolved, denseEvery: 1 };
    this.algorithm = algorithmOf(options.name);
    this.learningRate = this.options.learningRate;
    this.slots = mapValues(variables, ({ shape }) =>
      mapValues(this.algorithm.slots(this.options), (start) => filled(shape, start)),
    );
  }

  /** The variables that the next step changes, by their names; the others need no gradients in it. */
  get due(): NamedVariables {
    const { denseEvery } = this.options;
    if ((this.steps + 1) % denseEvery === 0) return this.variables;
    const entries = Object.entries(this.variables).filter(([name]) => !isDense(name, this.variables));
    return Object.fromEntries(entries);
  }

  /**
   * Applies one update; `gradients` are those of the variables that are due, by name, and remain the caller's. A variable
   * without one stays as it is.
   */
  step(gradients: Readonly<Record<string, tf.Tensor>>): void {
    const { due, options } = this;
    this.steps++;
    for (const [name, variable] of Object.entries(due)) {
      if (!gradients[name]) continue;
      const dense = isDense(name, this.variables);
      const learningRate = this.learningRate * (dense ? options.denseFactor : 1);
      const step = dense ? this.steps / options.denseEvery : this.steps;
      const update = { variable, gradient: gradients[name], slots: this.slots[name], learningRate, step };
      this.algorithm.update(update, options);
    }
  }

  /** The state by `<variable>/<slot>`: variables to save, or to assign what was saved. */
  get state(): NamedVariables {
    const entries = Object.entries(this.slots).flatMap(([name, slots]) =>
      Object.entries(slots).map(([slot, variable]) => [`${name}/${slot}`, variable] as const),
    );
    return Object.fromEntries(entries);
  }

  /** Frees the optimiser's state, not the variables. */
  dispose(): void {
    tf.dispose(this.slots as tf.TensorContainer);
  }
}

function mapValues<A, B>(record: Readonly<Record<string, A>>, map: (value: A) => B): Record<string, B> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value)]));
}

/** Says whether a variable is of a dense layer: a matrix, or the bias beside one. */
function isDense(name: string, variables: NamedVariables): boolean {
  const kernel = variables[name.replace(/[^/]*$/, 'kernel')] ?? variables[name];
  return kernel.shape.length === 2;
}

/** Whether anything but dense layers has a kernel to train while these wait. */
function hasOtherKernels(variables: NamedVariables): boolean {
  return Object.keys(variables).some((name) => /kernel(_\d+)?$/.test(name) && !isDense(name, variables));
}

function filled(shape: number[], value: number): tf.Variable {
  return tf.tidy(() => tf.variable(tf.fill(shape, value), false));
}
