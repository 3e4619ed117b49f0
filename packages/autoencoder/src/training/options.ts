/**
 * The options of training, as a table: what each does, its range and default, and which choice it belongs to. The library checks options
 * against it, and the command line derives its flags and their help from it.
 */
import {
  type ChoiceOption,
  checkOption,
  type NumberOption,
  type OptionTable,
  type ValuesOf,
  withDefaults,
} from '../errors/option-kinds';
import { scheduleOption } from './schedules';

const counted = { kind: 'number', min: 1, integer: true } as const;
const atLeast0 = { kind: 'number', min: 0 } as const;
const decay = { kind: 'number', min: 0, below: 1 } as const;

const learningRate = { ...atLeast0, help: 'step size' } as const;
const weightDecay = { ...atLeast0, default: 0, help: 'how strongly weights are pulled toward 0' } as const;
const momentum = {
  kind: 'number',
  min: 0,
  max: 1,
  default: 0,
  help: 'fraction of the previous step that is added to the next',
} as const;
const epsilon = { ...atLeast0, default: 1e-8, help: 'added to the denominator' } as const;
const adam = {
  learningRate: { ...learningRate, default: 1e-3 },
  beta1: { ...decay, default: 0.9, help: 'decay of the mean of gradients' },
  beta2: { ...decay, default: 0.999, help: 'decay of the mean of squared gradients' },
  epsilon,
  weightDecay,
} as const;

/** How dense layers differ from others, with any optimizer. */
const dense = {
  // If each weight moves by about the learning rate, as with Adam, a unit that sums thousands of inputs changes far more than a
  // convolution, which sums dozens.
  denseFactor: { ...atLeast0, default: 1, help: 'learning rate of dense layers, relative to the others' },
  // They have nearly all of a network's weights and take nearly all of an update's time. A network without other kernels updates them in
  // every step.
  denseEvery: { ...counted, default: 1, unit: 'steps', help: 'update dense layers only every n steps' },
} as const;

/**
 * The optimizers by name. Ranges are those of torch.optim, except that alpha and dampening must be below 1, because at 1 gradients would
 * have no effect.
 */
export const optimizers = {
  adam: { help: 'as torch.optim.Adam', options: { ...adam, ...dense } },
  adamw: {
    help: 'as torch.optim.AdamW: decay shrinks the weights themselves',
    options: { ...adam, weightDecay: { ...weightDecay, default: 0.01 }, ...dense },
  },
  sgd: {
    help: "as torch.optim.SGD, the Torch original's",
    options: {
      learningRate: { ...learningRate, default: 0.01 },
      momentum,
      dampening: { ...decay, default: 0, help: 'how much of the gradient is kept out of the momentum' },
      nesterov: { kind: 'switch', default: false, help: 'look ahead along the momentum' },
      weightDecay,
      ...dense,
    },
    check({ momentum, dampening, nesterov }) {
      if (!nesterov || (Number(momentum) > 0 && dampening === 0)) return undefined;
      const received = `momentum ${momentum} and dampening ${dampening}`;
      return { option: 'nesterov', expected: 'a momentum above 0 and no dampening with it', received };
    },
  },
  rmsprop: {
    help: 'as torch.optim.RMSprop',
    options: {
      learningRate: { ...learningRate, default: 0.01 },
      alpha: { ...decay, default: 0.99, help: 'decay of the mean of squared gradients' },
      epsilon,
      momentum,
      centered: { kind: 'switch', default: false, help: "divide by the gradients' standard deviation" },
      weightDecay,
      ...dense,
    },
  },
  adagrad: {
    help: 'as torch.optim.Adagrad',
    options: {
      learningRate: { ...learningRate, default: 0.01 },
      learningRateDecay: { ...atLeast0, default: 0, help: 'how fast the rate falls' },
      initialAccumulator: { ...atLeast0, default: 0, help: 'initial sums of squared gradients' },
      epsilon: { ...epsilon, default: 1e-10 },
      weightDecay,
      ...dense,
    },
  },
} as const satisfies ChoiceOption['choices'];

/** The name of an optimizer. */
export type OptimizerName = keyof typeof optimizers;

/** An optimizer by its `name`, with its options. */
export type OptimizerOptions = {
  [N in OptimizerName]: { readonly name: N } & ValuesOf<(typeof optimizers)[N]['options']>;
}[OptimizerName];

/** Returns an optimizer's options with all values set; throws INVALID_OPTION for unknown names and options, and for values out of range. */
export function resolveOptimizer(options: OptimizerOptions): OptimizerOptions {
  checkOption('optimizer', trainingOptions.optimizer, options);
  return withDefaults(optimizers[options.name].options, options) as unknown as OptimizerOptions;
}

