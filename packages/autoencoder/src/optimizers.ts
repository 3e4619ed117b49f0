import { adamStep, sgdStep } from '@ae/layers';
import * as tf from '@tensorflow/tfjs-core';
import { AutoencoderError, checkKeys, checkNumber } from './errors';

/** Stochastic gradient descent as torch.optim.SGD has it. */
export interface SgdOptions {
  readonly name: 'sgd';
  /** Default 0.01, as the Torch original has it. */
  readonly learningRate?: number;
  /** In [0, 1). Default 0. */
  readonly momentum?: number;
  /** Look ahead along the momentum, which must then be above 0. Default false. */
  readonly nesterov?: boolean;
  /** L2 penalty added to the gradient. Default 0. */
  readonly weightDecay?: number;
}

/** Adam as torch.optim.Adam has it. */
export interface AdamOptions {
  readonly name: 'adam';
  /** Default 0.001. */
  readonly learningRate?: number;
  /** Decay of the running mean of gradients, in [0, 1). Default 0.9. */
  readonly beta1?: number;
  /** Decay of the running mean of squared gradients, in [0, 1). Default 0.999. */
  readonly beta2?: number;
  /** Added to the denominator. Default 1e-8. */
  readonly epsilon?: number;
  /** L2 penalty added to the gradient. Default 0. */
  readonly weightDecay?: number;
}

export type OptimizerOptions = SgdOptions | AdamOptions;

/** Updates variables in place from their gradients and owns the state that takes. */
export interface Optimizer {
  learningRate: number;
  /** Applies one update; `gradients` are by variable name and remain the caller's. */
  step(gradients: tf.NamedTensorMap): void;
  /** Frees the optimiser's state, not the variables. */
  dispose(): void;
}

/** Makes an optimiser for `variables`; throws INVALID_OPTION for unknown names, unknown options and values out of range. */
export function createOptimizer(options: OptimizerOptions, variables: readonly tf.Variable[]): Optimizer {
  switch (options.name) {
    case 'sgd':
      return new Sgd(options, variables);
    case 'adam':
      return new Adam(options, variables);
    default:
      throw new AutoencoderError(
        'INVALID_OPTION',
        `optimizer: expected "sgd" or "adam", received ${JSON.stringify((options as { name: unknown }).name)}.`,
      );
  }
}

class Sgd implements Optimizer {
  learningRate: number;
  private readonly settings: { momentum: number; dampening: number; nesterov: boolean; weightDecay: number };
  private readonly velocities: (tf.Variable | null)[];

  constructor(
    options: SgdOptions,
    private readonly variables: readonly tf.Variable[],
  ) {
    checkKeys('optimizer sgd', options, ['name', 'learningRate', 'momentum', 'nesterov', 'weightDecay']);
    const { learningRate = 0.01, momentum = 0, nesterov = false, weightDecay = 0 } = options;
    checkNumber('learningRate', learningRate, { min: 0 });
    checkNumber('momentum', momentum, { min: 0, max: 1 });
    checkNumber('weightDecay', weightDecay, { min: 0 });
    if (nesterov && momentum === 0) {
      throw new AutoencoderError(
        'INVALID_OPTION',
        'nesterov: expected a momentum above 0 with it, received momentum 0.',
      );
    }
    this.learningRate = learningRate;
    this.settings = { momentum, dampening: 0, nesterov, weightDecay };
    this.velocities = variables.map((v) => (momentum > 0 ? zerosLike(v) : null));
  }

  step(gradients: tf.NamedTensorMap): void {
    this.variables.forEach((variable, i) => {
      const settings = { learningRate: this.learningRate, ...this.settings };
      sgdStep(variable, gradients[variable.name], this.velocities[i], settings);
    });
  }

  dispose(): void {
    for (const velocity of this.velocities) velocity?.dispose();
  }
}

class Adam implements Optimizer {
  learningRate: number;
  private steps = 0;
  private readonly settings: { beta1: number; beta2: number; epsilon: number; weightDecay: number; decoupled: boolean };
  private readonly means: tf.Variable[];
  private readonly squares: tf.Variable[];

  constructor(
    options: AdamOptions,
    private readonly variables: readonly tf.Variable[],
  ) {
    checkKeys('optimizer adam', options, ['name', 'learningRate', 'beta1', 'beta2', 'epsilon', 'weightDecay']);
    const { learningRate = 1e-3, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, weightDecay = 0 } = options;
    checkNumber('learningRate', learningRate, { min: 0 });
    checkNumber('beta1', beta1, { min: 0, max: 1 });
    checkNumber('beta2', beta2, { min: 0, max: 1 });
    checkNumber('epsilon', epsilon, { min: 0 });
    checkNumber('weightDecay', weightDecay, { min: 0 });
    this.learningRate = learningRate;
    this.settings = { beta1, beta2, epsilon, weightDecay, decoupled: false };
    this.means = variables.map(zerosLike);
    this.squares = variables.map(zerosLike);
  }

  step(gradients: tf.NamedTensorMap): void {
    this.steps++;
    const settings = { learningRate: this.learningRate, step: this.steps, ...this.settings };
    this.variables.forEach((variable, i) => {
      adamStep(variable, gradients[variable.name], this.means[i], this.squares[i], settings);
    });
  }

  dispose(): void {
    tf.dispose([this.means, this.squares]);
  }
}

function zerosLike(variable: tf.Variable): tf.Variable {
  return tf.tidy(() => tf.variable(tf.zerosLike(variable), false));
}
