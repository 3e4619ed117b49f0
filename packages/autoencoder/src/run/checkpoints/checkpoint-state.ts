/** Checks the state in a checkpoint: even a file with a correct checksum may have been made by hand. */

import {
  expectDecibels,
  expectList,
  expectNumber,
  expectRecord,
  expectWhole,
  Unexpected,
} from '../../files/expectations';
import type { EpochSummary } from '../../training/training-events';
import type { TrainingPlan } from '../../training/training-plan';
import type { TrainingState } from '../../training/training-state';
import type { LogPosition } from '../metrics-log';

/** The contents of a checkpoint's file besides its tensors. */
export interface SavedState {
  readonly training: TrainingState;
  readonly log: LogPosition;
}

const anyBits = { min: -(2 ** 31), max: 2 ** 32 - 1 };

/** Throws Unexpected unless `state` is possible in a training run of `plan`. */
export function expectSavedState(state: unknown, plan: TrainingPlan): asserts state is SavedState {
  expectRecord('its state', state);
  const { training, log } = state;
  expectLogPosition('log', log);
  expectRecord('training', training);
  const { epoch, history } = training;
  // With a time limit, training may have more epochs than planned.
  expectWhole('training.epoch', epoch, { min: 1, ...(plan.minutes === undefined && { max: plan.epochs + 1 }) });
  for (const key of ['step', 'images', 'optimizerSteps']) expectWhole(`training.${key}`, training[key]);
  expectWhole('training.position', training.position, { max: plan.imagesPerEpoch });
  for (const key of ['lossSum', 'passLossSum', 'elapsedMs']) expectNumber(`training.${key}`, training[key]);
  for (const key of ['divergenceSum', 'activeSum']) {
    if (training[key] !== undefined) expectNumber(`training.${key}`, training[key]);
  }
  expectList('training.history', history);
  if (history.length !== epoch - 1) {
    throw new Unexpected(`training.history has ${history.length} epochs, training.epoch is ${epoch}`);
  }
  for (const [i, summary] of history.entries()) expectSummary(`training.history[${i}]`, summary);
  for (const key of ['orderRandom', 'noiseRandom']) expectRandomState(`training.${key}`, training[key]);
  // Version 0.1 does not have it.
  if (training.layerRandom !== undefined) expectRandomState('training.layerRandom', training.layerRandom);
  expectMemories(training, plan);
  if (training.pace !== undefined) expectPace(training.pace, training.step as number);
}

function expectPace(pace: unknown, step: number): void {
  expectRecord('training.pace', pace);
  expectWhole('training.pace.step', pace.step, { max: step });
  expectNumber('training.pace.position', pace.position, { min: 0 });
  // At 0, training would never end.
  expectNumber('training.pace.rate', pace.rate, { min: 1e-9 });
}

/** Checks the states of schedule and early stopping, if the plan has these. */
function expectMemories({ schedule, earlyStopping }: Record<string, unknown>, { recipe }: TrainingPlan): void {
  if (schedule !== undefined) {
    expectRecord('training.schedule', schedule);
    for (const [key, value] of Object.entries(schedule)) expectNumber(`training.schedule.${key}`, value);
  }
  if (recipe.schedule.policy === 'plateau') {
    expectRecord('training.schedule', schedule);
    for (const key of ['rate', 'badEpochs', 'cooldownLeft']) expectNumber(`training.schedule.${key}`, schedule[key]);
  }
  if (recipe.earlyStopping === null) return;
  expectRecord('training.earlyStopping', earlyStopping);
  if (earlyStopping.best !== null) expectNumber('training.earlyStopping.best', earlyStopping.best);
  expectWhole('training.earlyStopping.badEpochs', earlyStopping.badEpochs);
}

function expectRandomState(where: string, value: unknown): void {
  expectList(where, value, 4);
  for (let i = 0; i < 4; i++) expectWhole(`${where}[${i}]`, value[i], anyBits);
}

/** The lengths of the logs at that time. */
export function expectLogPosition(where: string, value: unknown): asserts value is LogPosition {
  expectRecord(where, value);
  for (const key of ['jsonlBytes', 'csvBytes']) expectWhole(`${where}.${key}`, value[key]);
}

/** How an epoch ended. */
export function expectSummary(where: string, value: unknown): asserts value is EpochSummary {
  expectRecord(where, value);
  expectWhole(`${where}.epoch`, value.epoch, { min: 1 });
  expectWhole(`${where}.step`, value.step);
  for (const key of ['loss', 'learningRate', 'imagesPerSecond', 'elapsedMs'])
    expectNumber(`${where}.${key}`, value[key]);
  for (const key of ['divergence', 'activeNumbers']) {
    if (value[key] !== undefined) expectNumber(`${where}.${key}`, value[key]);
  }
  const { validation } = value;
  if (validation === undefined) return;
  expectRecord(`${where}.validation`, validation);
  expectNumber(`${where}.validation.mse`, validation.mse);
  for (const key of ['psnrDb', 'pooledPsnrDb']) expectDecibels(`${where}.validation.${key}`, validation[key]);
}
