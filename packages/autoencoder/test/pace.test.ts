import { describe, expect, it } from 'vitest';
import { Pace } from '../src/training/pace';
import { stepsWithin, timeOfSteps } from '../src/training/training-time';

const minute = 60_000;

interface Costs {
  readonly stepsPerEpoch?: number;
  readonly epochEndUpdates?: number;
  readonly thought?: number;
}

/**
 * Trains by a clock of its own: `speedAt` says how many updates are made per second at a time. An epoch's end takes as long as
 * `epochEndUpdates`, and before the first one it is thought to take as long as `thought`.
 */
function train(
  planned: number,
  limitMs: number | undefined,
  speedAt: (elapsedMs: number) => number,
  { stepsPerEpoch = Number.POSITIVE_INFINITY, epochEndUpdates = 0, thought = epochEndUpdates }: Costs = {},
) {
  const pace = new Pace(planned, { limitMs, stepsPerEpoch });
  const positions: number[] = [];
  let elapsedMs = 0;
  let step = 0;
  while (!pace.isSpent(step)) {
    positions.push(pace.positionAt(step));
    elapsedMs += 1000 / speedAt(elapsedMs);
    step++;
    const updates = step > stepsPerEpoch ? epochEndUpdates : thought;
    pace.observe(step, elapsedMs, (1000 * updates) / speedAt(elapsedMs));
    if (step % stepsPerEpoch > 0 && !pace.isSpent(step)) continue;
    const epochEndMs = (1000 * epochEndUpdates) / speedAt(elapsedMs);
    elapsedMs += epochEndMs;
    pace.leaveOut(epochEndMs);
  }
  return { minutes: elapsedMs / minute, step, positions };
}

/** The largest part of the plan between two updates. */
function largestJump(positions: readonly number[]): number {
  return Math.max(...positions.slice(1).map((position, i) => position - positions[i]));
}

