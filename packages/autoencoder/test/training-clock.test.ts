import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { TrainingClock } from '../src/training/training-clock';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** Makes updates of 16 images, which take so many milliseconds each. */
function update(clock: TrainingClock, ...ms: number[]) {
  for (const each of ms) {
    vi.advanceTimersByTime(each);
    clock.tick(16);
  }
}

it('tells the speed of the last two seconds from that of the epoch, which a slow moment changes little', () => {
  const clock = new TrainingClock(1000);
  update(clock, ...Array(98).fill(100), 2000, 2000);
  expect(clock.reading()).toEqual({ elapsedMs: 14_800, imagesPerSecond: 8 });
  expect(clock.imagesPerSecondOfEpoch()).toBeCloseTo(1600 / 13.8);
});

it('leaves validations out of both', () => {
  const clock = new TrainingClock();
  update(clock, 100, 100);
  vi.advanceTimersByTime(5000);
  expect(clock.imagesPerSecondOfEpoch()).toBeCloseTo(160);
  clock.resume();
  update(clock, 50, 50);
  expect(clock.imagesPerSecondOfEpoch()).toBeCloseTo(320);
  expect(clock.reading().elapsedMs).toBe(5300);
});
