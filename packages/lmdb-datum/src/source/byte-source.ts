/** Sources of a database's bytes other than a file on this machine: memory, a Blob, an address. */

/** Bytes that are read by ranges. */
export interface ByteSource {
  /** Its name in errors. */
  readonly name: string;
  /** Total number of bytes, if known: after the first read at the latest, if ever. */
  readonly sizeBytes?: number;
  /**
   * Returns `[offset, offset + length)`, or fewer bytes if it ends before. Several calls may be in progress.
   *
   * @throws SourceChangedError if the bytes are no longer those that were read first
   */
  read(offset: number, length: number, signal?: AbortSignal): Promise<Uint8Array>;
}
