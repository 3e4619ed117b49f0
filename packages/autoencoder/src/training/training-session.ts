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

/** Owns everything that training changes, so that all of it can be saved between two updates. */
export class TrainingSession {
  readonly #progress = new TrainingProgress();
  readonly #orderRandom: Random;
  readonly #noiseRandom: Random;
  readonly #layerRandom: Random;
  #epochStart: RandomState;
  /** The reconstruction loss in the first update of this process; 0 before. */
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

  /** Throws INVALID_OPTION for a recipe that does not suit the network. */
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

  /** Number of epochs whose updates are complete; the last of them may not have been validated yet. */
  get epochsDone(): number {
    const { epoch, position } = this.at;
    return position === this.#plan.imagesPerEpoch || (this.isSpent && position > 0) ? epoch : epoch - 1;
  }

  /** The learning rate of the last update, or of the first one before there is any. */
  get learningRate(): number {
    return this.#rateAfter(Math.max(0, this.at.step - 1));
  }

  /** Returns the learning rate of the update after `step` others. */
  #rateAfter(step: number): number {
    return this.#schedule.rateAt(this.#pace.positionAt(step));
  }

  /** Whether all updates have been made; the epoch of the last one may not have ended yet. */
  get isSpent(): boolean {
    return this.#pace.isSpent(this.at.step);
  }

  get isOver(): boolean {
    return (this.isSpent && this.at.position === 0) || this.#kept.isOver;
  }

  /** Expected total number of updates. */
  get stepsExpected(): number {
    return this.#pace.stepsExpected(this.at.step);
  }

  /** Whether updates have been adjusted to the time limit, so that each stands for more or fewer planned ones. */
  get isPaced(): boolean {
    return this.#pace.state.step > 0;
  }

  /** Adjusts the remaining updates to the time limit, with `epochEndMs` for the end of each epoch. */
  keepTime(epochEndMs: number): void {
    this.#pace.observe(this.at.step, this.at.elapsedMs, epochEndMs);
  }

  /** Excludes the end of an epoch from the time of updates. */
  leaveOut(epochEndMs: number): void {
    this.#pace.leaveOut(epochEndMs);
  }

  /** Continues after early stopping had ended training, to train more epochs. */
  resetPatience(): void {
    this.#kept.resetPatience();
  }

  /** Returns the indexes of the samples of the current epoch, in the order of its updates; always the same. */
  orderOfEpoch(): Uint32Array {
    const { recipe, sampleCount } = this.#plan;
    this.#orderRandom.restore(this.#epochStart);
    if (recipe.records)
      return recordOrder(this.at.epoch, recipe.records, sampleCount, recipe.shuffle, this.#orderRandom);
    if (recipe.shuffle) return this.#orderRandom.permutation(sampleCount);
    return Uint32Array.from({ length: sampleCount }, (_, i) => i);
  }

  /**
   * Makes one update from the next samples of the epoch; makes none and returns undefined if `signal` is aborted between two of its
   * batches.
   */
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

  /** Returns the mean loss of the pass that the last update completed; undefined if it completed none. */
  takePass(): { pass: number; loss: number } | undefined {
    return this.#progress.takePass(this.#plan.imagesPerPass);
  }

  /** Runs `work` while the network has the weights that it would have if training ended now. */
  withFinalWeights<T>(work: () => Promise<T>): Promise<T> {
    return this.#kept.withFinal(work);
  }

  /** Ends the epoch: its summary is added to the history, and the next one starts. */
  async endEpoch(summary: EpochSummary): Promise<void> {
    const error = monitoredError(summary);
    this.#schedule.observe?.(error);
    await this.#kept.endEpoch(error);
    this.#progress.endEpoch(summary);
    this.#epochStart = this.#orderRandom.save();
  }

  /** Ends an epoch whose updates were restored, in the same way as it ended before. */
  async endRestoredEpoch(summary: EpochSummary): Promise<void> {
    // The next epoch's order starts where this one's ended.
    this.orderOfEpoch();
    await this.endEpoch(summary);
  }

  /** Mean loss of the epoch's images so far. */
  get epochLoss(): number {
    return this.#progress.epochLoss;
  }

  /** For a variational network: divergence and numbers in use, averaged over the epoch's images so far. */
  get epochDivergence(): Pick<EpochSummary, 'divergence' | 'activeNumbers'> {
    return this.#progress.epochDivergence;
  }

  /** Whether `beta` has its full weight in the next update. */
  get isBetaWarm(): boolean {
    return betaAt(this.#pace.positionAt(this.at.step), this.#plan) === this.#plan.recipe.beta;
  }

  /** Keeps a copy of the weights that training starts or continues with; throws WEIGHTS_NOT_FINITE. */
  async keepStart(): Promise<void> {
    await checkFinite('train', this.weights, 'initialize or load it again');
    const { step, position, history } = this.at;
    const last = position === 0 ? history.at(-1) : undefined;
    const error = last ? monitoredError(last) : Number.POSITIVE_INFINITY;
    const source = step === 0 ? 'its initial weights' : 'the weights that it was resumed with';
    await this.withFinalWeights(() => this.#kept.keepIfBest(error, source));
  }

  /** Keeps a copy of the weights if they are the best so far; returns a description of weights that are not finite, if there are any. */
  async keepIfBest(summary: EpochSummary): Promise<string | undefined> {
    return this.withFinalWeights(async () => {
      const notFinite = await describeNotFinite(this.weights);
      if (!notFinite) await this.#kept.keepIfBest(monitoredError(summary), describeEpoch(summary.epoch));
      return notFinite;
    });
  }

  /** Describes what `restoreBest` restores. */
  get fallback(): string {
    return this.#kept.fallbackAfter(this.at.history.length);
  }

  /** Restores the best weights of all epochs, or the initial ones, after training diverged. */
  restoreBest(): void {
    this.#kept.restoreBest();
  }

  /** Gives the network its final weights: the averages, or the best ones if training watched for them. */
  finish(): void {
    this.#kept.finish();
  }

  /** Everything needed, together with `tensors`, to continue from here in another process. */
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

  /** All tensors that belong to `state`, by name: the network's weights, and those of optimizer, average and early stopping. */
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

  /** Continues from a state of a session with the same plan; `tensors` still belong to the caller. */
  restore(state: TrainingState, tensors: Readonly<Record<string, tf.Tensor>>): void {
    assignAll(this.tensors, tensors);
    const { orderRandom, noiseRandom, layerRandom, optimizerSteps, schedule, pace, earlyStopping, ...progress } = state;
    this.#progress.restore(progress);
    this.#epochStart = orderRandom;
    this.#noiseRandom.restore(noiseRandom);
    // Checkpoints of version 0.1 do not have it: dropout and noise layers did nothing then.
    if (layerRandom) this.#layerRandom.restore(layerRandom);
    this.#optimizer.steps = optimizerSteps;
    if (schedule) this.#schedule.state = schedule;
    if (pace) this.#pace.state = pace;
    this.#kept.restore(earlyStopping);
  }

  /** Frees everything except the network. */
  dispose(): void {
    this.#optimizer.dispose();
    this.#kept.dispose();
  }
}

/** What plateau, early stopping and the best checkpoint are based on; lower is better. */
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
