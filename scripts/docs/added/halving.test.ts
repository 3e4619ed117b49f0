/** What docs/extending.md adds to the schedules of @ae/autoencoder. */
import { expect, it } from 'vitest';
import { createSchedule } from '../src/training/schedules';

it('the schedule of the page halves the rate, and checks its option', () => {
  const span = { base: 1, totalSteps: 10, stepsPerPass: 10, passesPerEpoch: 1 };
  const { rateAt } = createSchedule({ policy: 'halving', every: 2 }, span);
  expect([0, 1, 2, 4].map((i) => rateAt(i))).toEqual([1, 1, 0.5, 0.25]);
  expect(() => createSchedule({ policy: 'halving', every: 0 }, span)).toThrow(
    'schedule.every: expected a whole number of at least 1, received 0',
  );
});
