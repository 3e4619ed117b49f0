/** Where the bytes of a database come from when they are not in a file of this machine: memory, a Blob, an address. */

/** Bytes that are read by ranges. */
export interface ByteSource {
  /** What it is called in errors. */
  readonly name: string;
  /** Bytes in all, once they are known: from the first read on at the latest, if ever. */
  readonly sizeBytes?: number;
  /**
   * Returns `[offset, offset + length)`, or fewer bytes where it ends before. Several calls may be under way.
   *
   * @throws SourceChangedError if the bytes are no longer those that were read first
   */
  read(offset: number, length: number, signal?: AbortSignal): Promise<Uint8Array>;
}
