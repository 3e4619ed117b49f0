import * as tf from '@tensorflow/tfjs-core';
import { Random, type RandomState } from '../data/random';
import type { Sample } from '../data/samples';
import { AutoencoderError } from '../errors/errors';
import { assignAll, type NamedVariables, trainableWeightsOf, weightsOf } from '../network/named-variables';
import type { Network } from '../network/network';
import { checkFinite, describeNotFinite } from '../network/not-finite';
import { TiedWeights } from '../network/tied-weights';
import { describeEpoch, KeptWeights } from './kept-weights';
import { Optimizer } from './optimizers';
import { Pace } from './pace';
import type { Schedule } from './schedule';
import { recordOrder } from './stochastic-gradient';
import type { EpochSummary } from './training-events';
import { betaAt, scheduleOf, type TrainingPlan } from './training-plan';
import { TrainingProgress } from './training-progress';
import type { TrainingState } from './training-state';
import { type BatchResult, GradientComputer, limitGradients } from './training-step';
import { WeightConstraints } from './weight-constraints';

/** Owns everything that training changes, in such a way that all of it can be saved between two updates. */
export class TrainingSession {
  readonly #progress = new TrainingProgress();
  readonly #orderRandom: Random;
  readonly #noiseRandom: Random;
  readonly #layerRandom: Random;
  #epochStart: RandomState;
  /** The loss of reconstructions in the first update of this process; 0 before. */
  firstLoss = 0;
  /** All weights of the network. */
  readonly weights: NamedVariables;
  readonly #optimizer: Optimizer;
  readonly #schedule: Schedule;
  readonly #pace: Pace;
  readonly #gradients: GradientComputer;
  readonly #constraints: WeightConstraints;
  readonly #tied?: TiedWeights;
  readonly #kept: KeptWeights;
  readonly #plan: TrainingPlan;

