import { diverged } from '../../training/diverged';
import type { CheckpointSaved, EpochSummary } from '../../training/training-events';
import type { TrainingSession } from '../../training/training-session';
import { attempt, type Warn } from '../attempt';
import type { LogPosition } from '../metrics-log';
import { type Snapshot, takeSnapshot } from './checkpoint-file';
import type { SavedState } from './checkpoint-state';
import type { CheckpointEntry, Checkpoints } from './checkpoints';

/** Saves the checkpoints of a run while training continues, and reports them. Failures become warnings. */
export class CheckpointSaver {
  /** The previous one, whose memory is reused. */
  #snapshot?: Snapshot;
  #saving: Promise<void> = Promise.resolve();
  readonly #checkpoints: Checkpoints;
  readonly #flush: () => Promise<LogPosition>;
  readonly #warn: Warn;
  readonly #onCheckpoint?: (saved: CheckpointSaved) => void;

  /** `flush` writes the logs, whose lengths a checkpoint records. */
  constructor(
    checkpoints: Checkpoints,
    flush: () => Promise<LogPosition>,
    warn: Warn,
    onCheckpoint?: (saved: CheckpointSaved) => void,
  ) {
    this.#checkpoints = checkpoints;
    this.#flush = flush;
    this.#warn = warn;
    this.#onCheckpoint = onCheckpoint;
  }

  /** The checkpoint to go back to, if there is one. */
  get lastCheckpoint(): string | undefined {
    const { last } = this.#checkpoints;
    return last && this.#checkpoints.pathOf(last);
  }

  /** Resolves when a checkpoint of the session has been copied; see `RunFolder.save`. */
  async save(session: TrainingSession): Promise<void> {
    await this.#saving;
    const log = await this.#flush();
    const about = { step: session.at.step, epochs: session.epochsDone };
    if (this.#isLast(about)) return;
    const state: SavedState = { training: session.state, log };
    this.#snapshot = await takeSnapshot(state, session.tensors, this.#snapshot);
    const { notFinite } = this.#snapshot;
    if (notFinite) throw diverged(notFinite, session, this);
    this.#write(about, this.#snapshot, session.epochsDone === session.at.epoch);
  }

  #write(about: Pick<CheckpointEntry, 'step' | 'epochs'>, snapshot: Snapshot, provisional: boolean): void {
    this.#inBackground(async () => {
      const entry = await this.#checkpoints.save(about, snapshot, provisional);
      if (!provisional) this.#tellOf(entry);
    });
  }

  /** Records how the epoch of the checkpoint just saved ended; `error` is what "best" refers to. */
  async confirm(summary: EpochSummary, error: number): Promise<void> {
    await this.#saving;
    const log = await this.#flush();
    const { last } = this.#checkpoints;
    // It could not be saved, which has been reported.
    if (!last || !this.#isLast({ step: summary.step, epochs: summary.epoch })) return;
    this.#inBackground(async () => {
      const confirmed = await this.#checkpoints.confirm(last, error, { summary, log });
      if (confirmed) this.#tellOf(confirmed);
    });
  }

  /** Drops the checkpoint that was saved at the end of this epoch, because its network turned out to be unusable. */
  async withdraw({ epoch, step }: Pick<EpochSummary, 'epoch' | 'step'>): Promise<void> {
    await this.settle();
    const { last } = this.#checkpoints;
    if (last && this.#isLast({ step, epochs: epoch }))
      await attempt(() => this.#checkpoints.withdraw(last), this.#warn);
  }

  /** Waits until the current checkpoint has been written or abandoned. */
  settle(): Promise<void> {
    return this.#saving;
  }

  #isLast({ step, epochs }: Pick<CheckpointEntry, 'step' | 'epochs'>): boolean {
    const { last } = this.#checkpoints;
    return last?.step === step && last.epochs === epochs;
  }

  #tellOf(entry: CheckpointEntry): void {
    const best = this.#checkpoints.best === entry;
    const file = this.#checkpoints.pathOf(entry);
    this.#onCheckpoint?.({ file, step: entry.step, epoch: entry.epochs, best });
  }

  #inBackground(action: () => Promise<void>): void {
    this.#saving = attempt(action, this.#warn);
    // Whoever awaits it gets the error; until then it must not count as unhandled.
    this.#saving.catch(() => {});
  }
}
