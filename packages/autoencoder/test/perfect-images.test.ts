import { describe, expect, it } from 'vitest';
import { type ImageScores, scoresByClass } from '../src/entries/scores';
import { summarizeScores } from '../src/evaluation/metrics/scores';
import { histograms } from '../src/report/charts/histogram';
import { lineChart } from '../src/report/charts/line-chart';
import { linearScale, logScale } from '../src/report/charts/scale';

const perfect = Number.POSITIVE_INFINITY;
const image = (index: number, psnrDb: number): ImageScores => ({
  ...{ index, psnrDb, label: index % 2, ssim: 1, msSsim: 1, mse: 10 ** (-psnrDb / 10), mae: 0 },
});

describe('a perfect image', () => {
  it('keeps means finite, and is counted', () => {
    const images = [20, 30, perfect, 40].map((psnrDb, i) => image(i, psnrDb));
    const summary = summarizeScores(images, 1);
    expect(summary.psnrDb).toBe((20 + 30 + 100 + 40) / 4);
    expect(summary.perfect).toBe(1);
    // numpy: -10 * log10(mean([1e-2, 1e-3, 0, 1e-4]))
    expect(summary.pooledPsnrDb).toBeCloseTo(25.5674, 3);
    expect(scoresByClass({ images }, { scale: 1 / 255 }).map((one) => one.psnrDb)).toEqual([60, 35]);
  });

  it('raises a mean more than any other image', () => {
    const mean = (...psnrs: number[]) =>
      summarizeScores(
        psnrs.map((psnrDb, i) => image(i, psnrDb)),
        1,
      ).psnrDb;
    expect(mean(20, perfect)).toBeGreaterThan(mean(20, 60));
    expect(mean(perfect, perfect)).toBe(100);
  });

  it.each([[[20, perfect]], [[perfect, perfect]], [[perfect]], [[Number.NaN, 20]]])(
    'is no gap in charts: %o',
    (values) => {
      const { text: bars } = histograms([{ name: 'own', color: 'own', values }], { unit: 'dB', digits: 1 });
      const points = values.map((y, i) => ({ x: i + 1, y }));
      const { text: lines } = lineChart({
        ...{ description: 'PSNR', xLabel: 'epoch', x: linearScale([0, values.length]), y: linearScale(values) },
        series: [{ color: 'own', shape: 'dotted-line', label: 'own', points }],
      });
      for (const chart of [bars, lines]) expect(chart.match(/NaN|Infinity|undefined/)).toBeNull();
      const count = values.filter((value) => value === perfect).length;
      if (count > 0) expect(bars).toContain(`${count} perfect image${count > 1 ? 's' : ''} left out`);
      if (count > 0) expect(lines).toContain('<circle');
    },
  );

  it.each([[[0, 0]], [[]], [[perfect]]])('keeps axes finite: losses of %o', (losses) => {
    expect(logScale(losses).ticks.length).toBeLessThan(9);
  });
});
