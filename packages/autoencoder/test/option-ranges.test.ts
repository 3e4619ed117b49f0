import { describe, expect, it } from 'vitest';
import type { TrainOptions } from '../src/entries/index';
import type { OptimizerOptions, ScheduleOptions } from '../src/entries/options';
import { resolveRecipe } from '../src/training/recipes';
import { createSchedule } from '../src/training/schedules';

const refuse = (changes: Partial<TrainOptions>) => expect(() => resolveRecipe('plain', changes as object));

describe('ranges of options', () => {
  // torch.optim and lr_scheduler of PyTorch 2.13 raise ValueError for all of these except alpha and dampening, for which 1 would ignore
  // gradients.
  it.each<[OptimizerOptions, string]>([
    [{ name: 'adam', beta1: 1 }, 'beta1: expected a number of at least 0 and below 1, received 1.'],
    [{ name: 'adamw', beta2: 1 }, 'beta2: expected a number of at least 0 and below 1, received 1.'],
    [{ name: 'adam', beta1: -0.1 }, 'beta1'],
    [{ name: 'adam', epsilon: -1 }, 'epsilon: expected a number of at least 0, received -1.'],
    [{ name: 'sgd', momentum: -1 }, 'momentum'],
    [{ name: 'sgd', momentum: 0.5, dampening: 1 }, 'dampening'],
    [{ name: 'sgd', learningRate: -1 }, 'learningRate'],
    [{ name: 'rmsprop', alpha: 1 }, 'alpha'],
    [{ name: 'adagrad', initialAccumulator: -1 }, 'initialAccumulator'],
  ])('%o is refused', (optimizer, message) => refuse({ optimizer }).toThrow(message));

  it.each<[OptimizerOptions]>([
    [{ name: 'adam', beta1: 0, beta2: 0, epsilon: 0 }],
    [{ name: 'sgd', momentum: 1, learningRate: 0 }],
    [{ name: 'rmsprop', alpha: 0.999 }],
  ])('%o is taken, as torch.optim does', (optimizer) => refuse({ optimizer }).not.toThrow());

  it.each<[ScheduleOptions, string]>([
    [{ policy: 'plateau', factor: 1 }, 'factor: expected a number above 0 and below 1, received 1.'],
    [{ policy: 'plateau', threshold: 1 }, 'threshold'],
    [{ policy: 'multistep', gamma: 0.5, stepValues: [-1, 2] }, 'stepValues'],
  ])('%o is refused', (schedule, message) => refuse({ schedule }).toThrow(message));

  it('of averages and early stopping exclude 1, with which nothing would ever change', () => {
    refuse({ averageDecay: 1 }).toThrow('averageDecay: expected a number of at least 0 and below 1, received 1.');
    refuse({ earlyStopping: { threshold: 1 } }).toThrow('threshold');
    refuse({ averageDecay: 0.9999, earlyStopping: { threshold: 0 } }).not.toThrow();
  });
});

it('a plateau never raises the learning rate to its minimum', () => {
  const span = { base: 0.01, totalSteps: 9, stepsPerPass: 1, passesPerEpoch: 1 };
  const schedule = createSchedule({ policy: 'plateau', patience: 0, minLearningRate: 0.1 }, span);
  for (const error of [1, 1, 1]) schedule.observe?.(error);
  expect(schedule.rateAt(0)).toBe(0.01);
});
