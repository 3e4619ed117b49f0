import type { CheckpointSaved, EpochSummary, PassSummary, StartProgress, StepProgress } from '@ae/autoencoder';
import { formatBar, formatBytes, formatCount, formatDuration, type Terminal } from '../shell/terminal';

const redrawMs = 100;
const stepEventMs = 1000;

/** Shows training as it goes: a live line on a terminal, a line per epoch everywhere, JSON events for programs. */
export class TrainingProgress {
  /** Where training is, in words; empty before the first step. */
  position = '';
  #lastDraw = Number.NEGATIVE_INFINITY;
  #lastEvent = Number.NEGATIVE_INFINITY;
  readonly #terminal: Terminal;
  readonly #imagesPerEpoch: number;
  readonly #epochs: number;

  constructor(terminal: Terminal, imagesPerEpoch: number, epochs: number) {
    this.#terminal = terminal;
    this.#imagesPerEpoch = imagesPerEpoch;
    this.#epochs = epochs;
  }

  /** Says how far the first weights are, where they are computed from the images. */
  onStart({ images, of }: StartProgress): void {
    this.#terminal.event({ event: 'first-weights', images, of });
    if (this.#terminal.isLive)
      this.#terminal.status(`first weights: image ${formatCount(images)} of ${formatCount(of)}`);
  }

  onStep(progress: StepProgress): void {
    const { step, steps, epoch, epochs } = progress;
    this.position = `step ${formatCount(step)} of ${formatCount(steps)}, in epoch ${epoch} of ${epochs}`;
    const now = performance.now();
    if (this.#terminal.json && now - this.#lastEvent >= stepEventMs) {
      this.#lastEvent = now;
      const memoryBytes = process.memoryUsage.rss();
      this.#terminal.event({ event: 'step', ...progress, leftMs: this.#leftMs(progress), memoryBytes });
    }
    if (this.#terminal.isLive && now - this.#lastDraw >= redrawMs) {
      this.#lastDraw = now;
      this.#terminal.status(this.#liveLine(progress));
    }
  }

  /** A pass over an epoch's records; where an epoch has one, `onEpoch` says it all. */
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
      `epoch ${pad(epoch, this.#epochs)}/${this.#epochs}`,
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

  #liveLine(progress: StepProgress): string {
    const { epoch, epochs, step, steps, loss, psnrDb, imagesPerSecond } = progress;
    const stepsPerEpoch = steps / epochs;
    const inEpoch = step - (epoch - 1) * stepsPerEpoch;
    return layOut(this.#terminal.liveWidth, {
      bars: [
        [`epoch ${pad(epoch, epochs)}/${epochs}`, (step - 1) / steps],
        [`step ${pad(inEpoch, stepsPerEpoch)}/${stepsPerEpoch}`, inEpoch / stepsPerEpoch],
      ],
      // In the order in which they stay where there is little room.
      figures: [
        `${formatDuration(this.#leftMs(progress))} left`,
        psnrDb === undefined ? `loss ${loss.toFixed(5)}` : `${psnrDb.toFixed(2)} dB`,
        `${Math.round(imagesPerSecond)} images/s`,
        formatBytes(process.memoryUsage.rss()),
        ...(psnrDb === undefined ? [] : [`loss ${loss.toFixed(5)}`]),
      ],
    });
  }

  #leftMs({ images, elapsedMs }: StepProgress): number {
    return (elapsedMs / images) * (this.#imagesPerEpoch * this.#epochs - images);
  }
}

const gap = '  ';
const barWidths = { min: 3, max: 12 };

/** Puts as many figures as fit after the bars, which take the room that is left. */
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

function pad(value: number, most: number): string {
  return String(value).padStart(String(most).length);
}
