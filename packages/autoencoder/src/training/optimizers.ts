import { adamStep, sgdStep } from '@ae/layers';
import * as tf from '@tensorflow/tfjs-core';
import type { FilledOf } from '../errors/option-kinds';
import type { NamedVariables } from '../network/named-variables';
import { type OptimizerName, type OptimizerOptions, type optimizers, resolveOptimizer } from './options';

/** One step for one variable. */
interface Update {
  readonly variable: tf.Variable;
  readonly gradient: tf.Tensor;
  /** The state of this variable, by the names of the algorithm's slots. */
  readonly slots: Record<string, tf.Variable>;
  readonly learningRate: number;
  /** Counted from 1. */
  readonly step: number;
}

/** How an optimizer computes. `O` are its options with all values set; options.ts has their table. */
interface Algorithm<O> {
  /** The state it keeps for each variable: names, and initial values. */
  slots(options: O): Record<string, number>;
  /** Updates the variable and its slots in place. */
  update(update: Update, options: O): void;
}

type Filled<N extends OptimizerName> = FilledOf<(typeof optimizers)[N]['options']>;

const sgd: Algorithm<Filled<'sgd'>> = {
  slots: ({ momentum }): Record<string, number> => (momentum > 0 ? { velocity: 0 } : {}),
  update({ variable, gradient, slots, learningRate, step }, options) {
    sgdStep(variable, gradient, slots.velocity ?? null, { ...options, learningRate, step });
  },
};

function adamLike(decoupled: boolean): Algorithm<Filled<'adam'>> {
  return {
    slots: () => ({ mean: 0, square: 0 }),
    update({ variable, gradient, slots, learningRate, step }, options) {
      adamStep(variable, gradient, slots.mean, slots.square, { ...options, learningRate, step, decoupled });
    },
  };
}

const rmsprop: Algorithm<Filled<'rmsprop'>> = {
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

const adagrad: Algorithm<Filled<'adagrad'>> = {
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

const algorithms: { readonly [N in OptimizerName]: Algorithm<Filled<N>> } = {
  ...{ sgd, rmsprop, adagrad },
  adam: adamLike(false),
  adamw: adamLike(true),
};

/** An optimizer's options with all values set. */
export interface ResolvedOptimizer {
  readonly name: OptimizerName;
  readonly learningRate: number;
  readonly denseFactor: number;
  readonly denseEvery: number;
}

/** Returns how many numbers an optimizer stores per weight. Throws INVALID_OPTION. */
export function slotCount(options: OptimizerOptions): number {
  const algorithm = algorithms[options.name] as Algorithm<object>;
  return Object.keys(algorithm.slots(resolveOptimizer(options))).length;
}

/** Updates variables in place from their gradients, and owns the state needed for that. */
export class Optimizer {
  /** May be set between steps, as schedules do. */
  learningRate: number;
  /** Number of steps so far; set only when a checkpoint is restored. */
  steps = 0;
  readonly #options: ResolvedOptimizer;
  readonly #algorithm: Algorithm<object>;
  readonly #slots: Readonly<Record<string, NamedVariables>>;
  readonly #variables: NamedVariables;

  /** Throws INVALID_OPTION; see `resolveOptimizer`. */
  constructor(options: OptimizerOptions, variables: NamedVariables) {
    this.#variables = variables;
    const resolved = resolveOptimizer(options) as ResolvedOptimizer;
    this.#options = { ...resolved, denseEvery: denseInterval(resolved, variables) };
    // Only the table, against which they were checked, knows which options it has.
    this.#algorithm = algorithms[options.name] as Algorithm<object>;
    this.learningRate = this.#options.learningRate;
    this.#slots = mapValues(variables, ({ shape }) =>
      mapValues(this.#algorithm.slots(this.#options), (start) => filled(shape, start)),
    );
  }

  /** The variables that the next step changes, by name; the others need no gradients. */
  get due(): NamedVariables {
    const { denseEvery } = this.#options;
    if ((this.steps + 1) % denseEvery === 0) return this.#variables;
    const entries = Object.entries(this.#variables).filter(([name]) => !isDense(name, this.#variables));
    return Object.fromEntries(entries);
  }

  /**
   * Applies one update; `gradients` are those of the variables that are due, by name, and still belong to the caller. A variable without a
   * gradient is unchanged.
   */
  step(gradients: Readonly<Record<string, tf.Tensor>>): void {
    const options = this.#options;
    const { due } = this;
    this.steps++;
    for (const [name, variable] of Object.entries(due)) {
      if (!gradients[name]) continue;
      const dense = isDense(name, this.#variables);
      const learningRate = this.learningRate * (dense ? options.denseFactor : 1);
      const step = dense ? this.steps / options.denseEvery : this.steps;
      const update = { variable, gradient: gradients[name], slots: this.#slots[name], learningRate, step };
      this.#algorithm.update(update, options);
    }
  }

  /** The state by `<variable>/<slot>`: variables to save, or to assign saved values to. */
  get state(): NamedVariables {
    const entries = Object.entries(this.#slots).flatMap(([name, slots]) =>
      Object.entries(slots).map(([slot, variable]) => [`${name}/${slot}`, variable] as const),
    );
    return Object.fromEntries(entries);
  }

  /** Frees the optimizer's state, but not the variables. */
  dispose(): void {
    tf.dispose(this.#slots as tf.TensorContainer);
  }
}

function mapValues<A, B>(record: Readonly<Record<string, A>>, map: (value: A) => B): Record<string, B> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value)]));
}

/** Tells whether a variable belongs to a dense layer: a matrix, or the bias that goes with one. */
export function isDense(name: string, variables: NamedVariables): boolean {
  const kernel = variables[name.replace(/[^/]*$/, 'kernel')] ?? variables[name];
  return kernel.shape.length === 2;
}

/** Returns the number of steps between updates of dense layers: 1 if nothing else could be trained in between. */
export function denseInterval(options: OptimizerOptions, variables: NamedVariables): number {
  return hasOtherKernels(variables) ? (resolveOptimizer(options) as ResolvedOptimizer).denseEvery : 1;
}

/** Whether anything but dense layers has a kernel to train in between. */
function hasOtherKernels(variables: NamedVariables): boolean {
  return Object.keys(variables).some((name) => /kernel(_\d+)?$/.test(name) && !isDense(name, variables));
}

function filled(shape: number[], value: number): tf.Variable {
  return tf.tidy(() => tf.variable(tf.fill(shape, value), false));
}