/** The losses by name: what training minimizes. */
export const losses = {
  mse: { help: "mean squared error, the Torch original's", options: {} },
  mae: { help: 'mean absolute error', options: {} },
  ssim: {
    help: 'weight * (1 - SSIM) + (1 - weight) * MAE, of images of at least 11x11 (Zhao et al., 2017)',
    options: { weight: { kind: 'number', min: 0, max: 1, default: 0.84, help: 'weight of SSIM against MAE' } },
  },
} as const satisfies ChoiceOption['choices'];

/** The name of a loss. */
export type LossName = keyof typeof losses;

/** A loss by its `name`, with its options. */
export type LossOptions = {
  [N in LossName]: { readonly name: N } & ValuesOf<(typeof losses)[N]['options']>;
}[LossName];

/** All options of training that are plain data. */
export const trainingOptions = {
  epochs: { kind: 'number', min: 0, integer: true, help: 'passes over the images' },
  steps: { ...counted, help: 'updates in total, instead of epochs; the last epoch may be cut short' },
  minutes: {
    kind: 'number',
    min: 0,
    exclusiveMin: true,
    help: 'time to train for; the number of updates is adjusted to the speed',
  },
  seed: { kind: 'number', integer: true, default: 0, help: 'seed for the initial weights and the order of the images' },
  batchSize: { ...counted, help: 'images per batch' },
  accumulate: { ...counted, help: 'batches per update, for updates that do not fit in memory at once' },
  shuffle: { kind: 'switch', help: 'shuffle the images before each epoch' },
  records: {
    kind: 'group',
    nullable: true,
    help: 'epochs as in the Torch original',
    options: {
      perEpoch: {
        ...counted,
        required: true,
        help: 'records per epoch; the next epoch continues with the following ones',
      },
      passes: { ...counted, default: 1, help: 'passes over the records of an epoch' },
    },
  },
  optimizer: { kind: 'choice', key: 'name', choices: optimizers, help: 'how the weights are updated' },
  schedule: scheduleOption,
  loss: { kind: 'choice', key: 'name', choices: losses, help: 'what training minimizes' },
  beta: { ...atLeast0, help: 'weight of the divergence in the loss of a variational network' },
  betaWarmUpFraction: { kind: 'number', min: 0, max: 1, help: 'fraction of training during which beta grows from 0' },
  freeBits: { ...atLeast0, unit: 'nats', help: 'divergence that costs nothing, per number of the code' },
  augmentation: {
    kind: 'group',
    help: 'how images are changed each time they are trained on',
    options: {
      mirror: { kind: 'switch', default: false, help: 'mirror images left to right at random' },
      crop: { kind: 'switch', default: false, help: 'train on random crops, and validate on the center' },
      noise: {
        ...atLeast0,
        default: 0,
        help: 'standard deviation of the noise added to the input, where black is 0 and white is 1',
      },
    },
  },
  clipNorm: { kind: 'number', min: 0, exclusiveMin: true, nullable: true, help: 'clip the gradients to this norm' },
  averageDecay: { ...decay, nullable: true, help: 'keep a moving average of the weights, such as 0.999' },
  tiedWeights: { kind: 'switch', help: "tie the decoder's kernels to the encoder's, as their adjoints" },
  earlyStopping: {
    kind: 'group',
    nullable: true,
    help: 'when to stop before the last epoch',
    options: {
      patience: {
        ...counted,
        default: 10,
        unit: 'epochs',
        help: 'stop after this many epochs without a lower error, and restore the best weights',
      },
      threshold: { ...decay, default: 0, help: 'fraction by which the error must fall to count' },
    },
  },
} as const satisfies OptionTable;

/** Options of a run's folder that are numbers. */
export const runOptions = {
  checkpointSteps: { ...counted, unit: 'steps', help: 'updates between checkpoints within an epoch (default: none)' },
  keep: { ...counted, default: 2, help: 'checkpoints to keep besides the best one' },
  logSteps: { ...counted, unit: 'steps', help: 'updates per line of metrics (default: about 100 lines per epoch)' },
  sampleCount: { ...counted, default: 8, help: 'images in the sample grid of each epoch' },
} as const satisfies Record<string, NumberOption>;

/** How images are changed each time they are trained on; `noise` is a fraction of the range from black to white. */
export type AugmentationOptions = ValuesOf<(typeof trainingOptions)['augmentation']['options']>;
/** When to stop before the last epoch; the weights of the best epoch are then restored. */
export type EarlyStoppingOptions = ValuesOf<(typeof trainingOptions)['earlyStopping']['options']>;
