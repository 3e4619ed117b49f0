/** Memory for many records, in few blocks that are used again: one array for each costs more than making what is in it. */

const BLOCK_BYTES = 4 << 20;

/** Gives out memory that is taken back all at once. */
export class KeptBytes {
  private readonly blocks: Uint8Array[] = [];
  private block = 0;
  private used = 0;

  readonly allocate = (bytes: number): Uint8Array => {
    // Large ones would leave most of a block unused.
    if (bytes > BLOCK_BYTES / 4) return new Uint8Array(bytes);
    if (this.used + bytes > BLOCK_BYTES) {
      this.block++;
      this.used = 0;
    }
    this.blocks[this.block] ??= new Uint8Array(BLOCK_BYTES);
    const kept = (this.blocks[this.block] as Uint8Array).subarray(this.used, this.used + bytes);
    this.used += bytes;
    return kept;
  };

  release(): void {
    this.block = 0;
    this.used = 0;
  }
}
