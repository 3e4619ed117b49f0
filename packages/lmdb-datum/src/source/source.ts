/** Where bytes of a database come from when they are not a file of this machine: memory, a Blob, an address. */

/** Bytes that can be read piece by piece. */
export interface Source {
  /** For messages: an address, or what it is. */
  readonly name: string;
  /** Bytes in all. */
  size(signal?: AbortSignal): Promise<number>;
  /**
   * Reads `length` bytes from `offset` on; all of them lie inside. Several calls may be under way.
   *
   * @throws SourceChangedError if the bytes are no longer those that were read first
   */
  read(offset: number, length: number, signal?: AbortSignal): Promise<Uint8Array>;
}