  /** Throws INVALID_OPTION for a recipe that doesn't fit the network. */
  constructor(network: Network, plan: TrainingPlan) {
    this.#plan = plan;
    const { recipe, seed } = plan;
    this.#orderRandom = new Random(seed);
    this.#noiseRandom = new Random(seed, 1);
    this.#layerRandom = new Random(seed, 2);
    this.#epochStart = this.#orderRandom.save();
    const variables = trainableWeightsOf(network.model);
    checkTrainable(variables);
    if (recipe.tiedWeights) this.#tied = new TiedWeights(network.model);
    this.weights = weightsOf(network.model);
    this.#gradients = new GradientComputer(network, recipe, this.#noiseRandom, this.#layerRandom);
    this.#constraints = new WeightConstraints(network.model);
    this.#optimizer = new Optimizer(recipe.optimizer, this.#tied?.free ?? variables);
    this.#schedule = scheduleOf(plan);
    this.#pace = new Pace(plan.steps, {
      limitMs: plan.minutes && plan.minutes * 60_000,
      stepsPerEpoch: plan.stepsPerEpoch,
    });
    this.#kept = new KeptWeights(network, this.weights, recipe);
  }

  /** How far training has come; changes with each update. */
  get at(): Readonly<Pick<TrainingState, 'epoch' | 'step' | 'images' | 'position' | 'elapsedMs'>> & {
    readonly history: readonly EpochSummary[];
  } {
    return this.#progress.state;
  }

  /** Epochs whose updates have all been made; the last of them may not have been validated yet. */
  get epochsDone(): number {
    const { epoch, position } = this.at;
    return position === this.#plan.imagesPerEpoch || (this.isSpent && position > 0) ? epoch : epoch - 1;
  }

  /** The learning rate of the last update, or of the first one before it. */
  get learningRate(): number {
    return this.#rateAfter(Math.max(0, this.at.step - 1));
  }

  /** Returns the learning rate of the update after `step` others. */
  #rateAfter(step: number): number {
    return this.#schedule.rateAt(this.#pace.positionAt(step));
  }

  /** Whether all updates have been made; the epoch that the last of them was in may not have ended yet. */
  get isSpent(): boolean {
    return this.#pace.isSpent(this.at.step);
  }

  get isOver(): boolean {
    return (this.isSpent && this.at.position === 0) || this.#kept.isOver;
  }

  /** How many updates there are going to be. */
  get stepsExpected(): number {
    return this.#pace.stepsExpected(this.at.step);
  }

  /** Whether updates have been made to fit into the time, so that they stand for others than planned. */
  get isPaced(): boolean {
    return this.#pace.state.step > 0;
  }

  /** Makes the updates that are left fit into the training's time, of which the end of each epoch takes `epochEndMs`. */
  keepTime(epochEndMs: number): void {
    this.#pace.observe(this.at.step, this.at.elapsedMs, epochEndMs);
  }

  /** Leaves the time of an epoch's end out of what updates take. */
  leaveOut(epochEndMs: number): void {
    this.#pace.leaveOut(epochEndMs);
  }

  /** Goes on where early stopping had ended training: it is to have more epochs. */
  resetPatience(): void {
    this.#kept.resetPatience();
  }

  /** Returns the indices of the samples of the epoch in work, in the order of its updates; the same whenever asked. */
  orderOfEpoch(): Uint32Array {
    const { recipe, sampleCount } = this.#plan;
    this.#orderRandom.restore(this.#epochStart);
    if (recipe.records)
      return recordOrder(this.at.epoch, recipe.records, sampleCount, recipe.shuffle, this.#orderRandom);
    if (recipe.shuffle) return this.#orderRandom.permutation(sampleCount);
    return Uint32Array.from({ length: sampleCount }, (_, i) => i);
  }

  /** Makes one update from the next samples of the epoch; none, and returns undefined, if `signal` says so between two of its batches. */
  async update(
    samples: readonly Sample[],
    clock: { reading(): { elapsedMs: number } },
    signal?: AbortSignal,
  ): Promise<BatchResult | undefined> {
    const { step } = this.at;
    const plan = this.#plan;
    const optimizer = this.#optimizer;
    const tied = this.#tied;
    const due = tied ? tied.withPartners(optimizer.due) : optimizer.due;
    this.#gradients.beta = betaAt(this.#pace.positionAt(step), plan);
    const computed = await this.#gradients.run(samples, due, signal);
    if (!computed) return undefined;
    const { gradients, ...result } = computed;
    const limited = await limitGradients(tied ? tied.fold(gradients) : gradients, plan.recipe);
    this.firstLoss ||= result.reconstruction;
    optimizer.learningRate = this.#rateAfter(step);
    optimizer.step(limited);
    tf.dispose(limited as tf.TensorContainer);
    this.#constraints.apply();
    tied?.follow();
    this.#progress.add(samples.length, result, clock.reading().elapsedMs);
    this.#kept.update(this.at.step);
    return result;
  }

  /** Returns the mean loss of the pass that the last update ended; undefined if none ended. */
  takePass(): { pass: number; loss: number } | undefined {
    return this.#progress.takePass(this.#plan.imagesPerPass);
  }

  /** Runs `work` while the network has the weights that it would have if training ended now. */
  withFinalWeights<T>(work: () => Promise<T>): Promise<T> {
    return this.#kept.withFinal(work);
  }

  /** Ends the epoch: its summary goes into the history, and the next one begins. */
  async endEpoch(summary: EpochSummary): Promise<void> {
    const error = monitoredError(summary);
    this.#schedule.observe?.(error);
    await this.#kept.endEpoch(error);
    this.#progress.endEpoch(summary);
    this.#epochStart = this.#orderRandom.save();
  }

  /** Ends an epoch whose updates were restored, as it ended before. */
  async endRestoredEpoch(summary: EpochSummary): Promise<void> {
    // The next epoch's order begins where this one's ended.
    this.orderOfEpoch();
    await this.endEpoch(summary);
  }

  /** The mean loss of the epoch's images so far. */
  get epochLoss(): number {
    return this.#progress.epochLoss;
  }

  /** Of a variational network: divergence and numbers in use on average over the epoch's images so far. */
  get epochDivergence(): Pick<EpochSummary, 'divergence' | 'activeNumbers'> {
    return this.#progress.epochDivergence;
  }

  /** Whether `beta` has its full weight in the next update. */
  get isBetaWarm(): boolean {
    return betaAt(this.#pace.positionAt(this.at.step), this.#plan) === this.#plan.recipe.beta;
  }

  /** Keeps a copy of the weights that training begins or goes on with; throws WEIGHTS_NOT_FINITE. */
  async keepStart(): Promise<void> {
    await checkFinite('train', this.weights, 'initialize or load it again');
    const { step, position, history } = this.at;
    const last = position === 0 ? history.at(-1) : undefined;
    const error = last ? monitoredError(last) : Number.POSITIVE_INFINITY;
    const source = step === 0 ? 'its first weights' : 'the weights that it was resumed with';
    await this.withFinalWeights(() => this.#kept.keepIfBest(error, source));
  }

  /** Keeps a copy of the weights if they are the best so far; says what of them is not finite, if anything is. */
  async keepIfBest(summary: EpochSummary): Promise<string | undefined> {
    return this.withFinalWeights(async () => {
      const notFinite = await describeNotFinite(this.weights);
      if (!notFinite) await this.#kept.keepIfBest(monitoredError(summary), describeEpoch(summary.epoch));
      return notFinite;
    });
  }

  /** What `restoreBest` puts back, in words. */
  get fallback(): string {
    return this.#kept.fallbackAfter(this.at.history.length);
  }

  /** Gives the network the best weights of all epochs back, or those it began with; for when training diverged. */
  restoreBest(): void {
    this.#kept.restoreBest();
  }

  /** Gives the network the weights to keep: the averages, or the best ones where training watched for them. */
  finish(): void {
    this.#kept.finish();
  }

  /** All that is needed, with `tensors`, to go on from here in another process. */
  get state(): TrainingState {
    return {
      ...this.#progress.state,
      history: [...this.at.history],
      orderRandom: this.#epochStart,
      noiseRandom: this.#noiseRandom.save(),
      layerRandom: this.#layerRandom.save(),
      optimizerSteps: this.#optimizer.steps,
      schedule: this.#schedule.state,
      ...(this.isPaced && { pace: this.#pace.state }),
      earlyStopping: this.#kept.state,
    };
  }

  /** All tensors that belong to `state`, by name: the network's weights, and what optimizer, average and early stopping keep. */
  get tensors(): NamedVariables {
    const parts: Record<string, NamedVariables> = {
      model: this.weights,
      optimizer: this.#optimizer.state,
      average: this.#kept.averages,
      best: this.#kept.bestWeights,
    };
    const entries = Object.entries(parts).flatMap(([part, variables]) =>
      Object.entries(variables).map(([name, variable]) => [`${part}/${name}`, variable] as const),
    );
    return Object.fromEntries(entries);
  }

  /** Goes on from a state that a session of the same plan had; `tensors` remain the caller's. */
  restore(state: TrainingState, tensors: Readonly<Record<string, tf.Tensor>>): void {
    assignAll(this.tensors, tensors);
    const { orderRandom, noiseRandom, layerRandom, optimizerSteps, schedule, pace, earlyStopping, ...progress } = state;
    this.#progress.restore(progress);
    this.#epochStart = orderRandom;
    this.#noiseRandom.restore(noiseRandom);
    // Checkpoints of version 0.1 know nothing of it: dropout and noise layers did nothing then.
    if (layerRandom) this.#layerRandom.restore(layerRandom);
    this.#optimizer.steps = optimizerSteps;
    if (schedule) this.#schedule.state = schedule;
    if (pace) this.#pace.state = pace;
    this.#kept.restore(earlyStopping);
  }

  /** Frees everything but the network. */
  dispose(): void {
    this.#optimizer.dispose();
    this.#kept.dispose();
  }
}

/** What plateau, early stopping and the best checkpoint go by, lower is better. */
export function monitoredError({ loss, validation }: EpochSummary): number {
  return validation?.mse ?? loss;
}

function checkTrainable(variables: NamedVariables): void {
  if (Object.keys(variables).length > 0) return;
  throw new AutoencoderError(
    'INVALID_OPTION',
    'train: this network has no trainable weights; add a layer with weights, or leave out trainable: false.',
  );
}
