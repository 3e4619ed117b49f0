/** What commits the records of a writer: our own engine, for keys in order, or the native one. */

export interface PendingRecord {
  key: Uint8Array;
  value: Uint8Array;
}

/** Stands for a value that was written ahead, and whose memory contains something else by now. */
export const writtenAhead: Uint8Array = new Uint8Array();

export interface WriteEngine {
  /**
   * Writes records in one transaction, which is on disk when this returns. If it fails, none of them is in the database.
   *
   * @param bytes Total size of the values.
   * @throws WriteError
   */
  commit(records: readonly PendingRecord[], bytes: number): Promise<void>;
  /**
   * Writes the first records of the next transaction, so that its commit has less to do: until then, none of them is in the database. The
   * records are those of the last call and those added since. When this returns, their values are in the file.
   *
   * @throws WriteError
   */
  writeAhead?(records: readonly PendingRecord[]): void;
  /** Discards what was written ahead. */
  dropAhead?(): void;
  /** Tells whether a key has been committed. */
  has(key: Buffer): boolean;
  close(): Promise<void>;
}
