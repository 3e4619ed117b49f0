/** Memory for many records, in a few blocks that are reused: a separate array for each would cost more than creating its contents. */

const blockBytes = 4 << 20;

/** Allocates memory that is freed all at once. */
export class KeptBytes {
  readonly #blocks: Uint8Array[] = [];
  #block = 0;
  #used = 0;

  readonly allocate = (bytes: number): Uint8Array => {
    // Large ones would leave most of a block unused.
    if (bytes > blockBytes / 4) return new Uint8Array(bytes);
    if (this.#used + bytes > blockBytes) {
      this.#block++;
      this.#used = 0;
    }
    this.#blocks[this.#block] ??= new Uint8Array(blockBytes);
    const kept = this.#blocks[this.#block].subarray(this.#used, this.#used + bytes);
    this.#used += bytes;
    return kept;
  };

  release(): void {
    this.#block = 0;
    this.#used = 0;
  }
}
