import { describe, expect, it } from 'vitest';
import { Pace } from '../src/training/pace';

const minute = 60_000;

/** Trains by a clock of its own: `speedAt` says how many updates are made per second at a time. */
function train(
  planned: number,
  limitMs: number | undefined,
  speedAt: (elapsedMs: number) => number,
  { stepsPerEpoch = Number.POSITIVE_INFINITY, validationMs = 0 } = {},
) {
  const pace = new Pace(planned, { limitMs, stepsPerEpoch });
  const positions: number[] = [];
  let elapsedMs = 0;
  let step = 0;
  while (!pace.isSpent(step)) {
    positions.push(pace.positionAt(step));
    elapsedMs += 1000 / speedAt(elapsedMs);
    step++;
    pace.observe(step, elapsedMs, validationMs);
    if (step % stepsPerEpoch > 0 && !pace.isSpent(step)) continue;
    elapsedMs += validationMs;
    pace.leaveOut(validationMs);
  }
  return { minutes: elapsedMs / minute, step, positions };
}

/** The largest part of the plan between two updates. */
function largestJump(positions: readonly number[]): number {
  return Math.max(...positions.slice(1).map((position, i) => position - positions[i]));
}

describe('the pace of a training that is given its time', () => {
  it('leaves the plan as it is where updates take as long as planned, or some percent more or less', () => {
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
    // The learning rate never leaps.
    expect(largestJump(positions)).toBeLessThan(0.05 * 1164);
  });

  it('counts validations, also the last one, that none has measured yet', () => {
    for (const [stepsPerEpoch, validationMs] of [
      [Number.POSITIVE_INFINITY, 12_000],
      [400, 12_000],
      [100, 3000],
    ]) {
      const { minutes, positions } = train(1164, minute, () => 20, { stepsPerEpoch, validationMs });
      expect(Math.abs(minutes - 1)).toBeLessThan(0.1);
      expect(positions[positions.length - 1]).toBeGreaterThan(0.95 * 1164);
    }
  });

  it('keeps its time where an update takes longer than a look at the speed', () => {
    const { minutes, positions } = train(1164, minute, () => 0.25);
    expect(Math.abs(minutes - 1)).toBeLessThan(0.1);
    expect(positions[positions.length - 1]).toBeGreaterThan(0.85 * 1164);
  });

  it('ends in a time that is shorter than a look at the speed takes', () => {
    expect(train(30, 1500, () => 5).minutes).toBeLessThan(1.2 * (1500 / minute));
  });

  it('makes at least one update, whatever it takes', () => {
    expect(train(100, minute, () => 0.001).step).toBe(1);
  });

  it('goes on from its state in another process', () => {
    const before = new Pace(1000, { limitMs: minute, stepsPerEpoch: 100 });
    for (let step = 1; step <= 200; step++) before.observe(step, step * 100, 0);
    expect(before.state.rate).toBeCloseTo(2.1, 0);
    const after = new Pace(1000, { limitMs: minute, stepsPerEpoch: 100 });
    after.state = JSON.parse(JSON.stringify(before.state));
    expect(after.positionAt(300)).toBe(before.positionAt(300));
    expect(after.stepsExpected(200)).toBe(before.stepsExpected(200));
  });
});
