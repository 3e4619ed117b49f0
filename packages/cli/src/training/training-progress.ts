import type { CheckpointSaved, EpochSummary, PassSummary, StartProgress, StepProgress } from '@ae/autoencoder';
import { formatBar, formatBytes, formatCount, formatDuration, type Terminal } from '../shell/terminal';
import { LossCurve } from './loss-curve';

const redrawMs = 100;
const stepEventMs = 1000;

/** Shows the progress of training: a live block on a terminal, a line per epoch everywhere, JSON events for programs. */
export class TrainingProgress {
  /** Where training is, in words, empty before the first update; the number of updates that were planned then, and that have been made. */
  reached = { position: '', steps: { planned: 0, made: 0 } };
  #lastDraw = Number.NEGATIVE_INFINITY;
  #lastEvent = Number.NEGATIVE_INFINITY;
  readonly #curve = new LossCurve();
  readonly #terminal: Terminal;
  readonly #imagesPerEpoch: number;
  #epochs: number;

  constructor(terminal: Terminal, imagesPerEpoch: number, epochs: number) {
    this.#terminal = terminal;
    this.#imagesPerEpoch = imagesPerEpoch;
    this.#epochs = epochs;
  }

  /** Shows how many images have been processed for initial weights that depend on the images. */
  onStart({ images, of }: StartProgress): void {
    this.#terminal.event({ event: 'first-weights', images, of });
    if (this.#terminal.isLive)
      this.#terminal.status(`initial weights: image ${formatCount(images)} of ${formatCount(of)}`);
  }

  onStep(progress: StepProgress): void {
    const { step, steps, epoch, epochs } = progress;
    this.#curve.add(progress.loss);
    this.#epochs = epochs;
    this.reached = {
      position: `step ${formatCount(step)} of ${formatCount(steps)}, in epoch ${epoch} of ${Math.max(epoch, epochs)}`,
      steps: { planned: this.reached.steps.planned || steps, made: step },
    };
    const now = performance.now();
    if (this.#terminal.json && now - this.#lastEvent >= stepEventMs) {
      this.#lastEvent = now;
      const memoryBytes = process.memoryUsage.rss();
      this.#terminal.event({ event: 'step', ...progress, leftMs: leftMs(progress), memoryBytes });
    }
    if (this.#terminal.isLive && now - this.#lastDraw >= redrawMs) {
      this.#lastDraw = now;
      this.#terminal.status(...this.#block(progress));
    }
  }

  /** A pass over an epoch's records; if an epoch has only one, `onEpoch` is enough. */
  onPass(summary: PassSummary): void {
    this.#terminal.event({ event: 'pass', ...summary });
  }

  onEpoch(summary: EpochSummary): void {
    const { epoch, loss, divergence, activeNumbers, validation, learningRate, imagesPerSecond, elapsedMs } = summary;
    this.#terminal.event({
      event: 'epoch',
      epoch,
      epochs: this.#epochs,
      loss,
      divergence,
      activeNumbers,
      learningRate,
      validation,
      imagesPerSecond,
      elapsedMs,
    });
    const parts = [
      `epoch ${outOf(epoch, this.#epochs)}`,
      `loss ${loss.toFixed(5)}`,
      ...(divergence === undefined ? [] : [`KL ${divergence.toPrecision(4)} nats`]),
      ...(validation ? [`validation PSNR ${validation.psnrDb.toFixed(2)} dB`] : []),
      `${Math.round(imagesPerSecond)} images/s`,
      formatDuration(elapsedMs),
    ];
    this.#terminal.print(parts.join('   '));
  }

  onCheckpoint(saved: CheckpointSaved): void {
    this.#terminal.event({ event: 'checkpoint', ...saved });
  }

  /** The live block: as much of it as fits on the terminal. */
  #block(progress: StepProgress): string[] {
    const { epoch, epochs, step, steps, images, loss, psnrDb, imagesPerSecond } = progress;
    const width = this.#terminal.liveWidth;
    const inEpoch = Math.min(1, images / this.#imagesPerEpoch - (epoch - 1));
    const left = `${formatDuration(leftMs(progress))} left`;
    const score = psnrDb === undefined ? [] : [`${psnrDb.toFixed(2)} dB`];
    const bars = layOut(width, {
      bars: [
        ['training', step / steps],
        [`epoch ${outOf(epoch, epochs)}`, inEpoch],
      ],
      figures: [left],
    });
    if (width < narrow) return [bars];
    const figures = [`loss ${loss.toFixed(5)}`, ...score, `${formatCount(imagesPerSecond)} images/s`];
    const memory = formatBytes(process.memoryUsage.rss());
    const line = [...figures, memory].join(gap);
    const room = Math.min(curveWidth, width - line.length - gap.length);
    return [bars, room < minCurveWidth ? line : [this.#curve.draw(room), line].join(gap)];
  }
}

/** Below this width only the bars are shown. */
const narrow = 60;
const curveWidth = 32;
const minCurveWidth = 8;

/** Time left at the average speed so far. */
function leftMs({ step, steps, elapsedMs }: StepProgress): number {
  return (elapsedMs / step) * (steps - step);
}

const gap = '  ';
const barWidths = { min: 3, max: 12 };

/** Adds as many figures as fit after the bars, which share the remaining width. */
function layOut(
  width: number,
  { bars, figures }: { bars: readonly (readonly [label: string, fraction: number])[]; figures: readonly string[] },
): string {
  const labels = bars.reduce((sum, [label]) => sum + label.length + 1, 0) + gap.length * (bars.length - 1);
  let room = width - labels - bars.length * barWidths.min;
  const shown = figures.filter((figure) => {
    if (figure.length + gap.length > room) return false;
    room -= figure.length + gap.length;
    return true;
  });
  const barWidth = Math.min(barWidths.max, barWidths.min + Math.max(0, Math.floor(room / bars.length)));
  return [...bars.map(([label, fraction]) => `${label} ${formatBar(fraction, barWidth)}`), ...shown].join(gap);
}

/** "3/15"; a training run with a time limit may have more epochs than planned. */
function outOf(epoch: number, epochs: number): string {
  return `${String(epoch).padStart(String(epochs).length)}/${Math.max(epoch, epochs)}`;
}
