/** Memory for many messages, in few blocks that are used again: one array for each costs more than making what is in it. */

/** Cuts messages from memory that two threads share. What doesn't fit gets memory of its own. */
export class SharedMessages {
  /** Memory of the messages that didn't fit. */
  readonly others: ArrayBuffer[] = [];
  private used = 0;

  constructor(private readonly memory: SharedArrayBuffer) {}

  readonly allocate = (bytes: number): Uint8Array => {
    if (this.used + bytes > this.memory.byteLength) {
      const other = new ArrayBuffer(bytes);
      this.others.push(other);
      return new Uint8Array(other);
    }
    const message = new Uint8Array(this.memory, this.used, bytes);
    this.used += bytes;
    return message;
  };
}

const BLOCK_BYTES = 4 << 20;

/** Keeps copies of messages until all are released at once. */
export class KeptMessages {
  private readonly blocks: Uint8Array[] = [];
  private block = 0;
  private used = 0;

  keep(message: Uint8Array): Uint8Array {
    // Large ones would leave most of a block unused.
    if (message.length > BLOCK_BYTES / 4) return new Uint8Array(message);
    if (this.used + message.length > BLOCK_BYTES) {
      this.block++;
      this.used = 0;
    }
    this.blocks[this.block] ??= new Uint8Array(BLOCK_BYTES);
    const copy = (this.blocks[this.block] as Uint8Array).subarray(this.used, this.used + message.length);
    copy.set(message);
    this.used += message.length;
    return copy;
  }

  release(): void {
    this.block = 0;
    this.used = 0;
  }
}
