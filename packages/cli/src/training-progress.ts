import type { CheckpointSaved, EpochSummary, PassSummary, StepProgress } from '@ae/autoencoder';
import { formatBar, formatBytes, formatCount, formatDuration, type Terminal } from './terminal';

const redrawMs = 100;
const stepEventMs = 1000;

/** Shows training as it goes: a live line on a terminal, a line an epoch everywhere, JSON events for programs. */
export class TrainingProgress {
  /** Where training is, in words; empty before the first step. */
  position = '';
  private lastDraw = 0;
  private lastEvent = 0;
  private psnrDb?: number;

  constructor(
    private readonly terminal: Terminal,
    private readonly imagesPerEpoch: number,
    private readonly epochs: number,
  ) {}

  onStep(progress: StepProgress): void {
    const { step, steps, epoch, epochs } = progress;
    this.position = `step ${formatCount(step)} of ${formatCount(steps)}, in epoch ${epoch} of ${epochs}`;
    const now = performance.now();
    if (this.terminal.json && now - this.lastEvent >= stepEventMs) {
      this.lastEvent = now;
      this.terminal.event({ event: 'step', ...progress });
    }
    if (this.terminal.isLive && now - this.lastDraw >= redrawMs) {
      this.lastDraw = now;
      this.terminal.status(this.liveLine(progress));
    }
  }

  /** A pass over an epoch's records; where an epoch has one, `onEpoch` says it all. */
  onPass(summary: PassSummary): void {
    this.terminal.event({ event: 'pass', ...summary });
  }

  onEpoch(summary: EpochSummary): void {
    const { epoch, loss, validation, learningRate, imagesPerSecond, elapsedMs } = summary;
    this.psnrDb = validation?.psnrDb;
    this.terminal.event({
      event: 'epoch',
      epoch,
      epochs: this.epochs,
      loss,
      learningRate,
      validation,
      imagesPerSecond,
      elapsedMs,
    });
    const parts = [
      `epoch ${pad(epoch, this.epochs)}/${this.epochs}`,
      `loss ${loss.toFixed(5)}`,
      ...(validation ? [`validation ${validation.mse.toFixed(5)}, PSNR ${validation.psnrDb.toFixed(2)} dB`] : []),
      `${Math.round(imagesPerSecond)} images/s`,
      formatDuration(elapsedMs),
    ];
    this.terminal.print(parts.join('   '));
  }

  onCheckpoint(saved: CheckpointSaved): void {
    this.terminal.event({ event: 'checkpoint', ...saved });
  }

  private liveLine({ epoch, images, loss, imagesPerSecond, elapsedMs }: StepProgress): string {
    const inEpoch = images - (epoch - 1) * this.imagesPerEpoch;
    const left = (elapsedMs / images) * (this.imagesPerEpoch * this.epochs - images);
    return [
      `epoch ${pad(epoch, this.epochs)}/${this.epochs}`,
      formatBar(inEpoch / this.imagesPerEpoch, 16),
      `${pad(inEpoch, this.imagesPerEpoch)}/${this.imagesPerEpoch}`,
      `${Math.round(imagesPerSecond)} images/s`,
      `loss ${loss.toFixed(5)}`,
      ...(this.psnrDb === undefined ? [] : [`PSNR ${this.psnrDb.toFixed(2)} dB`]),
      `${formatDuration(left)} left`,
      formatBytes(process.memoryUsage.rss()),
    ].join('  ');
  }
}

function pad(value: number, most: number): string {
  return String(value).padStart(String(most).length);
}
