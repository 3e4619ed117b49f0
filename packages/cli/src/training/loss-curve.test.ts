import { describe, expect, it } from 'vitest';
import { LossCurve } from './loss-curve';

function curveOf(losses: readonly number[]): LossCurve {
  const curve = new LossCurve();
  for (const loss of losses) curve.add(loss);
  return curve;
}

describe('the loss curve', () => {
  it('has a logarithmic scale, from the highest loss to the lowest', () => {
    expect(curveOf([128, 64, 32, 16, 8, 4, 2, 1]).draw(20)).toBe('█▇▆▅▄▃▂▁');
  });

  it('fits a whole training run into its width, however long it is', () => {
    for (const updates of [10, 1000, 100_000]) {
      const curve = curveOf(Array.from({ length: updates }, (_, i) => 2 ** (-i / updates)));
      // Each part as long as the others.
      expect(curve.draw(8)).toBe('█▇▆▅▄▃▂▁');
    }
  });

  it('draws a single loss, constant losses and losses of 0', () => {
    expect(curveOf([0.5]).draw(8)).toBe('▁');
    expect(curveOf([0.5, 0.5, 0.5]).draw(8)).toBe('▁▁▁');
    expect(curveOf([0, 0]).draw(8)).toBe('▁▁');
    expect(new LossCurve().draw(8)).toBe('');
  });
});
