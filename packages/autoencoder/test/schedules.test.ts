import { describe, expect, it } from 'vitest';
import { createSchedule, type ScheduleOptions } from '../src/training/schedules';
import golden from './golden/schedules.json';

const span = { base: golden.base, totalSteps: golden.totalSteps, stepsPerPass: 10, passesPerEpoch: 1 };

describe('schedules have the rates of torch.optim.lr_scheduler', () => {
  it.each(golden.cases)('$options', ({ options, rates }) => {
    const schedule = createSchedule(options as ScheduleOptions, span);
    for (const [i, rate] of rates.entries()) expect(schedule.rateAt(i)).toBeCloseTo(rate, 12);
  });

  it.each(golden.plateaus)('$options', ({ options, rates }) => {
    const schedule = createSchedule(options as ScheduleOptions, span);
    for (const [i, error] of golden.errors.entries()) {
      schedule.observe?.(error);
      expect(schedule.rateAt(i)).toBeCloseTo(rates[i], 12);
    }
  });

  it.each(golden.plateaus)('$options continues from its state', ({ options, rates }) => {
    let schedule = createSchedule(options as ScheduleOptions, span);
    for (const [i, error] of golden.errors.entries()) {
      const { state } = schedule;
      schedule = createSchedule(options as ScheduleOptions, span);
      schedule.state = JSON.parse(JSON.stringify(state));
      schedule.observe?.(error);
      expect(schedule.rateAt(i)).toBeCloseTo(rates[i], 12);
    }
  });
});

describe('schedules refuse', () => {
  it.each<[object, string]>([
    [{ policy: 'stairs' }, 'fixed, step, exp, inv, multistep, poly, sigmoid, cosine, trapezoid, plateau, torch7'],
    [{ policy: 'step', gamma: 0.5 }, 'schedule.stepSize: expected a whole number of at least 1, received undefined'],
    [{ policy: 'exp', gamma: 0.5, power: 2 }, 'unknown option "power"'],
    [{ policy: 'inv', gamma: -1, power: 2 }, 'gamma: expected a number of at least 0, received -1'],
    [{ policy: 'multistep', gamma: 0.5, stepValues: [5, 3] }, 'ascending whole numbers of at least 0, received [5,3]'],
    [{ policy: 'cosine', finalFraction: 2 }, 'schedule.finalFraction: expected a number from 0 to 1, received 2'],
    [{ policy: 'plateau', factor: 0 }, 'factor: expected a number above 0'],
  ])('%o', (options, message) => {
    expect(() => createSchedule(options as ScheduleOptions, span)).toThrow(message);
  });
});