describe('the pace of training with a time limit', () => {
  it('leaves the plan unchanged if updates take as long as planned, or a few percent more or less', () => {
    for (const speed of [18.8, 20, 21]) {
      const { step, positions } = train(1164, minute, () => speed);
      expect(step).toBe(1164);
      expect(positions).toEqual(Array.from({ length: 1164 }, (_, i) => i));
    }
  });

  it.each<[string, (elapsedMs: number) => number]>([
    ['half as fast from the middle on', (elapsedMs) => (elapsedMs < 30_000 ? 20 : 10)],
    ['half as fast until the middle', (elapsedMs) => (elapsedMs < 30_000 ? 10 : 20)],
    ['three times as fast as was measured', () => 60],
    ['a tenth as fast', () => 2],
    ['slower all the time', (elapsedMs) => 20 - 0.25 * (elapsedMs / 1000)],
    ['busy every other ten seconds', (elapsedMs) => (Math.floor(elapsedMs / 10_000) % 2 === 0 ? 20 : 8)],
    ['busy in the last tenth', (elapsedMs) => (elapsedMs < 54_000 ? 20 : 7)],
  ])('ends within 10 % of the time, and of the plan, on a machine that is %s', (_, speedAt) => {
    const { minutes, positions } = train(1164, minute, speedAt);
    expect(Math.abs(minutes - 1)).toBeLessThan(0.1);
    expect(positions[positions.length - 1]).toBeGreaterThan(0.85 * 1164);
    // The learning rate never jumps.
    expect(largestJump(positions)).toBeLessThan(0.05 * 1164);
  });

  it('counts what ends epochs, also the last one, that none has measured yet', () => {
    for (const [stepsPerEpoch, epochEndUpdates] of [
      [Number.POSITIVE_INFINITY, 240],
      [400, 240],
      [100, 60],
    ]) {
      const { minutes, positions } = train(1164, minute, () => 20, { stepsPerEpoch, epochEndUpdates });
      expect(Math.abs(minutes - 1)).toBeLessThan(0.1);
      expect(positions[positions.length - 1]).toBeGreaterThan(0.95 * 1164);
    }
  });

  // Preset mirror on 1,800 images, with checkpoints of 180 MB that take up to a third more or less than was thought.
  describe.each([8, 15, 30, 60])('of %i seconds, with large checkpoints', (seconds) => {
    const limitMs = 1000 * seconds;
    it.each<[string, (part: number) => number]>([
      ['quiet', () => 1],
      ['busy from the middle on', (part) => (part < 0.5 ? 1 : 0.5)],
      ['busy until the middle', (part) => (part < 0.5 ? 0.5 : 1)],
      ['busy in its middle third', (part) => (part < 0.33 || part > 0.66 ? 1 : 0.5)],
      ['busy in the last fifth', (part) => (part < 0.8 ? 1 : 0.5)],
      ['slower than measured', () => 0.7],
      ['faster than measured', () => 1.4],
    ])('ends within a tenth of the time on a machine that is %s', (_, speedAt) => {
      for (const thought of [6, 8, 12]) {
        const costs = { stepsPerEpoch: 113, epochEndUpdates: 8, thought };
        const planned = stepsWithin(0.97 * limitMs, 0, {
          msPerStep: 1000 / 16,
          stepsPerEpoch: 113,
          epochEndMs: 62.5 * thought,
        });
        const { minutes } = train(
          Math.floor(planned),
          limitMs,
          (elapsedMs) => 16 * speedAt(elapsedMs / limitMs),
          costs,
        );
        expect(Math.abs((minutes * minute) / limitMs - 1)).toBeLessThan(0.1);
      }
    });
  });

  it('keeps its time where an update takes longer than a look at the speed', () => {
    const { minutes, positions } = train(1164, minute, () => 0.25);
    expect(Math.abs(minutes - 1)).toBeLessThan(0.1);
    expect(positions[positions.length - 1]).toBeGreaterThan(0.85 * 1164);
  });

  it('ends on time even if that is shorter than the speed measurement', () => {
    expect(train(30, 1500, () => 5).minutes).toBeLessThan(1.2 * (1500 / minute));
  });

  it('makes at least one update, however long it takes', () => {
    expect(train(100, minute, () => 0.001).step).toBe(1);
  });

  it('continues from its state in another process', () => {
    const before = new Pace(1000, { limitMs: minute, stepsPerEpoch: 100 });
    for (let step = 1; step <= 200; step++) before.observe(step, step * 100, 0);
    expect(before.state.rate).toBeCloseTo(2.1, 0);
    const after = new Pace(1000, { limitMs: minute, stepsPerEpoch: 100 });
    after.state = JSON.parse(JSON.stringify(before.state));
    expect(after.positionAt(300)).toBe(before.positionAt(300));
    expect(after.stepsExpected(200)).toBe(before.stepsExpected(200));
  });
});

describe('the time of updates', () => {
  const costs = { msPerStep: 100, stepsPerEpoch: 10, epochEndMs: 500 };

  it('has the end of each epoch in it, also of one that is cut short', () => {
    expect(timeOfSteps(10, 0, costs)).toBe(1500);
    expect(timeOfSteps(11, 0, costs)).toBe(2100);
    expect(timeOfSteps(25, 0, costs)).toBe(4000);
    // The end of the epoch that update 10 was the last of is still to come.
    expect(timeOfSteps(10, 10, costs)).toBe(2000);
    expect(timeOfSteps(5, 3, costs)).toBe(1000);
  });

  it.each([
    [0, 1500, 10],
    [0, 2500, 15],
    [0, 4000, 25],
    [3, 1000, 5],
    [10, 2000, 10],
  ])('after %i of them, in %i ms, has room for %i', (step, ms, count) => {
    expect(stepsWithin(ms, step, costs)).toBe(count);
    expect(timeOfSteps(count, step, costs)).toBe(ms);
  });

  it('ends with an epoch where another end would take what is left', () => {
    expect(stepsWithin(1700, 0, costs)).toBe(10);
    expect(stepsWithin(1900, 0, costs)).toBe(11);
    expect(stepsWithin(400, 0, costs)).toBeLessThan(0);
  });
});
