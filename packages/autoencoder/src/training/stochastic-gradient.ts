/**
 * The Torch original's pass through the data and its learning rate: train.lua of siavashk/imagenet-autoencoder, which uses torch/nn's
 * StochasticGradient.lua.
 *
 * Each epoch loads the next records of the database and calls `StochasticGradient:train` on them, which draws one permutation, keeps it for
 * all its passes ("iterations"), updates after every example, and increments the pass before it computes the next learning rate. One thing
 * differs: where the original would read past the end of the database without noticing, this starts again with the first record.
 */
import type { Random } from '../data/random';

/** Epochs that each load some records and pass over them many times. */
export interface RecordOptions {
  /** Records per epoch; train.lua calls it batch_size. */
  readonly perEpoch: number;
  /** Passes over them; train.lua calls it iters, StochasticGradient maxIteration. */
  readonly passes: number;
}

/**
 * Returns the indexes of one epoch's examples, in the order of their updates: one permutation (or the records in their order, if `shuffle`
 * is false), repeated.
 *
 * @param epoch counted from 1.
 * @param length number of records.
 */
export function recordOrder(
  epoch: number,
  { perEpoch, passes }: RecordOptions,
  length: number,
  shuffle: boolean,
  random: Random,
): Uint32Array {
  const cursor = (epoch - 1) * perEpoch;
  const permutation = shuffle ? random.permutation(perEpoch) : Uint32Array.from({ length: perEpoch }, (_, i) => i);
  const once = permutation.map((i) => (cursor + i) % length);
  const order = new Uint32Array(perEpoch * passes);
  for (let pass = 0; pass < passes; pass++) order.set(once, pass * perEpoch);
  return order;
}

/**
 * Returns the learning rate of StochasticGradient in step `i`, counted from 0 over all epochs: `base` in pass 1 of an epoch, `base / (1 + n
 * * learningRateDecay)` in pass n > 1. If an epoch has a single pass, as usual, each epoch counts as a pass.
 */
export function stochasticGradientRate(
  i: number,
  { learningRateDecay }: { readonly learningRateDecay: number },
  { base, stepsPerPass, passesPerEpoch }: { base: number; stepsPerPass: number; passesPerEpoch: number },
): number {
  const passes = Math.floor(i / stepsPerPass);
  const pass = (passesPerEpoch > 1 ? passes % passesPerEpoch : passes) + 1;
  return pass === 1 ? base : base / (1 + pass * learningRateDecay);
}
