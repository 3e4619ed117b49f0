import type { Damage } from '../lmdb/salvage';
import type { VerifiedDatabase, VerifyOptions } from './report';

const recordsBetweenPauses = 500;

/** What has been found in a file so far. */
export class Findings {
  readonly damage: Damage[] = [];
  readonly databases: VerifiedDatabase[] = [];
  imagesSkipped = 0;
  #seen = 0;
  #total = 0;
  readonly #onProgress?: VerifyOptions['onProgress'];

  constructor({ onProgress }: Pick<VerifyOptions, 'onProgress'>) {
    this.#onProgress = onProgress;
  }

  add(damage: Damage): void {
    this.damage.push(damage);
  }

  /** Counts records that are going to be checked. */
  expect(records: number): void {
    this.#total += records;
  }

  /** Counts a record that is being checked; pauses from time to time, which lets signals and other work run. */
  seeRecord(): Promise<void> | undefined {
    if (++this.#seen % recordsBetweenPauses !== 0) return undefined;
    this.tellProgress();
    return new Promise((resolve) => setImmediate(resolve));
  }

  tellProgress(): void {
    this.#onProgress?.({ records: this.#seen, total: this.#total, damaged: this.damage.length });
  }
}
